import { describe, expect, it } from 'vitest';
import type { ShownAccess, ShownIdentity } from '../../src/cli/access/access-view.ts';
import { everyWay, nodes } from './access-world.ts';
import { withoutAddon } from './doctor-faults.ts';
import { type EmulatedPodid, emulatedPodid, identityIdInAzure } from './emulated-podid.ts';
import { settle } from './standard-world.ts';

async function reportOf(podid: EmulatedPodid, ...more: readonly string[]): Promise<ShownAccess> {
  return (await podid.json(['access', '-o', 'json', ...more])) as ShownAccess;
}

function waysOf({ identities }: Pick<ShownAccess, 'identities'>, name: string): readonly string[] {
  const found = identities.find((each) => each.name === name);
  return [...new Set(found?.ways.map(({ way }) => way))];
}

/** It names no account, so that its pods run as one that an identity trusts. */
const workloadWays = ['demo-agentpool host-network', 'web host-network', 'web federated'];

describe('podid access on the emulator', () => {
  it('finds every way to an identity, and what is worse than it has to be, the worst first', async () => {
    await using podid = await everyWay();
    const report = await reportOf(podid);
    expect(waysOf(report, 'web')).toEqual([
      'binding',
      'exception',
      'host-network',
      'unguarded-node',
      'federated',
    ]);
    expect(waysOf(report, 'jobs')).toEqual(['exchange', 'identity-binding']);
    expect(waysOf(report, 'demo/legacy')).toEqual(['binding', 'secret']);
    expect(report.findings.map(({ severity, code }) => `${severity} ${code}`)).toEqual([
      'high ExceptionBroad',
      'high HostNetwork',
      'high NodeUnguarded',
      'high TrustOfDefault',
      'high WildcardRights',
      'medium StrongRole',
      'medium TrustDangling',
      'medium TrustOfOtherIssuer',
      'low NoPodMatches',
    ]);
    expect(report.couldBecome.kubernetes).toMatchObject([
      { who: 'ServiceAccount demo/app', namespace: null },
      {
        who: 'Group developers',
        namespace: 'demo',
        rights: ['run pods', 'run pods that take their node'],
        via: ['RoleBinding demo/developers'],
      },
    ]);
    expect(report.couldBecome.azure).toMatchObject([
      {
        role: 'Contributor',
        rights: [
          'trust other accounts',
          'put it on machines',
          'be administrator of the cluster',
          'run commands in the cluster',
        ],
      },
      { role: 'Managed Identity Operator', rights: ['put it on machines'] },
    ]);
  });

  it('says of an identity its roles with scopes, its nodes and the day of its last request', async () => {
    await using podid = await emulatedPodid({ scenario: 'in-use' });
    const { identities, unread, findings } = await reportOf(podid);
    const web = identities.find(({ name }) => name === 'web');
    expect([unread, findings]).toEqual([[], []]);
    expect(web).toMatchObject({
      resourceId: identityIdInAzure('web'),
      objects: ['demo/web'],
      roles: [{ role: 'Key Vault Secrets User', scope: expect.stringMatching(/\/resourceGroups\/demo-rg$/) }],
      nodes,
      unknown: [],
      lastAsked: expect.stringMatching(/^\d{4}-\d\d-\d\d$/),
    });
    expect(identities.find(({ name }) => name === 'demo-agentpool')).toMatchObject({ purpose: 'kubelet' });
  });

  it.each<[string, () => Promise<EmulatedPodid>, readonly string[]]>([
    ['with the add-on', () => emulatedPodid({ scenario: 'in-use' }), ['binding', 'host-network']],
    [
      'in mode cluster',
      async () => {
        const podid = await emulatedPodid({ scenario: 'in-use' });
        withoutAddon(podid.emulator);
        return podid;
      },
      ['binding', 'host-network'],
    ],
    [
      'in standard mode',
      async () => {
        const podid = await emulatedPodid({ scenario: 'standard-mode' });
        settle(podid.emulator);
        return podid;
      },
      ['binding', 'host-network'],
    ],
  ])('works %s', async (_mode, world, ways) => {
    await using podid = await world();
    const report = await reportOf(podid);
    expect(waysOf(report, 'web')).toEqual(ways);
    expect(report.unread).toEqual([]);
  });

  it('sends nothing but reads', async () => {
    await using podid = await emulatedPodid({ scenario: 'in-use' });
    await reportOf(podid);
    const sent = podid.emulator.requests.filter(
      ({ method, path }) =>
        method !== 'GET' && /^\/subscriptions/.test(path) && !path.includes('/listCluster'),
    );
    expect(sent).toEqual([]);
    const verbs = podid.emulator.kube.requests.map(({ verb, resource }) =>
      verb === 'list' ? verb : `${verb} ${resource}`,
    );
    expect([...new Set(verbs)].sort()).toEqual(['get pods/proxy', 'list']);
  });

  it('is the same text twice, but for the moment', async () => {
    await using podid = await everyWay();
    const text = async () => (await podid.run('access -o json')).stdout.replace(/"at": "[^"]+"/, '"at": ""');
    expect(await text()).toBe(await text());
  });

  it.each<[string, readonly string[], readonly string[]]>([
    ['a pod', ['--pod', 'demo/app-1'], ['demo/legacy secret', 'jobs identity-binding', 'web federated']],
    ['a service account', ['--service-account', 'demo/worker'], nodeWaysOfSecond()],
    ['a workload', ['--namespace', 'demo', '--workload', 'ds/probe'], workloadWays],
    ['a node', ['--node', nodes[1] ?? ''], nodeWaysOfSecond()],
    [
      'an identity',
      ['--identity', 'jobs'],
      ['jobs exchange', 'jobs identity-binding', 'jobs identity-binding'],
    ],
  ])('tells the other way round what %s can get', async (_what, flags, expected) => {
    await using podid = await everyWay();
    const { identities } = await reportOf(podid, ...flags);
    expect(identities.flatMap(pairsOf)).toEqual(expected);
  });

  it('refuses what is not there, and what is misspelt', async () => {
    await using podid = await emulatedPodid({ scenario: 'in-use' });
    const missing = await Promise.all(
      ['--pod demo/none', '--node none', '--identity none'].map((flags) => podid.run(`access ${flags}`)),
    );
    expect(missing.map(({ exitCode, stdout }) => [exitCode, stdout])).toEqual([
      [4, ''],
      [4, ''],
      [4, ''],
    ]);
    const wrong = await podid.run('access --pod web --workload deploy/web --service-account a/b/c');
    expect(wrong.exitCode).toBe(2);
    expect(wrong.stderr).toContain('--pod: "web" is not NAMESPACE/NAME');
    expect(wrong.stderr).toContain('--workload needs --namespace');
    expect(wrong.stderr).toContain('--service-account: "a/b/c" is not NAMESPACE/NAME');
  });

  it('takes what may not be read for unknown, and says so in each format', async () => {
    await using podid = await emulatedPodid({ scenario: 'in-use' });
    podid.emulator.kube.faults = {
      ...podid.emulator.kube.faults,
      deny: [{ resource: 'clusterroles' }, { resource: 'pods', verb: 'list' }],
    };
    const refusals = {
      'roleAssignments.list': 'No right to roles.',
      'identityBindings.list': 'No right to bindings.',
    };
    for (const [operation, message] of Object.entries(refusals)) {
      podid.emulator.faults.add({
        match: { operation },
        effect: { status: 403, body: { error: { code: 'AuthorizationFailed', message } } },
      });
    }
    const { identities, couldBecome, unread } = await reportOf(podid);
    for (const sentence of Object.values(refusals)) {
      expect(unread.map(({ why }) => why)).toContainEqual(expect.stringContaining(sentence));
    }
    expect(couldBecome).toEqual({ kubernetes: null, azure: null });
    const web = identities.find(({ name }) => name === 'web');
    expect(web).toMatchObject({
      roles: null,
      ways: [
        { way: 'binding', pods: null, nodes: null },
        { way: 'host-network', pods: null, nodes: null },
      ],
    });
    expect(web?.unknown).toEqual(expect.arrayContaining(['binding', 'host-network', 'identity-binding']));
    expect(unread.map(({ what }) => what)).toContain('pods');
    const table = await podid.run('access -o table');
    expect(table.stdout).toMatch(/^unknown: pods\. /m);
    expect(table.stdout).toMatch(/^web +demo +binding, unknown +unknown +unknown/m);
    const queried = await podid.run(['access', '-o', 'json', '--query', 'findings[].code']);
    expect(queried.stderr).toContain('podid could not read pods: ');
  });

  it('is no report where the cluster answers nothing: it would read as if nobody could get anything', async () => {
    await using podid = await emulatedPodid({ scenario: 'in-use' });
    podid.emulator.faults.add({ match: { operation: 'kube' }, effect: { status: 503, body: {} } });
    const ran = await podid.run('access -o json');
    expect([ran.exitCode, ran.stdout]).toEqual([7, '']);
    expect(ran.stderr).toContain('503');
  });
});

function pairsOf({ name, ways }: ShownIdentity): readonly string[] {
  return ways.map(({ way }) => `${name} ${way}`);
}

/** What is bound to pods there, and what the node itself carries. */
function nodeWaysOfSecond(): readonly string[] {
  return ['demo-agentpool unguarded-node', 'jobs exchange', 'jobs identity-binding', 'web unguarded-node'];
}
