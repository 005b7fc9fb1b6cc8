import { isMap, type KubeObject } from '../objects/kube-object.ts';

/** A pod that asked its node's agent for a token. */
export interface TokenAsk {
  readonly namespace: string;
  readonly name: string;
  /** Absent: that of the pod, as long as it is there. */
  readonly node?: string;
  /** `azsdk-python-identity`, as an agent names it; `other` when absent. */
  readonly sdk?: string;
  readonly version?: string;
  readonly resource?: string;
  readonly chosenBy?: string;
  readonly outcome?: string;
  /** Who made the pod; absent: as the pod says, as long as it is there. */
  readonly controller?: { readonly kind: string; readonly name: string; readonly uid?: string };
  /** Emulator time. */
  readonly lastMs: number;
}

/** What the agents of the emulated nodes have seen. */
export interface TokenAsks {
  /** Emulator time from which every agent keeps its record; absent: since its pod was created. */
  readonly sinceMs?: number;
  readonly asks: readonly TokenAsk[];
}

interface RecordedPod {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: object;
  requests: number;
  readonly refused: Record<string, number>;
  readonly uses: object[];
}

/** What the agent of a node answers at `/record`. @param podOf finds a pod that is there */
export function recordOfAgent(
  agent: KubeObject,
  { sinceMs, asks }: TokenAsks,
  podOf: (namespace: string, name: string) => KubeObject | undefined,
): string {
  const node = nodeOf(agent);
  const created = Date.parse(agent.metadata.creationTimestamp ?? '');
  const uses = new Map<string, RecordedPod>();
  for (const ask of asks) {
    const pod = podOf(ask.namespace, ask.name);
    if ((ask.node ?? nodeOf(pod)) !== node) {
      continue;
    }
    const key = `${ask.namespace}/${ask.name}`;
    const controller = ask.controller ?? controllerOf(pod);
    const entry: RecordedPod = uses.get(key) ?? {
      uid: pod?.metadata.uid ?? '',
      namespace: ask.namespace,
      name: ask.name,
      ...(controller === undefined ? {} : { controller }),
      requests: 0,
      refused: {},
      uses: [],
    };
    entry.requests += 1;
    const { outcome = 'answered' } = ask;
    if (outcome !== 'answered') {
      entry.refused[outcome] = (entry.refused[outcome] ?? 0) + 1;
    }
    entry.uses.push({
      sdk: ask.sdk ?? 'other',
      version: ask.version ?? '',
      resource: ask.resource ?? 'https://vault.azure.net',
      chosenBy: ask.chosenBy ?? 'nothing',
      outcome,
      lastAsked: new Date(ask.lastMs).toISOString(),
    });
    uses.set(key, entry);
  }
  const since = new Date(sinceMs ?? (Number.isNaN(created) ? 0 : created)).toISOString();
  return JSON.stringify({ node, since, forgotten: [], pods: [...uses.values()] });
}

function nodeOf(pod: KubeObject | undefined): string {
  return isMap(pod?.spec) ? String(pod.spec['nodeName'] ?? '') : '';
}

function controllerOf(pod: KubeObject | undefined): object | undefined {
  const owners: unknown = pod === undefined ? [] : Reflect.get(pod.metadata, 'ownerReferences');
  const owner = Array.isArray(owners)
    ? owners.find((each) => isMap(each) && each['controller'] === true)
    : undefined;
  return isMap(owner) ? { kind: owner['kind'], name: owner['name'], uid: owner['uid'] } : undefined;
}
