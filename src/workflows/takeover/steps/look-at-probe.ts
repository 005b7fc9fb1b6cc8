import { isLiving, type Pod } from '../../../domain/kubernetes/pod.ts';
import type { TakeoverProbe } from '../../../domain/takeover/takeover-record.ts';
import { isPodidError } from '../../../errors/podid-error.ts';
import type { TakeoverRun } from '../takeover-run.ts';
import { mostLines } from './render-probe.ts';

/** One request for a token, with all that is tried again for it. */
export interface Asked {
  /** When it began, since the epoch, by the clock of the node. */
  readonly atMs: number;
  readonly isAnswered: boolean;
  /** Until the token came, or the request was given up. */
  readonly ms: number;
  /** How many it asks for in turn, and for which this was; absent: it asks for one. */
  readonly turn?: { readonly of: number; readonly resource: string };
}

/** How the pod of a probe is. */
export interface SeenProbe {
  /** `unknown`: nobody could say it now. `gone`: also where another pod has its name, and where it has ended. */
  readonly state: 'running' | 'starting' | 'unknown' | 'gone';
  /** From its first token on: before that an agent may not have known the pod. Nothing of a pod that is not podid's. */
  readonly asked: readonly Asked[];
}

/** Believes the pod with the recorded uid alone: who may make pods there may give one any name and any label. */
export async function lookAtProbe(run: TakeoverRun, probe: TakeoverProbe): Promise<SeenProbe> {
  // In this order: a uid does not come back, so the log is that pod's whose uid is read after it.
  const asked = await logOf(run, probe);
  const pod = await podOf(run, probe);
  if (pod === 'unknown') {
    return { state: 'unknown', asked: [] };
  }
  if (pod === undefined || pod.uid !== probe.uid) {
    return { state: 'gone', asked: [] };
  }
  const first = asked.findIndex(({ isAnswered }) => isAnswered);
  const state = pod.phase === 'Running' ? 'running' : isLiving(pod) ? 'starting' : 'gone';
  return { state, asked: asked.slice(Math.max(0, first)) };
}

/** Of what it asked: that which was not counted yet. */
export function freshOf({ asked }: SeenProbe, { seenMs }: Pick<TakeoverProbe, 'seenMs'>): readonly Asked[] {
  return asked.filter(({ atMs }) => atMs > seenMs);
}

async function podOf(
  { kube, deps }: TakeoverRun,
  { namespace, name }: TakeoverProbe,
): Promise<Pod | 'unknown' | undefined> {
  try {
    return await kube.workloads.pod({ namespace, name }, deps.signal);
  } catch (error) {
    if (isPodidError(error, 'ClusterUnreachable')) {
      return 'unknown';
    }
    throw error;
  }
}

async function logOf(
  { kube, deps }: TakeoverRun,
  { namespace, name }: TakeoverProbe,
): Promise<readonly Asked[]> {
  try {
    const text = await kube.workloads.log({ namespace, name, container: 'probe' }, mostLines, deps.signal);
    return text.split('\n').flatMap((line) => {
      const [, at, isAnswered, ms, of, resource] =
        /^T (\d{1,15}) ([01]) (\d{1,9})(?: (\d) ([\w:/.-]{1,100}))?$/.exec(line) ?? [];
      const asked = { atMs: Number(at), isAnswered: isAnswered === '1', ms: Number(ms) };
      return at === undefined
        ? []
        : [resource === undefined ? asked : { ...asked, turn: { of: Number(of), resource } }];
    });
  } catch (error) {
    // One that has not started yet has no log, nor has one whose node is away.
    if (isPodidError(error, 'AgentRefused', 'ClusterUnreachable')) {
      return [];
    }
    throw error;
  }
}
