import type { ApiConnection, JsonPatchStep } from '../../k8s/client/api-connection.ts';
import { isRecord, stringAt } from '../../validate/json-record.ts';

/**
 * Takes the taint of one key from one node. Read and patched once: a node that changed in between is refused
 * by the server (422), and the caller comes again.
 *
 * @throws ApiFailure; Node's error when the server is away; the signal's reason
 */
export async function removeNodeTaint(
  connection: Pick<ApiConnection, 'getJson' | 'patchJson'>,
  { node, key }: { readonly node: string; readonly key: string },
  signal: AbortSignal,
): Promise<'removed' | 'absent'> {
  const path = `/api/v1/nodes/${encodeURIComponent(node)}`;
  const found = parseTaintedNode(await connection.getJson(path, signal));
  if (found === undefined) {
    throw new Error(`The API server's answer to ${path} is not a Node.`);
  }
  const patch = chooseTaintPatch(found, key);
  if (patch === undefined) {
    return 'absent';
  }
  await connection.patchJson(path, patch, signal);
  return 'removed';
}

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

/** The taints of a Node; undefined when it is none. A taint keeps every member that it has, and its place. */
export function parseTaintedNode(value: unknown): TaintedNode | undefined {
  if (!isRecord(value) || !isRecord(value['metadata'])) {
    return undefined;
  }
  const resourceVersion = stringAt(value['metadata'], 'resourceVersion');
  if (resourceVersion === undefined) {
    return undefined;
  }
  const spec = isRecord(value['spec']) ? value['spec'] : {};
  const taints: readonly unknown[] = Array.isArray(spec['taints']) ? spec['taints'] : [];
  return {
    resourceVersion,
    taints: taints.map((taint) =>
      isRecord(taint) ? { ...taint, key: stringAt(taint, 'key') ?? '' } : { key: '' },
    ),
  };
}
