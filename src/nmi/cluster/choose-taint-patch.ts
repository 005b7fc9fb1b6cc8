import type { JsonPatchStep } from '../../k8s/client/api-connection.ts';

export interface TaintedNode {
  readonly resourceVersion: string;
  /** In the server's order, each as the server has it. */
  readonly taints: readonly { readonly key: string }[];
}

/**
 * The patch that takes every taint of one key from a node, and nothing else, as long as the node is still as
 * it was read; undefined when there is none of that key.
 */
export function chooseTaintPatch(node: TaintedNode, key: string): readonly JsonPatchStep[] | undefined {
  const places = node.taints.flatMap((taint, at) => (taint.key === key ? [{ taint, at }] : []));
  if (places.length === 0) {
    return undefined;
  }
  return [
    { op: 'test', path: '/metadata/resourceVersion', value: node.resourceVersion },
    // From the end, so that what is still to be removed keeps its place.
    ...places.reverse().flatMap(({ taint, at }): JsonPatchStep[] => [
      { op: 'test', path: `/spec/taints/${at}`, value: taint },
      { op: 'remove', path: `/spec/taints/${at}` },
    ]),
  ];
}
