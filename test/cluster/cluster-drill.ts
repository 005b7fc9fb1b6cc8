import { setTimeout as passing } from 'node:timers/promises';
import { expect } from 'vitest';
import type { BundledPrograms } from '../node/bundled-programs.ts';
import type { Answer } from '../node/drill.ts';
import { measured } from './measured.ts';
import { eventually, type OneNode } from './one-node.ts';
import { finishAsking } from './pod-logs.ts';
import { type AskingOptions, askingPod } from './pods.ts';

export interface ClusterDrill {
  readonly bound: readonly Answer[];
  readonly unlisted: readonly Answer[];
  /** By the name. */
  readonly beside: Readonly<Record<string, readonly Answer[]>>;
}

/** One more pod that asks meanwhile. */
export interface AskingBeside extends Pick<AskingOptions, 'everyMs' | 'target'> {
  readonly name: string;
  readonly selector: string;
}

export interface DrillPods {
  readonly namespace: string;
  readonly selector: string;
  readonly beside?: readonly AskingBeside[];
  /** Called when the pods run. */
  readonly knowBound?: () => void;
}

const boundPod = 'drill-bound';
const unlistedPod = 'drill-unlisted';

/**
 * Lets a pod with the label `selector` and one without any label ask twenty times a second each in
 * `namespace`, and those `beside` them, while `meanwhile` runs and a little longer. The answers of pods with a label count
 * from the first token on, the other's all.
 */
export async function drill(
  cluster: OneNode,
  programs: BundledPrograms,
  { namespace, selector, beside = [], knowBound }: DrillPods,
  meanwhile: () => Promise<void>,
): Promise<ClusterDrill> {
  const options = { namespace, programs: programs.folder };
  const labelled = [{ name: boundPod, selector }, ...beside];
  cluster.apply(
    ...labelled.map(({ name, selector: aadpodidbinding, ...pace }) =>
      askingPod(name, { ...options, ...pace, labels: { aadpodidbinding } }),
    ),
    askingPod(unlistedPod, options),
  );
  const pods = [...labelled.map(({ name }) => name), unlistedPod];
  try {
    for (const pod of pods) {
      await eventually(() => expect(cluster.kubectl('-n', namespace, 'logs', pod)).toContain('asking'));
      // Older kernels send SYNs again after 1, 3, 7 s; newer ones every second for a while.
      cluster.inPod(namespace, pod, 'sysctl', '-qw', 'net.ipv4.tcp_syn_linear_timeouts=0');
    }
    knowBound?.();
    for (const { name } of labelled) {
      await eventually(() =>
        expect(cluster.kubectl('-n', namespace, 'logs', name, '--tail=1')).toContain('token-of-'),
      );
    }
    cluster.imds.forget();
    const sinceMs = Date.now();
    await meanwhile();
    await passing(5000);
    const answers: Record<string, readonly Answer[]> = {};
    for (const { name } of labelled) {
      answers[name] = (await finishAsking(cluster, namespace, name)).filter(
        ({ begunMs }) => begunMs >= sinceMs,
      );
    }
    const unlisted = await finishAsking(cluster, namespace, unlistedPod);
    const { [boundPod]: bound = [], ...others } = answers;
    return { bound, unlisted, beside: others };
  } finally {
    cluster.kubectl('-n', namespace, 'delete', 'pod', ...pods, '--grace-period=0', '--force');
  }
}

/**
 * Everything the bound pod got was its own identity's, and none of its requests failed but those under way at
 * one of `ends`, when a process ended that could have answered; the unlisted pod got nothing. The counts are
 * printed under `name`.
 */
export function expectOwnOrNothing(
  name: string,
  { bound, unlisted }: Pick<ClusterDrill, 'bound' | 'unlisted'>,
  clientId: string,
  ...ends: readonly number[]
): void {
  const own = `token-of-${clientId}`;
  const later = bound.filter(({ begunMs }) => ends.every((endMs) => begunMs > endMs));
  const failed = bound.filter(({ token }) => token !== own);
  const underWay = failed.filter(({ begunMs, endedMs }) =>
    ends.some((endMs) => begunMs <= endMs && endedMs >= endMs - noticeMs),
  );
  const longest = Math.max(...later.map(({ begunMs, endedMs }) => endedMs - begunMs));
  measured(
    `drill ${name}`,
    `bound pod asked ${bound.length}, own token ${bound.length - failed.length}, failed ${failed.length}` +
      ` (${underWay.length} under way at the end, ${later.length} begun after it);` +
      ` longest wait ${(longest / 1000).toFixed(1)} s; unlisted pod asked ${unlisted.length}, tokens ${tokens(unlisted).length}`,
  );
  expect(tokens(unlisted)).toEqual([]);
  expect(tokens(bound).filter((token) => token !== own)).toEqual([]);
  expect(failed.filter((answer) => !underWay.includes(answer))).toEqual([]);
  expect(underWay.length).toBeLessThanOrEqual(mostUnderWay);
  expect(later.length).toBeGreaterThan(40);
  expect(unlisted.length).toBeGreaterThan(40);
}

/**
 * A server closes its port up to five seconds before its process ends, which is seen still later on a busy machine. A pod
 * that asks between that and the end of the rules is reset: a few requests of one moment.
 */
export const noticeMs = 6_500;
const mostUnderWay = 10;

function tokens(answers: readonly Answer[]): readonly string[] {
  return answers.flatMap(({ token }) => (typeof token === 'string' ? [token] : []));
}
