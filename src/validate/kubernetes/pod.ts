import type { Pod } from '../../domain/kubernetes/pod.ts';
import { isRecord, recordAt, stringAt, stringMapAt } from '../json-record.ts';
import { controllerOf } from './controller-ref.ts';

/** Tolerant: what is missing becomes empty. Undefined for what names no pod: no uid, name or namespace. */
export function parsePod(json: unknown): Pod | undefined {
  if (!isRecord(json) || !isRecord(json['metadata'])) {
    return undefined;
  }
  const metadata = json['metadata'];
  const spec = isRecord(json['spec']) ? json['spec'] : {};
  const status = isRecord(json['status']) ? json['status'] : {};
  const uid = stringAt(metadata, 'uid');
  const name = stringAt(metadata, 'name');
  const namespace = stringAt(metadata, 'namespace');
  if (!uid || !name || !namespace) {
    return undefined;
  }
  const serviceAccount = stringAt(spec, 'serviceAccountName');
  return {
    uid,
    name,
    namespace,
    labels: stringMapAt(metadata, 'labels') ?? {},
    ips: addresses(status),
    hostNetwork: spec['hostNetwork'] === true,
    ...(serviceAccount ? { serviceAccount } : {}),
    nodeName: stringAt(spec, 'nodeName') ?? '',
    phase: stringAt(status, 'phase') ?? '',
    createdMs: Math.max(time(metadata, 'creationTimestamp'), time(status, 'startTime')),
  };
}

/** A pod with who made it: by that the agent's record finds the workload of a pod that is gone. */
export function parseOwnedPod(json: unknown): Pod | undefined {
  const pod = parsePod(json);
  const controller = isRecord(json) ? controllerOf(recordAt(json, 'metadata')) : undefined;
  if (pod === undefined || controller === undefined) {
    return pod;
  }
  const { kind, name, uid } = controller;
  return { ...pod, controller: { kind, name, uid } };
}

/** Milliseconds since the epoch; 0 where there is none. */
function time(record: Readonly<Record<string, unknown>>, member: string): number {
  return Date.parse(stringAt(record, member) ?? '') || 0;
}

function addresses(status: Readonly<Record<string, unknown>>): string[] {
  const found = new Set<string>();
  const first = stringAt(status, 'podIP');
  if (first) {
    found.add(first);
  }
  for (const entry of Array.isArray(status['podIPs']) ? status['podIPs'] : []) {
    const ip = isRecord(entry) ? stringAt(entry, 'ip') : undefined;
    if (ip) {
      found.add(ip);
    }
  }
  return [...found];
}
