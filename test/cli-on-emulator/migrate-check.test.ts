import { describe, expect, it } from 'vitest';
import type { EmulatedPodid } from './emulated-podid.ts';
import { fastClock } from './exchange-emulator.ts';
import { lastCommand, ownedWorld } from './migration-worlds.ts';
import { typeOthers } from './type-others.ts';

interface Checked {
  readonly result: string;
  readonly passed: number;
  readonly reason?: string;
  readonly hint?: string;
}

const quick = '--rounds 3 --over 30ms';

async function checkOf(podid: EmulatedPodid, more = ''): Promise<readonly [number, readonly Checked[]]> {
  const { exitCode, stdout } = await podid.run(`migrate check ${quick} -o json ${more}`.trim());
  return [exitCode, JSON.parse(stdout) as readonly Checked[]];
}

async function trustedWorld(): Promise<EmulatedPodid> {
  const podid = await ownedWorld();
  const { workloads } = (await podid.json('migrate plan -o json')) as { workloads: { next: string }[] };
  await typeOthers(podid, lastCommand(workloads[0]?.next));
  return podid;
}

function tokensOf({ emulator }: EmulatedPodid): number {
  return emulator.requests.filter(({ path }) => path.endsWith('/oauth2/v2.0/token')).length;
}

describe('podid migrate check on the emulator', () => {
  it('exchanges so often as it was asked, whose token comes it compares, and changes nothing', async () => {
    await using podid = await trustedWorld();
    const [before, kubeBefore] = [podid.emulator.requests.length, podid.emulator.kube.requests.length];
    expect(await checkOf(podid, '--namespace demo --workload deployment/web')).toEqual([
      0,
      [
        {
          kind: 'Deployment',
          namespace: 'demo',
          name: 'web',
          identity: 'demo/web',
          subject: 'system:serviceaccount:demo:web',
          result: 'pass',
          passed: 3,
          refused: 0,
        },
      ],
    ]);
    expect(tokensOf(podid)).toBe(3);
    const written = podid.emulator.requests
      .slice(before)
      .filter(({ method, path }) => method !== 'GET' && !/\/listCluster|\/token$/.test(path));
    expect(written).toEqual([]);
    const verbs = podid.emulator.kube.requests
      .slice(kubeBefore)
      .map(({ verb, resource }) => `${verb} ${resource}`);
    expect(verbs.filter((each) => !/^(?:list|get) /.test(each))).toEqual(['create serviceaccounts/token']);
  });

  it('asks Entra nothing for whom an identity does not trust: named it fails, else it is left out', async () => {
    await using podid = await ownedWorld();
    const reason = expect.stringContaining(
      'NotTrusted: the identity has no federated credential of system:serviceaccount:demo:web',
    );
    expect(await checkOf(podid, '--workload deployment/web')).toMatchObject([
      10,
      [{ result: 'fail', reason }],
    ]);
    expect(await checkOf(podid)).toMatchObject([0, [{ result: 'skip', reason }]]);
    expect(tokensOf(podid)).toBe(0);
  });

  it('warns where nothing was tried, and says nothing of exchanges', async () => {
    await using podid = await ownedWorld();
    for (const namespace of ['demo', 'nowhere']) {
      const { exitCode, stderr } = await podid.run(`migrate check ${quick} --namespace ${namespace}`);
      expect(exitCode).toBe(0);
      expect(stderr).toContain('warning: Nothing was exchanged, and nothing is proved');
      expect(stderr).toContain('podid migrate plan -g demo-rg -c demo');
      expect(stderr).toContain(`--namespace ${namespace}`);
      expect(stderr).not.toContain('Exchanging');
    }
    const chosen = await podid.run(`migrate check ${quick} --workload deployment/web`);
    expect(chosen.stderr).not.toContain('nothing is proved');
  });

  it('sends Entra nothing where Azure names no tenant of the identity', async () => {
    await using podid = await trustedWorld();
    for (const [id, identity] of podid.emulator.world.identities) {
      const { tenantId: _, ...properties } = identity['properties'] as { tenantId: string };
      podid.emulator.world.identities.set(id, { ...identity, properties });
    }
    const { workloads } = (await podid.json('migrate plan -o json')) as { workloads: readonly object[] };
    expect(workloads).toMatchObject([{ state: 'blocked(NoTenant)' }]);
    expect(await checkOf(podid, '--workload deployment/web')).toMatchObject([
      10,
      [{ result: 'fail', passed: 0, reason: expect.stringMatching(/^NoTenant: Azure does not say/) }],
    ]);
    const fromPod = '--workload deployment/web --from-pod --image registry.example.net/podid:1';
    expect(await checkOf(podid, fromPod)).toMatchObject([
      10,
      [{ result: 'fail', reason: expect.stringMatching(/^NoTenant: /) }],
    ]);
    expect(tokensOf(podid)).toBe(0);
  });

  it('fails with what the cluster says where no token of the account may be made', async () => {
    await using podid = await trustedWorld();
    podid.emulator.kube.faults = {
      ...podid.emulator.kube.faults,
      deny: [{ verb: 'create', resource: 'serviceaccounts/token' }],
    };
    expect(await checkOf(podid)).toMatchObject([
      10,
      [{ result: 'fail', reason: expect.stringMatching(/^Forbidden: .*serviceaccounts\/token/) }],
    ]);
  });

  it('fails where the credential is of an issuer that the cluster no longer has', async () => {
    await using podid = await trustedWorld();
    const { PODID_ARM_ENDPOINT: url, PODID_EMULATOR_KEY: key = '' } = podid.emulator.environment;
    const headers = { 'podid-emulator-key': key, 'content-type': 'application/json' };
    await fetch(`${url}/_podid/issuer`, { method: 'PUT', headers, body: '{"change": true}' });
    expect(await checkOf(podid, '--workload deployment/web')).toMatchObject([
      10,
      [{ result: 'fail', reason: expect.stringContaining('NotTrusted') }],
    ]);
  });

  it('refuses what is no workload, and finds none that has no pod identity', async () => {
    await using podid = await ownedWorld();
    const wrong = await podid.run('migrate check --workload web --rounds 0 --over soon');
    expect(wrong.exitCode).toBe(2);
    for (const text of ['"web" is not KIND/NAME', '--rounds', '--over']) {
      expect(wrong.stderr).toContain(text);
    }
    expect((await podid.run(`migrate check ${quick} --workload deploy/none`)).exitCode).toBe(4);
  });

  it('is a table with the reasons below it', async () => {
    await using podid = await ownedWorld();
    const { stdout } = await podid.run(`migrate check ${quick} -o table`);
    expect(stdout).toMatch(
      /^NAMESPACE +WORKLOAD +IDENTITY +RESULT +PASSED +REFUSED\ndemo +Deployment\/web +demo\/web +skip +0 +0\n/,
    );
    expect(stdout).toMatch(/\ndemo Deployment\/web: NotTrusted: .*\n {2}→ podid migrate apply .*\n$/);
  });

  it.each(['', ' --from-pod'])('names what makes the trust, and then it is there%s', async (how) => {
    await using podid = await ownedWorld({ clock: fastClock() });
    const [, [checked]] = await checkOf(podid, `--workload deployment/web${how}`);
    const typed = (checked?.hint ?? '').replace(/^podid /, '');
    expect(typed).toMatch(/^migrate apply .*--workload Deployment\/web --until trusted$/);
    const ran = await podid.run(`${typed} --yes ${quick}`);
    expect(ran.exitCode, ran.stderr).toBe(0);
    expect(await checkOf(podid, 'deployment/web')).toMatchObject([0, [{ result: 'pass' }]]);
  });
});
