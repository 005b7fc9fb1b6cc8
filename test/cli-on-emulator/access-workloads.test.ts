import { describe, expect, it } from 'vitest';
import type { ShownAccess } from '../../src/cli/access/access-view.ts';
import { type EmulatedPodid, emulatedPodid } from './emulated-podid.ts';

const labels = { aadpodidbinding: 'web' };
const pods = { metadata: { labels }, spec: { containers: [] } };

/** A cluster whose one identity is for workloads that have no pod at the moment. */
async function atRest(): Promise<EmulatedPodid> {
  const podid = await emulatedPodid({ scenario: 'in-use' });
  const { kube } = podid.emulator;
  kube.remove('pods', 'demo', 'web-1');
  kube.seed({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { namespace: 'demo', name: 'idle' },
    spec: { replicas: 0, selector: { matchLabels: labels }, template: pods },
  });
  const nightly = { ...pods, spec: { ...pods.spec, serviceAccountName: 'nightly' } };
  kube.seed({
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: { namespace: 'demo', name: 'nightly' },
    spec: { schedule: '0 3 * * *', jobTemplate: { spec: { template: nightly } } },
  });
  return podid;
}

async function reportOf(podid: EmulatedPodid, flags?: string): Promise<ShownAccess> {
  return (await podid.json(`access -o json${flags === undefined ? '' : ` ${flags}`}`)) as ShownAccess;
}

function waysIn({ identities }: ShownAccess): readonly string[] {
  return identities.flatMap(({ name, ways }) =>
    ways.map(({ way, pods: count }) => `${name} ${way} ${count}`),
  );
}

describe('podid access of workloads that have no pod', () => {
  it.each(['deployment/idle', 'cj/nightly'])('says what the next pod of %s gets', async (workload) => {
    await using podid = await atRest();
    expect(waysIn(await reportOf(podid, `--namespace demo --workload ${workload}`))).toEqual([
      'web binding 0',
    ]);
  });

  it('has nobody delete the identity that they need', async () => {
    await using podid = await atRest();
    const { findings, identities } = await reportOf(podid);
    expect(findings.map(({ code }) => code)).toEqual([]);
    const web = identities.find(({ name }) => name === 'web');
    expect(web?.ways.find(({ way }) => way === 'binding')).toMatchObject({
      pods: 0,
      workloads: expect.arrayContaining(['CronJob/nightly', 'Deployment/idle']),
      accounts: expect.arrayContaining(['demo/default', 'demo/nightly']),
    });
  });

  it('says unknown, and has nothing deleted, where they may not be listed', async () => {
    await using podid = await atRest();
    const { kube } = podid.emulator;
    kube.remove('deployments', 'demo', 'idle');
    kube.faults = { ...kube.faults, deny: [{ resource: 'cronjobs' }, { resource: 'deployments' }] };
    const { findings, identities, unread } = await reportOf(podid, '--namespace demo --workload cj/nightly');
    expect(findings).toEqual([]);
    expect(identities.find(({ name }) => name === 'web')?.unknown).toContain('binding');
    expect(unread).toEqual([
      {
        what: 'workloads without pods: CronJob, Deployment',
        why: expect.stringContaining('does not let you list'),
      },
    ]);
  });
});

describe('podid access of a service account', () => {
  it.each([
    ['as which a pod runs that names none', 'demo/default', 'web binding'],
    ['of a template alone', 'demo/nightly', 'web binding'],
  ])('says what pods of one %s get, and by which way', async (_what, account, expected) => {
    await using podid = await emulatedPodid({ scenario: 'in-use' });
    podid.emulator.kube.seed({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { namespace: 'demo', name: 'nightly' },
      spec: {
        replicas: 0,
        selector: { matchLabels: labels },
        template: { ...pods, spec: { containers: [], serviceAccountName: 'nightly' } },
      },
    });
    const { identities } = await reportOf(podid, `--service-account ${account}`);
    expect(identities.flatMap(({ name, ways }) => ways.map(({ way }) => `${name} ${way}`))).toEqual([
      expected,
    ]);
    const { stdout } = await podid.run(`access -o table --service-account ${account}`);
    expect(stdout).toMatch(/^web +demo +binding +/m);
  });
});

describe('podid access of what is not in the cluster', () => {
  it.each([
    ['--pod demo/nosuch', 'The cluster has no pod demo/nosuch that has not ended; it has demo/web-1.'],
    ['--node nosuch', 'The cluster has no node nosuch; it has aks-nodepool1-'],
    ['--namespace nosuch', /The cluster has no namespace nosuch; it has default, demo, .* and 1 more/],
    [
      '--service-account demo/nosuch',
      /The cluster has no service account demo\/nosuch; it has .*demo\/default/,
    ],
    ['--service-account nosuch/default', 'The cluster has no service account nosuch/default.'],
    [
      '--namespace demo --workload deployment/nosuch',
      'The cluster has no Deployment/nosuch in namespace demo',
    ],
  ])('fails with 4 for %s, and says what is there', async (flags, message) => {
    await using podid = await emulatedPodid({ scenario: 'in-use' });
    const { exitCode, stdout, stderr } = await podid.run(`access ${flags}`);
    expect([exitCode, stdout]).toEqual([4, '']);
    expect(stderr).toMatch(message);
  });

  it('says unknown where nobody may list them', async () => {
    await using podid = await emulatedPodid({ scenario: 'in-use' });
    podid.emulator.kube.faults = {
      ...podid.emulator.kube.faults,
      deny: [{ resource: 'namespaces' }, { resource: 'serviceaccounts' }],
    };
    for (const flags of ['--namespace nosuch', '--service-account demo/nosuch']) {
      const { exitCode, stdout } = await podid.run(`access -o table ${flags}`);
      expect(exitCode).toBe(0);
      expect(stdout).toContain(`unknown: ${flags.startsWith('--n') ? 'namespaces' : 'service accounts'}. `);
    }
  });
});
