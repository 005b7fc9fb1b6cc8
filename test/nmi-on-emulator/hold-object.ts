import { createHash, randomUUID } from 'node:crypto';
import type { StartedKube } from '../../src/emulator/kube/start-kube.ts';

export interface HoldOptions {
  readonly namespace?: string;
  readonly name?: string;
  /** From now, in milliseconds. */
  readonly fromMs?: number;
  readonly untilMs?: number;
  /** Of the head, in place of what podid writes. */
  readonly head?: Readonly<Record<string, unknown>>;
  /** In place of the objects' text; the hash is that of this text. */
  readonly text?: string;
  readonly resources?: Readonly<Record<string, readonly object[]>>;
}

type Kept = {
  readonly metadata: { readonly namespace?: string; readonly name: string };
  readonly spec?: unknown;
};

/** What is in the cluster now, as a takeover writes it down. */
export function heldNow({ store }: Pick<StartedKube, 'store'>): Record<string, readonly object[]> {
  const kept = (kind: string) =>
    store.list(kind).map(({ metadata: { namespace, name }, spec }: Kept) => ({
      metadata: { name, namespace },
      spec,
    }));
  return {
    bindings: kept('AzureIdentityBinding'),
    exceptions: kept('AzurePodIdentityException'),
    identities: kept('AzureIdentity'),
  };
}

/** A ConfigMap with a hold of what is in the cluster now, written by hand and not by podid. */
export function holdObject(kube: Pick<StartedKube, 'store'>, options: HoldOptions = {}) {
  const {
    namespace = 'kube-system',
    name = 'podid-takeover',
    fromMs = -1_000,
    untilMs = 3_600_000,
  } = options;
  const text = options.text ?? sorted(options.resources ?? heldNow(kube));
  const uid = randomUUID();
  const at = (ms: number) => new Date(Date.now() + ms).toISOString();
  const head = {
    version: 1,
    cluster: kube.store.get('Namespace', '', 'kube-system')?.metadata.uid ?? '',
    object: uid,
    from: at(fromMs),
    until: at(untilMs),
    sha256: createHash('sha256').update(text).digest('hex'),
    ...options.head,
  };
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { namespace, name, uid },
    data: { hold: JSON.stringify(head), objects: text },
  };
}

/** Takes the definitions of the identity kinds away, and all of their objects with them. */
export function takeKindsAway({ store }: Pick<StartedKube, 'store'>): readonly object[] {
  const definitions = store
    .list('CustomResourceDefinition')
    .filter(({ metadata }) => metadata.name.endsWith('.aadpodidentity.k8s.io'));
  for (const { metadata } of definitions) {
    store.remove('CustomResourceDefinition', '', metadata.name);
  }
  return definitions;
}

export function sorted(value: unknown): string {
  if (Array.isArray(value)) {
    return `[${value.map(sorted).join(',')}]`;
  }
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
    return `{${members.map(([key, each]) => `${JSON.stringify(key)}:${sorted(each)}`).join(',')}}`;
  }
  return JSON.stringify(value);
}
