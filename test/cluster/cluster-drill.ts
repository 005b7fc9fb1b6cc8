import { setTimeout as passing } from 'node:timers/promises';
import { expect } from 'vitest';
import type { BundledPrograms } from '../node/bundled-programs.ts';
import type { Answer } from '../node/drill.ts';
import { measured } from './measured.ts';
import { eventually, type OneNode } from './one-node.ts';
import { finishAsking } from './pod-logs.ts';
import { askingPod } from './pods.ts';

export interface ClusterDrill {
  readonly bound: readonly Answer[];
  readonly unlisted: readonly Answer[];
}

export interface DrillPods {
  readonly namespace: string;
  readonly selector: string;
  /** Called when both pods run. */
  readonly knowBound?: () => void;
}

const boundPod = 'drill-bound';
const unlistedPod = 'drill-unlisted';

/**
 * Lets a pod with the label `selector` and one without any label ask twenty times a second each in `namespace`, while `meanwhile` runs
 * and a little longer.
 */
export async function drill(
  cluster: OneNode,
  programs: BundledPrograms,
  { namespace, selector, knowBound }: DrillPods,
  meanwhile: () => Promise<void>,
): Promise<ClusterDrill> {
  const options = { namespace, programs: programs.folder };
  cluster.apply(
    askingPod(boundPod, { ...options, labels: { aadpodidbinding: selector } }),
    askingPod(unlistedPod, options),
  );
  const pods = [boundPod, unlistedPod];
  try {
    for (const pod of pods) {
      await eventually(() => expect(cluster.kubectl('-n', namespace, 'logs', pod)).toContain('asking'));
      // Older kernels send SYNs again after 1, 3, 7 s; newer ones every second for a while.
      cluster.inPod(namespace, pod, 'sysctl', '-qw', 'net.ipv4.tcp_syn_linear_timeouts=0');
    }
    knowBound?.();
    await eventually(() =>
      expect(cluster.kubectl('-n', namespace, 'logs', boundPod, '--tail=1')).toContain('token-of-'),
    );
    cluster.imds.forget();
    await meanwhile();
    await passing(3000);
    const bound = await finishAsking(cluster, namespace, boundPod);
    const unlisted = await finishAsking(cluster, namespace, unlistedPod);
    return { bound, unlisted };
  } finally {
    cluster.kubectl('-n', namespace, 'delete', 'pod', ...pods, '--grace-period=0', '--force');
  }
}

/**
 * Everything the bound pod got was its own identity's, and no request that it began after `afterMs` failed; the unlisted pod got nothing.
 * The counts are printed under `name`.
 */
export function expectOwnOrNothing(
  name: string,
  { bound, unlisted }: ClusterDrill,
  clientId: string,
  afterMs: number,
): void {
  const own = `token-of-${clientId}`;
  const later = bound.filter(({ begunMs }) => begunMs >= afterMs);
  const failed = bound.filter(({ token }) => token !== own);
  const longest = Math.max(...later.map(({ begunMs, endedMs }) => endedMs - begunMs));
  measured(
    `drill ${name}`,
    `bound pod asked ${bound.length}, own token ${bound.length - failed.length}, failed ${failed.length}` +
      ` (begun after the end: ${failed.filter(({ begunMs }) => begunMs >= afterMs).length} of ${later.length});` +
      ` longest wait ${(longest / 1000).toFixed(1)} s; unlisted pod asked ${unlisted.length}, tokens ${tokens(unlisted).length}`,
  );
  expect(tokens(unlisted)).toEqual([]);
  expect(tokens(bound).filter((token) => token !== own)).toEqual([]);
  expect(later.filter(({ token }) => token !== own)).toEqual([]);
  expect(later.length).toBeGreaterThan(40);
  expect(unlisted.length).toBeGreaterThan(40);
}

function tokens(answers: readonly Answer[]): readonly string[] {
  return answers.flatMap(({ token }) => (typeof token === 'string' ? [token] : []));
}
