import { describe, expect, it } from 'vitest';
import { identityId } from './emulated-podid.ts';
import { annotationsOf } from './exchange-emulator.ts';
import { all, enable, installed, rolesOf, workload } from './workload-emulator.ts';

const tenantId = '00000000-0000-4000-8000-00000000aaaa';

describe('podid exchange --subject workload on the emulator', () => {
  it('trusts each account of an identity, gives the agent the right to make its tokens, and takes both back', async () => {
    await using podid = await installed('workload', [
      ...workload('web', 'web', 'web'),
      ...workload('worker', 'web', 'worker'),
    ]);
    const planned = await podid.run('exchange enable --identity demo/web --subject workload --dry-run');
    expect(JSON.parse(planned.stdout).changes).toMatchObject([
      {
        action: 'add',
        kind: 'tokenRole',
        namespace: 'demo',
        after: { serviceAccounts: ['web', 'worker'] },
      },
      { kind: 'federatedCredential', after: { subject: 'system:serviceaccount:demo:web' } },
      { kind: 'federatedCredential', after: { subject: 'system:serviceaccount:demo:worker' } },
      { kind: 'tokenSource', after: { source: 'exchange', subject: 'workload' } },
    ]);
    const ran = await podid.run(`${enable} --identity demo/web`);
    expect(ran.exitCode, ran.stderr).toBe(0);
    expect(JSON.parse(ran.stdout)).toMatchObject([
      {
        name: 'web',
        source: 'exchange',
        state: 'exchange',
        subject: expect.stringMatching(/^system:serviceaccount:demo:web, system:serviceaccount:demo:worker$/),
        tokenOf: 'workload',
      },
    ]);
    expect(annotationsOf(podid, 'web')).toMatchObject({
      'podid.io/token-source': 'exchange',
      'podid.io/exchange-subject': 'workload',
      'podid.io/tenant-id': tenantId,
    });
    expect(podid.count('federatedCredentials.put')).toBe(2);
    expect(podid.count('entra.token')).toBe(2 * 3);
    expect(rolesOf(podid)).toEqual(['demo: web, worker']);

    expect(ran.stderr).not.toContain("the agent's account, too");
    const before = podid.emulator.requests.length;
    const again = await podid.run(`${enable} --identity demo/web`);
    expect(again.stderr).toContain('Nothing to change');
    const writes = podid.emulator.requests
      .slice(before)
      .filter(({ method, path }) => method !== 'GET' && !path.includes('/listCluster'));
    expect(writes).toEqual([]);

    const back = await podid.run('exchange disable --identity demo/web --revoke-trust --yes -o json');
    expect(back.exitCode, back.stderr).toBe(0);
    expect(rolesOf(podid)).toEqual([]);
    expect(podid.count('federatedCredentials.delete')).toBe(2);
  });

  it('notices a new account, and a role or its binding that somebody deleted', async () => {
    await using podid = await installed('workload', workload('web', 'web', 'web'));
    await podid.json(`${enable} --identity demo/web`);
    podid.emulator.seed({ kubernetes: workload('worker', 'web', 'worker') } as never);
    const status = async () =>
      JSON.parse((await podid.run('exchange status --identity demo/web -o json')).stdout)[0];
    expect(await status()).toMatchObject({
      state: 'untrusted',
      reason: expect.stringMatching(/^NoCredential: .*demo:worker/),
    });
    const mended = await podid.run(`${enable} --identity demo/web`);
    expect(mended.exitCode, mended.stderr).toBe(0);
    expect(await status()).toMatchObject({ state: 'exchange' });
    expect(rolesOf(podid)).toEqual(['demo: web, worker']);
    for (const plural of ['roles', 'rolebindings']) {
      podid.emulator.kube.remove(plural, 'demo', 'kube-system-podid-nmi-exchange');
      expect(await status()).toMatchObject({
        state: 'untrusted',
        reason: expect.stringMatching(/^NoRole: /),
      });
      await podid.json(`${enable} --identity demo/web`);
      expect(await status()).toMatchObject({ state: 'exchange' });
      expect(all(podid, plural).map(({ metadata }) => metadata.name)).toContain(
        'kube-system-podid-nmi-exchange',
      );
    }
  });

  it.each([
    ['SaDefault', workload('jobs', 'jobs', 'default')],
    ['NoWorkload', []],
  ])('leaves the one alone that cannot (%s), and switches the other', async (code, objects) => {
    await using podid = await installed('workload', [...workload('web', 'web', 'web'), ...objects]);
    const planned = await podid.run(`${enable} --dry-run`);
    expect([planned.exitCode, JSON.parse(planned.stdout).stopped]).toEqual([
      0,
      [{ kind: 'AzureIdentity', namespace: 'demo', name: 'jobs', code }],
    ]);
    const ran = await podid.run(enable);
    expect(ran.exitCode, ran.stderr).toBe(8);
    expect(JSON.parse(ran.stdout)).toMatchObject([
      { name: 'jobs', source: 'imds', state: 'blocked', reason: expect.stringMatching(`^${code}: `) },
      { name: 'web', source: 'exchange', state: 'exchange' },
    ]);
    expect(rolesOf(podid)).toEqual(['demo: web']);
  });

  it('goes from the agent’s token to the pods’ and back, one identity at a time', async () => {
    await using podid = await installed('workload', workload('web', 'web', 'web'));
    const byAgent = enable.replace('workload', 'agent');
    await podid.json(`${byAgent} --identity demo/web`);
    expect(annotationsOf(podid, 'web')).toMatchObject({ 'podid.io/exchange-subject': 'agent' });
    expect(rolesOf(podid)).toEqual([]);
    const ran = await podid.run(`${enable} --identity demo/web`);
    expect(ran.exitCode, ran.stderr).toBe(0);
    expect(ran.stderr).toMatch(
      /demo\/web: .* still trusts the agent's account, too, by .* podid-[0-9a-f]{12},/,
    );
    expect(annotationsOf(podid, 'web')).toMatchObject({ 'podid.io/exchange-subject': 'workload' });
    expect(rolesOf(podid)).toEqual(['demo: web']);
    await podid.json(`${byAgent} --identity demo/web`);
    expect(annotationsOf(podid, 'web')).toMatchObject({ 'podid.io/exchange-subject': 'agent' });
    expect(rolesOf(podid)).toEqual([]);
  });

  it('names those for whom there is no room among the twenty', async () => {
    await using podid = await installed('workload', [
      ...workload('web', 'web', 'web'),
      ...workload('worker', 'web', 'worker'),
    ]);
    for (let at = 0; at < 19; at += 1) {
      const properties = {
        issuer: 'https://other/',
        subject: `${at}`,
        audiences: ['api://AzureADTokenExchange'],
      };
      const id = `${identityId('web')}/federatedIdentityCredentials/fic-${at}`;
      podid.emulator.seed({ federatedCredentials: [{ id, name: `fic-${at}`, properties }] });
    }
    const ran = await podid.run(`${enable} --identity demo/web`);
    expect(ran.exitCode, ran.stderr).toBe(8);
    expect(JSON.parse(ran.stdout)).toMatchObject([
      { reason: expect.stringMatching(/^LimitReached: .*no room for system:serviceaccount:demo:worker/) },
    ]);
    expect(podid.count('federatedCredentials.put')).toBe(0);
    expect(rolesOf(podid)).toEqual([]);
  });

  it('stops where the agent is not confined, and says how it comes to be', async () => {
    await using podid = await installed('agent', workload('web', 'web', 'web'));
    const ran = await podid.run(`${enable} --identity demo/web`);
    expect(ran.exitCode).toBe(5);
    expect(ran.stderr).toMatch(
      /NoGuard: ValidatingAdmissionPolicy kube-system-podid-nmi-own-pods is not there/,
    );
    expect(ran.stderr).toContain('--set podid.exchange.subject=workload');
    expect(podid.count('federatedCredentials.put')).toBe(0);
  });

  it('refuses to take the pods of other nodes from an agent that could not act as its own', async () => {
    await using podid = await installed('workload', []);
    const own = '--set podid.exchange.podsOfOwnNode=true --yes --no-wait';
    const image = '--set podid.image.repository=registry.example.net/podid --set podid.exchange.enabled=true';
    const byAgent = await podid.run(`nmi install ${image} ${own}`);
    expect(byAgent.exitCode).toBe(2);
    expect(byAgent.stderr).toContain('podid.exchange.podsOfOwnNode needs podid.exchange.subject: workload');
    const workloads = `nmi install ${image} --set podid.exchange.subject=workload ${own}`;
    const old = await podid.run(workloads);
    expect(old.exitCode, old.stderr).toBe(5);
    expect(old.stderr).toMatch(/podsOfOwnNode needs Kubernetes 1\.36 or later \(this is 1\.\d+\)/);
    expect(old.stderr).toContain('--set podid.exchange.podsOfOwnNode=false');
    const without = await podid.run(workloads.replace('podsOfOwnNode=true', 'podsOfOwnNode=false'));
    expect(without.exitCode, without.stderr).toBe(0);
  });

  it('takes rights away that an earlier run left, and those of identities that are gone', async () => {
    await using podid = await installed('workload', workload('web', 'web', 'web'));
    await podid.json(`${enable} --identity demo/web`);
    const ofAgent = ['roles', 'rolebindings'].flatMap((plural) =>
      all(podid, plural).filter(({ metadata }) => metadata.name === 'kube-system-podid-nmi-exchange'),
    );
    const kept = structuredClone(ofAgent);
    const disable = 'exchange disable --yes -o json';
    await podid.json(disable);
    expect(rolesOf(podid)).toEqual([]);
    podid.emulator.seed({ kubernetes: kept } as never);
    expect(rolesOf(podid)).toEqual(['demo: web']);
    await podid.json(disable);
    expect(rolesOf(podid)).toEqual([]);
    podid.emulator.seed({ kubernetes: kept } as never);
    for (const { metadata } of all(podid, 'azureidentities')) {
      podid.emulator.kube.remove('azureidentities', metadata.namespace ?? '', metadata.name);
    }
    podid.emulator.kube.faults.deny = [{ verb: 'list', resource: 'roles' }];
    expect((await podid.run(disable)).stderr).toMatch(/rights left .* is not known.* list roles/);
    podid.emulator.kube.faults.deny = [];
    await podid.json(disable);
    expect(rolesOf(podid)).toEqual([]);
    expect((await podid.run(disable)).stderr).toContain('Nothing to change');
  });

  it('leaves no right to an agent that is uninstalled, and takes it away before the policies', async () => {
    await using podid = await installed('workload', workload('web', 'web', 'web'));
    await podid.json(`${enable} --identity demo/web`);
    const before = podid.emulator.kube.requests.length;
    const ran = await podid.run('nmi uninstall --yes');
    expect(ran.stderr).toContain('Removing RoleBinding kube-system-podid-nmi-exchange');
    expect(rolesOf(podid)).toEqual([]);
    const deleted = podid.emulator.kube.requests
      .slice(before)
      .filter(({ verb }) => verb === 'delete')
      .map(({ resource, name }) => `${resource} ${name}`);
    expect(deleted.slice(0, 2)).toEqual([
      'rolebindings kube-system-podid-nmi-exchange',
      'roles kube-system-podid-nmi-exchange',
    ]);
    expect(deleted).toContain('validatingadmissionpolicybindings kube-system-podid-nmi-own-pods');
  });

  it('takes rights away, and gives none, once nothing confines the agent', async () => {
    await using podid = await installed('workload', [
      ...workload('web', 'web', 'web'),
      ...workload('jobs', 'jobs', 'jobs'),
    ]);
    await podid.json(enable);
    expect(rolesOf(podid)).toEqual(['demo: jobs, web']);
    podid.emulator.kube.remove('validatingadmissionpolicies', '', 'kube-system-podid-nmi-own-pods');
    podid.emulator.seed({ kubernetes: workload('worker', 'web', 'worker') } as never);
    const untyped = enable.replace(' --subject workload', '');
    const ran = await podid.run(untyped);
    expect(ran.exitCode, ran.stderr).toBe(8);
    expect(JSON.parse(ran.stdout)).toMatchObject([
      { name: 'jobs', state: 'untrusted', reason: expect.stringMatching(/^NoGuard: /) },
      { name: 'web', state: 'untrusted', reason: expect.stringMatching(/^NoGuard: /) },
    ]);
    expect(podid.count('federatedCredentials.put')).toBe(2);
    expect(rolesOf(podid)).toEqual(['demo: jobs, web']);
    await podid.json('exchange disable --identity demo/jobs --yes -o json');
    expect(rolesOf(podid)).toEqual(['demo: web']);
    for (const plural of ['rolebindings', 'roles']) {
      podid.emulator.kube.remove(plural, 'demo', 'kube-system-podid-nmi-exchange');
    }
    await podid.run(untyped);
    await podid.json('exchange disable --identity demo/jobs --yes -o json');
    expect(rolesOf(podid)).toEqual([]);
  });
});
