import { describe, expect, it } from 'vitest';
import { type EmulatedPodid, emulatedPodid } from './emulated-podid.ts';

const nodes = [0, 1].map((number) => `aks-nodepool1-12345678-vmss00000${number}`);
const hour = Date.parse('2026-12-01T08:00:00Z');

/** What pods asked their agents. @param agoMin before that hour */
function asked(
  { emulator }: EmulatedPodid,
  asks: readonly [name: string, outcome: string, agoMin: number][],
): void {
  emulator.world.tokenAsks = {
    sinceMs: hour - 86_400_000,
    asks: asks.map(([name, outcome, agoMin], at) => ({
      ...{ namespace: 'demo', name, outcome, node: nodes[at % 2] ?? '' },
      lastMs: hour - agoMin * 60_000,
    })),
  };
}

function change({ emulator: { kube } }: EmulatedPodid, pod: string, more: object): void {
  kube.seed({ ...structuredClone(kube.get('pods', 'kube-system', pod)), ...more } as never);
}

describe('podid status --agent', () => {
  it('says who got no token last, newest first, each with the command that looks further', async () => {
    await using podid = await emulatedPodid({ scenario: 'in-use' });
    asked(podid, [
      ['web-1', 'no-binding', 3],
      ['well', 'answered', 1],
      ['gone', 'token-403', 2],
    ]);
    const status = (await podid.json('status --agent -o json')) as { readonly agent: object };
    expect(status.agent).toEqual({
      ...{ installed: true, version: '0.1.0', mode: 'managed', nodes: 2, ready: 2 },
      byNode: nodes.map((name) => ({ name, ready: true, reason: '' })),
      refusals: [
        {
          ...{ namespace: 'demo', name: 'gone', node: nodes[0], reason: 'token-403' },
          message: 'IMDS or Entra answered 403',
          ...{ lastAsked: '2026-12-01T07:58:00Z', gone: true },
          next: expect.stringMatching(/^podid doctor --namespace demo\b(?!.*--pod)/),
        },
        {
          ...{ namespace: 'demo', name: 'web-1', node: nodes[0], reason: 'no-binding' },
          message: 'nothing is bound to its label',
          ...{ lastAsked: '2026-12-01T07:57:00Z', gone: false },
          next: expect.stringMatching(/^podid doctor --namespace demo --pod web-1\b/),
        },
      ],
      recordSince: '2026-11-30T08:00:00Z',
      unheard: [],
    });
    const table = await podid.run('status --agent -o table');
    expect(table.exitCode, table.stderr).toBe(0);
    expect(table.stdout).toMatch(
      /^refused +demo\/web-1, 2026-12-01 07:57 UTC: nothing is bound to its label$/m,
    );
    const [, next = ''] = /^next +podid (.*)$/m.exec(table.stdout) ?? [];
    expect([0, 10]).toContain((await podid.run(next)).exitCode);
  });

  it('names the node whose agent is not ready, with what that agent says, and ends as ever', async () => {
    await using podid = await emulatedPodid({ scenario: 'in-use' });
    const answers = { '8085/readyz': { status: 503, text: 'the rules are not verified' } };
    change(podid, 'podid-nmi-1', {
      metadata: {
        ...podid.emulator.kube.get('pods', 'kube-system', 'podid-nmi-1')?.metadata,
        annotations: { 'emulator.podid.io/answers': JSON.stringify(answers) },
      },
      status: { phase: 'Running', podIP: '10.224.0.5', conditions: [{ type: 'Ready', status: 'False' }] },
    });
    asked(podid, []);
    const ran = await podid.run('status --agent -o table');
    expect(ran.exitCode, ran.stderr).toBe(0);
    expect(ran.stdout).toMatch(/^agent +0\.1\.0, mode managed, ready on 1 of 2 nodes$/m);
    expect(ran.stdout).toMatch(new RegExp(`^node +${nodes[1]}: not ready: the rules are not verified$`, 'm'));
    expect(ran.stdout).toMatch(/^refused +unknown on 1 of 2 nodes: ./m);
  });

  it('says that nobody was refused, since when', async () => {
    await using podid = await emulatedPodid({ scenario: 'in-use' });
    asked(podid, [['web-1', 'answered', 1]]);
    const ran = await podid.run('status --agent -o table');
    expect(ran.stdout).toMatch(/^refused +none since 2026-11-30 08:00 UTC$/m);
    expect(ran.stdout).not.toMatch(/^next/m);
  });

  it.each([
    ['agents may not be asked', 'pods/proxy', /^refused +unknown on 2 of 2 nodes: ./m],
    ['pods may not be listed', 'pods', /^refused +unknown: the agents' pods may not be listed$/m],
  ])('is unknown and no failure where %s', async (_, resource, line) => {
    await using podid = await emulatedPodid({ scenario: 'in-use' });
    podid.emulator.kube.faults = { ...podid.emulator.kube.faults, deny: [{ resource }] };
    const ran = await podid.run('status --agent -o table');
    expect(ran.exitCode, ran.stderr).toBe(0);
    expect(ran.stdout).toMatch(line);
    expect(ran.stdout).toMatch(/^add-on +on$/m);
  });

  it('goes on with the nodes of agents where nodes may not be listed', async () => {
    await using podid = await emulatedPodid({ scenario: 'in-use' });
    podid.emulator.kube.faults = { ...podid.emulator.kube.faults, deny: [{ resource: 'nodes' }] };
    asked(podid, [['web-1', 'answered', 1]]);
    const ran = await podid.run('status --agent -o table');
    expect(ran.exitCode, ran.stderr).toBe(0);
    expect(ran.stdout).toMatch(/^agent +0\.1\.0, mode managed, ready on 2 nodes, unknown of how many$/m);
    expect(ran.stderr).toMatch(
      /let you list nodes.*may not list nodes.*Nodes without an agent are not shown/s,
    );
    expect(await podid.json('status --agent -o json')).toMatchObject({ agent: { nodes: null, ready: 2 } });
    const status = await podid.run('nmi status -o json');
    expect(status.exitCode, status.stderr).toBe(0);
    expect(JSON.parse(status.stdout)).toMatchObject({
      nodesRead: false,
      nodes: nodes.map((name) => ({ name })),
    });
  });

  it('asks Azure alone without --agent', async () => {
    await using podid = await emulatedPodid({ scenario: 'in-use' });
    expect(await podid.json('status -o json')).not.toHaveProperty('agent');
    expect(podid.emulator.kube.count('get', 'pods/proxy')).toBe(0);
  });
});
