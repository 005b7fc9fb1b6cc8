import { describe, expect, it } from 'vitest';
import { sortedLoad, topExamples, topLines } from '../../src/cli/nmi/top-result.ts';
import { noColours } from '../../src/terminal/colours.ts';
import { type EmulatedPodid, emulatedPodid } from './emulated-podid.ts';
import { hasTmux, openWindow } from './terminal-window.ts';

const nodes = [0, 1].map((number) => `aks-nodepool1-12345678-vmss00000${number}`);

/** What the agent of the first node answers from now on. @param record absent: that of the emulator */
function answer(podid: EmulatedPodid, lines: readonly string[], record?: object): void {
  const { kube } = podid.emulator;
  const pod = structuredClone(kube.get('pods', 'kube-system', 'podid-nmi-0')) as never as {
    metadata: { annotations: Record<string, string> };
  };
  pod.metadata.annotations['emulator.podid.io/answers'] = JSON.stringify({
    '9090/metrics': { status: 200, text: lines.join('\n') },
    ...(record === undefined ? {} : { '9090/record': { status: 200, text: JSON.stringify(record) } }),
  });
  kube.seed(pod as never);
}

const count = 'aadpodidentity_nmi_operations_duration_seconds_count';
const busy = (requests: number) => [
  `${count}{operation_type="msi",status_code="200",namespace="demo",resource="other"} ${requests}`,
  `podid_nmi_refused_total{reason="no-binding"} ${requests / 10}`,
  'podid_nmi_upstream_queued 3',
];

describe('podid nmi top', () => {
  it('looks twice where there is no terminal, and says what happened in between', async () => {
    await using podid = await emulatedPodid({ scenario: 'in-use' });
    answer(podid, busy(100));
    const { kube } = podid.emulator;
    const record = kube.record.bind(kube);
    kube.record = (entry) => {
      record(entry);
      if (entry.resource === 'pods/proxy' && kube.count('get', 'pods/proxy') === 4) {
        answer(podid, busy(600));
      }
    };
    const load = (await podid.json('nmi top --interval 200ms -o json')) as (typeof topExamples)[number];
    expect(load.nodes.map(({ node }) => node)).toEqual(nodes);
    expect(load.nodes[0]).toMatchObject({ refusals: { 'no-binding': 50 }, queued: 3 });
    expect(load.nodes[0]?.requests).toBeGreaterThan(10);
    expect(load.namespaces).toMatchObject([{ namespace: 'demo', refused: 0 }]);
    expect(load.pods).toMatchObject([
      { namespace: 'demo', name: 'web-1', node: nodes[0], outcome: 'answered', sdk: 'azsdk-python-identity' },
    ]);
    expect(load.silent).toEqual([]);
  });

  it('says by pod how often it asked, and why it was refused, with those first that were most', async () => {
    await using podid = await emulatedPodid({ scenario: 'in-use' });
    const lastAsked = '2026-12-01T08:00:00.000Z';
    const since = '2026-12-01T00:00:00.000Z';
    const pod = (name: string, requests: number, refused: object, outcome: string) => ({
      ...{ uid: name, namespace: 'demo', name, requests, refused },
      uses: [{ sdk: 'curl', version: '', resource: 'other', chosenBy: 'nothing', outcome, lastAsked }],
    });
    const record = (times: number) => ({
      node: nodes[0],
      since,
      pods: [
        pod('busy', 1000 * times, {}, 'answered'),
        pod('refused', 10 * times, { 'no-binding': 9 * times, 'no-label': times }, 'no-binding'),
      ],
    });
    answer(podid, busy(100), record(1));
    const { kube } = podid.emulator;
    const log = kube.record.bind(kube);
    kube.record = (entry) => {
      log(entry);
      if (entry.resource === 'pods/proxy' && kube.count('get', 'pods/proxy') === 4) {
        answer(podid, busy(600), record(2));
      }
    };
    const load = (await podid.json(
      'nmi top --interval 200ms --sort-by refused -o json',
    )) as (typeof topExamples)[number];
    expect(load.pods.map(({ name, refusals }) => [name, refusals]).slice(0, 2)).toEqual([
      ['refused', { 'no-binding': 9, 'no-label': 1 }],
      ['busy', {}],
    ]);
    const [refused, most] = load.pods;
    expect(most?.requests).toBeGreaterThan(refused?.requests ?? Number.POSITIVE_INFINITY);
    expect(refused?.refused).toBe(refused?.requests);
    const table = await podid.run('nmi top --interval 10ms -o table');
    expect(table.stdout).toMatch(/^POD +NODE +REQ\/S +REFUSED\/S/m);
  });

  it('names the agents that do not answer, with the sentence of the API server', async () => {
    await using podid = await emulatedPodid({ scenario: 'in-use' });
    podid.emulator.kube.faults.deny = [{ resource: 'pods/proxy', name: 'podid-nmi-1' }];
    const ran = await podid.run('nmi top --interval 10ms -o table');
    expect(ran.exitCode, ran.stderr).toBe(0);
    expect(ran.stdout).toMatch(new RegExp(`^${nodes[1]}: .*may not get pods/proxy`, 'm'));
  });

  it('fits the terminal, in ASCII where the locale has nothing else', () => {
    const [example] = topExamples;
    const load = {
      ...sortedLoad(example as NonNullable<typeof example>, 'requests'),
      nodes: Array.from({ length: 50 }, (_, at) => ({
        ...(example as NonNullable<typeof example>).nodes[0],
        node: `aks-nodepool1-12345678-vmss${String(at).padStart(6, '0')}`,
      })) as never,
    };
    const common = { load, sort: 'requests', nowMs: 0, intervalMs: 2000, colour: noColours } as const;
    for (const [columns, rows] of [
      [80, 24],
      [120, 40],
      [40, 10],
    ] as const) {
      const lines = topLines({ ...common, columns, rows, isUtf8: false });
      expect(lines.length).toBeLessThanOrEqual(rows);
      expect(lines.filter((line) => line.length > Math.max(columns, 9 * 8 + 8 * 3))).toEqual([]);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII
      expect(lines.join('')).toMatch(/^[\x00-\x7f]*$/);
      expect(lines.join('\n')).toContain('aks-2: No answer within 5 s.');
    }
  });

  it.runIf(hasTmux())(
    'draws itself on a terminal, sorts by a key and ends with q, which gives the screen back',
    async () => {
      await using podid = await emulatedPodid({ scenario: 'in-use' });
      answer(podid, busy(100));
      const env = { ...podid.emulator.environment, LC_ALL: 'C', NO_COLOR: '1' };
      await using window = await openWindow('echo before; node bin/podid.js nmi top --interval 200ms', {
        env,
        columns: 100,
        rows: 30,
      });
      const first = await window.until('2 of 2 agents answer');
      expect(first).toContain('vmss000000');
      expect(first).toContain('demo/web-1');
      expect(first).not.toContain('before');
      await window.press('f');
      await window.until('sorted by refused');
      await window.press('q');
      expect(await window.ended()).toBe(0);
      const screen = await window.screen();
      expect(screen).toContain('before');
      expect(screen).not.toContain('agents answer');
    },
  );

  it.runIf(hasTmux())('ends with Ctrl-C, too', async () => {
    await using podid = await emulatedPodid({ scenario: 'in-use' });
    const { environment: env } = podid.emulator;
    await using window = await openWindow('node bin/podid.js nmi top', { env });
    await window.until('2 of 2 agents answer');
    await window.press('C-c');
    expect(await window.ended()).toBe(0);
  });
});
