import type { Deps } from '../../domain/deps.ts';
import type { ConnectedCluster } from '../../domain/kubernetes/workloads.ts';
import { newestRefusals, type RefusedPod } from '../../domain/load/refusals.ts';
import { startDeadline } from '../../domain/time/deadline.ts';
import { eachConcurrently } from '../../domain/time/each-concurrently.ts';
import { withinTime } from '../../domain/time/time-limit.ts';
import { isPodidError } from '../../errors/podid-error.ts';
import type { AskedPod } from './ask-agents.ts';

export interface LastRefusal extends RefusedPod {
  readonly node: string;
  /** Of the pod; null where it may not be read. */
  readonly gone: boolean | null;
}

export interface LastRefusals {
  /** Newest first; of each pod one. */
  readonly pods: readonly LastRefusal[];
  /** Since when all that answered keep their records, RFC 3339; null: nobody answered. */
  readonly since: string | null;
  /** Nodes whose agents did not say, and why in a sentence. */
  readonly unheard: readonly { readonly node: string; readonly why: string }[];
}

interface Asking {
  readonly agents: readonly AskedPod[];
  /** For how long they are asked, all together; each has its own limit besides. */
  readonly patienceMs: number;
  /** How many refusals. */
  readonly most: number;
}

/**
 * Who got no token last, by the records of the agents; those that said nothing of themselves are not asked again.
 *
 * @throws the signal's reason alone
 */
export async function lastRefusals(
  { load, workloads, clock }: Pick<ConnectedCluster, 'load' | 'workloads'> & Pick<Deps, 'clock'>,
  { agents, patienceMs, most }: Asking,
  signal: AbortSignal,
): Promise<LastRefusals> {
  const deadline = startDeadline(clock, patienceMs, signal);
  const answers = await eachConcurrently(
    agents,
    async ({ pod, metrics, silence = '' }) => {
      const node = pod.nodeName;
      if (metrics === undefined || deadline.passed()) {
        const why = metrics === undefined ? silence : `It was not its turn within ${patienceMs / 1000} s.`;
        return { node, record: { kind: 'none', why } as const };
      }
      return { node, record: await load.refusals(pod, signal) };
    },
    atOnce,
  );
  const heard = answers.flatMap(({ node, record }) =>
    record.kind === 'record'
      ? [{ since: record.since, pods: record.pods.map((pod) => ({ ...pod, node })) }]
      : [],
  );
  const newest = newestRefusals(
    heard.flatMap(({ pods }) => pods),
    most,
  );
  const isGone = async ({ namespace, name }: RefusedPod): Promise<boolean | null> => {
    const look = async (inner: AbortSignal) =>
      (await workloads.pod({ namespace, name }, inner)) === undefined;
    try {
      return (await withinTime({ clock, ms: lookMs }, signal, look)) ?? null;
    } catch (error) {
      if (!isPodidError(error)) {
        throw error;
      }
      return null;
    }
  };
  return {
    pods: await eachConcurrently(newest, async (pod) => ({ ...pod, gone: await isGone(pod) })),
    since:
      heard
        .map(({ since }) => since)
        .toSorted()
        .at(-1) ?? null,
    unheard: answers.flatMap(({ node, record }) =>
      record.kind === 'none' ? [{ node, why: record.why }] : [],
    ),
  };
}

/** As `podid nmi top` asks: a pod's port is a cheap question to the API server. */
const atOnce = 16;
const lookMs = 5000;
