import type { Taint, Toleration } from '../../domain/kubernetes/taints.ts';
import { type JsonRecord, recordsAt, stringAt } from '../json-record.ts';

/** Of a node's `spec`. */
export function parseTaints(spec: JsonRecord): Taint[] {
  return recordsAt(spec, 'taints').map(parseTaint);
}

/** Of a pod's `spec`. */
export function parseTolerations(spec: JsonRecord): Toleration[] {
  return recordsAt(spec, 'tolerations').map((each) => ({
    ...parseTaint(each),
    operator: stringAt(each, 'operator') ?? 'Equal',
  }));
}

function parseTaint(json: JsonRecord): Taint {
  return {
    key: stringAt(json, 'key') ?? '',
    value: stringAt(json, 'value') ?? '',
    effect: stringAt(json, 'effect') ?? '',
  };
}
