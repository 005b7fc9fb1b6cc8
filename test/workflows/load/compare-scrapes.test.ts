import { describe, expect, it } from 'vitest';
import type { Scrape } from '../../../src/domain/load/agent-load.ts';
import { compareScrapes } from '../../../src/workflows/load/compare-scrapes.ts';

function heard(node: string, atMs: number, metrics: readonly string[], pod = `kube-system/${node}`): Scrape {
  return { kind: 'heard', node, pod, atMs, metrics: metrics.join('\n'), pods: [] };
}

const op = 'aadpodidentity_nmi_operations_duration_seconds';
const of = (status: number) =>
  `operation_type="msi",status_code="${status}",namespace="demo",resource="other"`;

const before = heard('a', 0, [
  `${op}_count{${of(200)}} 100`,
  `${op}_bucket{le="0.001",${of(200)}} 100`,
  `${op}_bucket{le="1",${of(200)}} 100`,
  `${op}_bucket{le="+Inf",${of(200)}} 100`,
  'podid_nmi_token_hits_total 90',
  'podid_nmi_token_answers_total{from="upstream"} 10',
  'podid_nmi_refused_total{reason="no-binding"} 3',
  'podid_nmi_token_renewals_total{outcome="failed"} 1',
]);
const after = heard('a', 2000, [
  `${op}_count{${of(200)}} 298`,
  `${op}_count{${of(400)}} 2`,
  `${op}_bucket{le="0.001",${of(200)}} 290`,
  `${op}_bucket{le="1",${of(200)}} 298`,
  `${op}_bucket{le="+Inf",${of(200)}} 298`,
  'podid_nmi_token_hits_total 270',
  'podid_nmi_token_answers_total{from="upstream"} 30',
  'podid_nmi_refused_total{reason="no-binding"} 5',
  'podid_nmi_refused_total{reason="not-ready"} 0',
  'podid_nmi_token_renewals_total{outcome="renewed"} 4',
  'podid_nmi_token_renewals_total{outcome="failed"} 2',
  'podid_nmi_upstream_queued 7',
  'podid_nmi_requests_held{reason="not-ready"} 1',
  'podid_nmi_requests_held{reason="unknown-pod"} 2',
]);

describe('the load between two scrapes', () => {
  it('is what the counters have grown by, and the gauges as they are now', () => {
    const { seconds, nodes, namespaces } = compareScrapes([before], [after]);
    expect(seconds).toBe(2);
    expect(nodes).toEqual([
      {
        node: 'a',
        requests: 100,
        refused: 1,
        refusals: { 'no-binding': 2 },
        hits: 0.9,
        renewals: 5,
        renewalsFailed: 1,
        queued: 7,
        held: 3,
        waitP99: 1000,
      },
    ]);
    expect(namespaces).toEqual([{ namespace: 'demo', requests: 100, refused: 1 }]);
  });

  it('counts from nothing again where an agent began anew, and never below it', () => {
    const anew = heard('a', 2000, [`${op}_count{${of(200)}} 10`, 'podid_nmi_token_hits_total 4']);
    expect(compareScrapes([after], [{ ...anew, atMs: 4000 } as Scrape]).nodes[0]).toMatchObject({
      requests: 5,
      hits: 1,
    });
  });

  it('compares each agent of a node with itself', () => {
    const count = (at: number, pod: string, asked: number) =>
      heard('a', at, [`${op}_count{${of(200)}} ${asked}`], pod);
    const { nodes } = compareScrapes(
      [count(0, 'kube-system/x', 10), count(0, 'b/x', 1000)],
      [count(1000, 'kube-system/x', 12), count(1000, 'b/x', 1001)],
    );
    expect(nodes.map(({ requests }) => requests).toSorted()).toEqual([1, 2]);
  });

  it('says of each pod how often it asked in a second and why it was refused', () => {
    const asked = (uid: string, requests: number | undefined, refused = {}, name = uid) => ({
      uid,
      namespace: 'demo',
      name,
      sdk: '',
      lastAsked: '2026-12-01T08:00:00.000Z',
      outcome: 'answered',
      ...(requests === undefined ? {} : { requests }),
      refused,
    });
    const at = (atMs: number, pods: ReturnType<typeof asked>[]) =>
      ({ ...heard('a', atMs, []), pods }) as Scrape;
    const { pods } = compareScrapes(
      [at(0, [asked('quiet', 7), asked('busy', 100, { 'no-binding': 90 }), asked('old', 500, {}, 'web-0')])],
      [
        at(2000, [
          asked('quiet', 7),
          asked('busy', 300, { 'no-binding': 100, 'no-label': 2 }),
          // The next pod of the same name has nothing to do with the one before.
          asked('new', 2, {}, 'web-0'),
          asked('unknown', undefined),
        ]),
      ],
    );
    expect(pods.map(({ name, requests, refused, refusals }) => [name, requests, refused, refusals])).toEqual([
      ['busy', 100, 6, { 'no-binding': 10, 'no-label': 2 }],
      ['web-0', 1, 0, {}],
      ['quiet', 0, 0, {}],
      ['unknown', null, null, {}],
    ]);
    const once = compareScrapes([], [at(0, [asked('busy', 100, { 'no-binding': 90 })])]);
    expect(once.pods).toMatchObject([{ requests: 0, refused: 0, refusals: {} }]);
  });

  it('counts a pod from nothing again where its agent began anew', () => {
    const pod = { uid: 'u', namespace: 'demo', name: 'p', sdk: '', outcome: 'no-label' };
    const at = (atMs: number, requests: number) =>
      ({
        ...heard('a', atMs, []),
        pods: [
          { ...pod, lastAsked: '2026-12-01T08:00:00.000Z', requests, refused: { 'no-label': requests } },
        ],
      }) as Scrape;
    expect(compareScrapes([at(0, 1000)], [at(2000, 4)]).pods).toMatchObject([{ requests: 2, refused: 2 }]);
  });

  it('has no rates of an agent that was heard once, and names the one that is not heard', () => {
    const silent: Scrape = { kind: 'none', node: 'b', why: 'Nobody answers.' };
    const load = compareScrapes([silent], [after, silent]);
    expect(load.nodes[0]).toMatchObject({ requests: 0, refused: 0, hits: null, waitP99: null, queued: 7 });
    expect(load.silent).toEqual([{ node: 'b', why: 'Nobody answers.' }]);
    expect(load.namespaces).toEqual([]);
  });
});
