import { describe, expect, it } from 'vitest';
import type { AgentPod, ConnectedCluster } from '../../../src/domain/kubernetes/workloads.ts';
import type { RefusalRecord } from '../../../src/domain/load/refusals.ts';
import type { Clock } from '../../../src/domain/time/clock.ts';
import { PodidError } from '../../../src/errors/podid-error.ts';
import { lastRefusals } from '../../../src/workflows/load/last-refusals.ts';

const { signal } = new AbortController();

const agent = (nodeName: string, metrics?: string) => ({
  pod: { namespace: 'kube-system', name: `podid-nmi-${nodeName}`, nodeName, metricsPort: 9090 } as AgentPod,
  metrics,
  ...(metrics === undefined ? { silence: 'connection refused' } : {}),
});
const refused = (name: string, minute: number) => ({
  ...{ namespace: 'demo', name, reason: 'no-binding' },
  lastAsked: `2026-12-01T08:0${minute}:00Z`,
});
const record = (since: string, ...pods: ReturnType<typeof refused>[]): RefusalRecord => ({
  kind: 'record',
  since,
  pods,
});

interface World {
  readonly records: Readonly<Record<string, RefusalRecord>>;
  readonly pod?: (name: string) => Promise<unknown>;
  /** What one question takes. */
  readonly tookMs?: number;
}

function place({ records, pod = async () => ({}), tookMs = 0 }: World) {
  let now = 0;
  const asked: string[] = [];
  const clock: Clock = {
    now: () => now,
    monotonic: () => now,
    random: () => 0,
    // Nobody waits that long.
    sleep: () => new Promise(() => undefined),
  };
  const load = {
    refusals: async ({ nodeName }: { readonly nodeName: string }) => {
      asked.push(nodeName);
      now += tookMs;
      return records[nodeName] ?? { kind: 'none', why: 'gone' };
    },
  };
  const workloads = { pod: ({ name }: { readonly name: string }) => pod(name) };
  return { asked, deps: { clock, load, workloads } as unknown as ConnectedCluster & { clock: Clock } };
}

const asking = { patienceMs: 1000, most: 2 };

describe('the last refusals', () => {
  it('are the newest of all agents, since the youngest record', async () => {
    const { deps } = place({
      records: {
        a: record('2026-12-01T00:00:00Z', refused('old', 1), refused('newer', 3)),
        b: record('2026-12-01T06:00:00Z', refused('newest', 4)),
      },
    });
    const { pods, since, unheard } = await lastRefusals(
      deps,
      { ...asking, agents: [agent('a', ''), agent('b', '')] },
      signal,
    );
    expect(pods.map(({ name, node }) => [name, node])).toEqual([
      ['newest', 'b'],
      ['newer', 'a'],
    ]);
    expect([since, unheard]).toEqual(['2026-12-01T06:00:00Z', []]);
  });

  it('says of pods whether they are gone, and not known where that may not be read', async () => {
    const { deps } = place({
      records: { a: record('2026-12-01T00:00:00Z', refused('gone', 1), refused('hidden', 2)) },
      pod: (name) =>
        name === 'gone' ? Promise.resolve(undefined) : Promise.reject(new PodidError('Forbidden', 'No.')),
    });
    const { pods } = await lastRefusals(deps, { ...asking, agents: [agent('a', '')] }, signal);
    expect(pods.map(({ name, gone }) => [name, gone])).toEqual([
      ['hidden', null],
      ['gone', true],
    ]);
  });

  it('asks nobody who is silent already, and says why nothing is known of that node', async () => {
    const { deps, asked } = place({ records: {} });
    const agents = [agent('a'), agent('b', '')];
    const { pods, since, unheard } = await lastRefusals(deps, { ...asking, agents }, signal);
    expect(asked).toEqual(['b']);
    expect([pods, since]).toEqual([[], null]);
    expect(unheard).toEqual([
      { node: 'a', why: 'connection refused' },
      { node: 'b', why: 'gone' },
    ]);
  });

  it('begins with no agent any more when its time is up', async () => {
    const { deps, asked } = place({ records: {}, tookMs: 100 });
    const agents = Array.from({ length: 1000 }, (_, at) => agent(`node-${at}`, ''));
    const { unheard } = await lastRefusals(deps, { ...asking, agents }, signal);
    expect(asked.length).toBeLessThan(30);
    expect(unheard).toHaveLength(1000);
    expect(unheard.at(-1)?.why).toContain('within 1 s');
  });
});
