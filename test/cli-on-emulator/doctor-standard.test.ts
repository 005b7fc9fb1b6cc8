import { describe, expect, it } from 'vitest';
import type { CheckResult } from '../../src/workflows/doctor/check.ts';
import { checkList } from '../../src/workflows/doctor/check-list.ts';
import { type EmulatedPodid, emulatedPodid } from './emulated-podid.ts';
import { commandsIn } from './hint-commands.ts';
import { type StandardFault, seedController, seedUpstream, standardFaults } from './standard-faults.ts';
import { putOn, seedAssignment, settle, soloId } from './standard-world.ts';

describe('a healthy cluster in standard mode', () => {
  it.each([
    'doctor -g demo-rg -c demo -o json',
    'doctor -g demo-rg -c demo --namespace demo --pod jobs-1 -o json',
  ])('has nothing that "%s" fails or warns of', async (line) => {
    await using podid = await standardPodid();
    const { checks, exitCode } = await examine(podid, line);
    const notPassed = checks.filter(({ result }) => result !== 'pass').map(({ name }) => name);
    // Nobody has asked for a token, and the identities have no role.
    expect([notPassed, exitCode]).toEqual([['token', 'own-roles'], 0]);
    expect(podid.emulator.requests.filter(({ method }) => method !== 'GET')).toEqual([]);
    expect(checks.find(({ name }) => name === 'node-pools')?.message).toBe('All node pools are Linux.');
  });

  it('needs no identity on machines whose pods ask for none', async () => {
    await using podid = await standardPodid();
    const { kube } = podid.emulator;
    kube.remove('pods', 'demo', 'jobs-1');
    kube.remove('azureassignedidentities', 'demo', 'jobs-1-demo-jobs');
    putOn(podid.emulator, soloId(podid.emulator));
    expect(failed((await examine(podid, 'doctor -o json')).checks)).toEqual([]);
  });

  it('takes the binding of another namespace where the controller does', async () => {
    await using podid = await standardPodid(
      faultCalled('a binding of another namespace, which the controller confines'),
    );
    seedController(podid.emulator, 'FORCENAMESPACED', 'false');
    const { kube } = podid.emulator;
    const binding = kube.get('azureidentitybindings', 'shop', 'web-binding');
    const identity = kube.get('azureidentities', 'demo', 'web');
    const found = kube.get('azureassignedidentities', 'demo', 'web-1-demo-web');
    if (identity && found) {
      const moved = { ...identity, metadata: { ...identity.metadata, namespace: 'shop' } };
      kube.seed(moved);
      const spec = { ...(found.spec as object), azureIdentityRef: moved, azureBindingRef: binding };
      kube.seed({ ...found, metadata: { ...found.metadata, namespace: 'default' }, spec });
    }
    expect(failed((await examine(podid)).checks)).toEqual([]);
  });

  it('skips the machines where nobody has assigned anything yet', async () => {
    await using podid = await standardPodid();
    const { kube } = podid.emulator;
    kube.remove('leases', 'kube-system', 'podid-mic');
    for (const name of ['web', 'jobs']) {
      kube.remove('azureassignedidentities', 'demo', `${name}-1-demo-${name}`);
    }
    const { checks } = await examine(podid);
    expect(checks.find(({ name }) => name === 'node-identities')).toMatchObject({
      result: 'skip',
      message: 'No identity is assigned to the pods here yet, so that their machines need none.',
    });
    expect(failed(checks)).toEqual(['controller']);
  });

  it('is at work on a pod that has just come', async () => {
    await using podid = await standardPodid();
    seedAssignment(podid.emulator, 'web', { state: 'Created', ageMs: 20_000 });
    const { checks } = await examine(podid);
    expect(failed(checks)).toEqual([]);
    expect(checks.find(({ name }) => name === 'assignments')).toMatchObject({
      result: 'warn',
      message: 'The controller is at work on demo/web-1 (identity demo/web).',
    });
  });

  it("is well with upstream's MIC too, which writes no uid of a pod", async () => {
    await using podid = await standardPodid();
    const { kube } = podid.emulator;
    kube.remove('leases', 'kube-system', 'podid-mic');
    seedUpstream(podid.emulator, 1000);
    const found = kube.get('azureassignedidentities', 'demo', 'web-1-demo-web');
    if (found) {
      kube.seed({ ...found, metadata: { ...found.metadata, annotations: {} } });
    }
    expect(failed((await examine(podid)).checks)).toEqual([]);
  });
});

describe('a fault of standard mode', () => {
  it.each(standardFaults.map((fault) => [fault.what, fault] as const))(
    'is found and named by its own check alone: %s',
    async (_what, fault) => {
      await using podid = await standardPodid(fault);
      const { checks, exitCode } = await examine(podid);
      expect(failed(checks)).toEqual([fault.check]);
      const found = checks.find(({ name }) => name === fault.check);
      expect(found?.message).toMatch(fault.title);
      expect(String(found?.hint)).toMatch(fault.hint);
      expect(exitCode).toBe(10);
      for (const line of commandsIn(String(found?.hint))) {
        const typed = await podid.run(line);
        expect(typed.exitCode, `podid ${line.join(' ')}: ${typed.stderr}`).toBe(0);
      }
    },
  );

  it.each(standardFaults.map((fault, at) => [fault.what, fault, standardFaults.slice(at + 1)] as const))(
    'is found beside each other one: %s',
    async (_what, fault, others) => {
      for (const other of others.filter(({ check }) => check !== fault.check)) {
        await using podid = await standardPodid(fault, other);
        const found = failed((await examine(podid, 'doctor --namespace demo -o json')).checks);
        const both = new Set([fault.check, other.check]);
        const open = [...both].filter((name) => !isBehind(name, both) && !isHidden(name, fault, other));
        expect([...found].sort(), `${fault.what}, and ${other.what}`).toEqual(open.sort());
      }
    },
    120_000,
  );

  it.each([
    [{ resource: 'leases' }, 'controller', 'get leases.coordination.k8s.io in namespace kube-system'],
    [{ resource: 'azureassignedidentities' }, 'assignments', 'list azureassignedidentities'],
  ])('that may not be seen (%j) is skipped with the right that is missing', async (rule, check, right) => {
    await using podid = await standardPodid();
    podid.emulator.kube.faults = { ...podid.emulator.kube.faults, deny: [rule] };
    const { checks, exitCode } = await examine(podid);
    expect(checks.find(({ name }) => name === check)).toMatchObject({
      result: 'skip',
      message: expect.stringContaining(right),
    });
    expect([failed(checks), exitCode]).toEqual([[], 0]);
  });
});

/** A node that names no machine has no assignments that could be judged; what nobody assigned is missing nowhere. */
function isHidden(name: string, ...pair: readonly StandardFault[]): boolean {
  const checks = pair.map(({ check }) => check);
  return (
    (['assignments', 'node-identities'].includes(name) && checks.includes('node-machines')) ||
    (name === 'node-identities' && (checks.includes('assignments') || checks.includes('selector')))
  );
}

function isBehind(name: string, others: ReadonlySet<string>): boolean {
  const behind = checkList.find((check) => check.name === name)?.behind ?? [];
  return behind.some((before) => others.has(before) || isBehind(before, others));
}

function faultCalled(what: string): StandardFault {
  const found = standardFaults.find((fault) => fault.what === what);
  if (found === undefined) {
    throw new Error(`There is no fault called ${what}.`);
  }
  return found;
}

async function standardPodid(...seeded: readonly StandardFault[]): Promise<EmulatedPodid> {
  const podid = await emulatedPodid({ scenario: 'standard-mode' });
  settle(podid.emulator);
  for (const { seed } of seeded) {
    seed(podid.emulator);
  }
  return podid;
}

async function examine(
  podid: EmulatedPodid,
  line = 'doctor --namespace demo --pod web-1 -o json',
): Promise<{ readonly checks: CheckResult[]; readonly exitCode: number }> {
  const { stdout, stderr, exitCode } = await podid.run(line);
  expect(stdout, stderr).not.toBe('');
  return { checks: (JSON.parse(stdout) as { checks: CheckResult[] }).checks, exitCode };
}

function failed(checks: readonly CheckResult[]): string[] {
  return checks.filter(({ result }) => result === 'fail').map(({ name }) => name);
}
