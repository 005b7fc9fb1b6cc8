import { isRecord, stringAt } from '../../validate/json-record.ts';
import type { TaintedNode } from './choose-taint-patch.ts';

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
