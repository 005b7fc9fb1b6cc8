import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { scaleSetId } from '../../src/emulator/scenarios/machine-parts.ts';
import { type Emulator, startEmulator } from '../../src/emulator/start-emulator.ts';
import { measured } from '../cluster/measured.ts';
import { assignments, azureIdentity, binding, carriedBy, count, pod, seedWeb, until } from './mic-world.ts';

interface Mic {
  readonly child: ChildProcess;
  readonly ended: Promise<number | null>;
  output(): string;
  errors(): string;
  /** Whether it leads, as its log says. */
  isLeading(): boolean;
}

const started: Mic[] = [];

afterEach(async () => {
  for (const { child, ended } of started.splice(0)) {
    child.kill('SIGCONT');
    child.kill('SIGKILL');
    await ended;
  }
});

/** The bundle, as it is shipped. */
function start(emulator: Emulator, ...flags: readonly string[]): Mic {
  const ports = ['--http-probe-port=0', '--prometheus-port=0', '--probe-address=127.0.0.1'];
  const argv = ['bin/podid-mic.js', ...flags, ...ports, '--metrics-address=127.0.0.1'];
  const env = { PATH: process.env['PATH'], ...emulator.environment, MIC_POD_NAMESPACE: 'kube-system' };
  const child = spawn(process.execPath, argv, { env });
  let [output, errors] = ['', ''];
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  child.stderr.on('data', (chunk) => {
    errors += chunk;
  });
  const mic: Mic = {
    child,
    ended: once(child, 'close').then(([code]) => code),
    output: () => output,
    errors: () => errors,
    isLeading: () => errors.lastIndexOf('"msg":"leading"') > errors.lastIndexOf('"msg":"no longer leading"'),
  };
  started.push(mic);
  return mic;
}

const lease = ({ kube }: Emulator) =>
  (kube.get('Lease', 'kube-system', 'podid-mic') as { spec?: { holderIdentity?: string } } | undefined)?.spec
    ?.holderIdentity;

async function twoOf(emulator: Emulator): Promise<readonly [Mic, Mic]> {
  const flags = ['--leader-election-duration=3s'];
  const one = start(emulator, '--leader-election-instance=one', ...flags);
  await until(() => one.isLeading() || undefined);
  const other = start(emulator, '--leader-election-instance=other', ...flags);
  await until(() => other.errors().includes('"listening"') || undefined);
  return [one, other];
}

const states = (emulator: Emulator) => assignments(emulator).map(({ status }) => status?.status);

describe('podid-mic as a process', () => {
  it('prints its version, its help, and what was meant', async () => {
    await using emulator = await startEmulator();
    const version = start(emulator, '--version');
    expect(await version.ended).toBe(0);
    expect(version.output()).toMatch(/^podid-mic \d+\.\d+\.\d+/);
    const help = start(emulator, '--help');
    expect(await help.ended).toBe(0);
    expect(help.output()).toContain('--removal-delay DURATION');
    const wrong = start(emulator, '--cloudconfg=x');
    expect(await wrong.ended).toBe(2);
    expect(wrong.errors()).toContain('Did you mean --cloudconfig?\nhint: podid-mic --help');
  });

  it.each([
    ['before 1.6.0', ['ResourceID', 'ClientID', 'AzureIdentity', 'Selector'], 0],
    ['in lower case, the type as text', ['resourceid', 'clientid', 'azureidentity', 'selector'], '0'],
  ] as const)('plans by objects as they were %s', async (_, [resource, client, identity, selector], type) => {
    const planned = async (...objects: readonly object[]) => {
      await using emulator = await startEmulator({ scenario: 'node-pools' });
      for (const object of [...objects, pod('shop-1', 'web'), pod('shop-2', 'nobody')]) {
        emulator.kube.seed(object as never);
      }
      const plan = start(emulator, 'plan', '--output=json');
      expect(await plan.ended, plan.errors()).toBe(0);
      return JSON.parse(plan.output());
    };
    const today = azureIdentity('web');
    const old = { type, [resource]: today.spec.resourceID, [client]: today.spec.clientID };
    const bound = binding('web', 'web');
    const expected = await planned(today, bound);
    expect(expected.assignments).toHaveLength(1);
    expect(
      await planned({ ...today, spec: old }, { ...bound, spec: { [identity]: 'web', [selector]: 'web' } }),
    ).toEqual(expected);
  });

  it.each([['plan'], ['--forceNamespaced=true'], []].map((flags) => [flags] as const))(
    'ends with 2 when it knows no API server: %j',
    async (flags) => {
      await using emulator = await startEmulator();
      const lost = start({ ...emulator, environment: {} }, ...flags);
      expect(await lost.ended).toBe(2);
      expect(lost.errors()).toContain(
        'podid-mic: KUBERNETES_SERVICE_HOST is not set.\nhint: Kubernetes sets KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT in every pod. Elsewhere pass --kubeconfig.\n',
      );
    },
  );

  it('prints what it would do, and does nothing', async () => {
    await using emulator = await startEmulator({ scenario: 'node-pools' });
    seedWeb(emulator);
    emulator.kube.seed(pod('shop-1', 'web') as never);
    emulator.kube.seed(pod('shop-2', 'nobody') as never);
    const text = start(emulator, 'plan');
    expect(await text.ended).toBe(0);
    expect(text.errors(), 'a person reads it').toBe('');
    expect(text.output().split('\n')).toEqual([
      'create   AzureAssignedIdentity demo/shop-1-demo-web (Created)',
      expect.stringMatching(/^add {6}\/subscriptions\/.*\/web to \/subscriptions\/.*vmss$/),
      'nothing  for pod demo/shop-2: No AzureIdentityBinding with selector nobody applies to pods of namespace demo.',
      '',
    ]);
    const json = start(emulator, 'plan', '--output=json');
    await json.ended;
    expect(JSON.parse(json.output())).toMatchObject({
      assignments: [{ action: 'create', namespace: 'demo', name: 'shop-1-demo-web', state: 'Created' }],
      machines: [{ id: scaleSetId('nodepool1').toLowerCase(), remove: [] }],
      pods: [{ namespace: 'demo', name: 'shop-2' }],
    });
    expect(assignments(emulator)).toEqual([]);
    expect(count(emulator, 'machines.patch')).toBe(0);
    expect(lease(emulator)).toBeUndefined();
  });

  it.each(['SIGTERM', 'SIGHUP'] as const)(
    'gives the lease back on %s, ends with 0, and the other one goes on',
    async (signal) => {
      await using emulator = await startEmulator({ scenario: 'node-pools' });
      seedWeb(emulator);
      const [one, other] = await twoOf(emulator);
      const beganMs = performance.now();
      one.child.kill(signal);
      expect(await one.ended).toBe(0);
      emulator.kube.seed(pod('shop-1', 'web') as never);
      await until(() => other.isLeading() || undefined);
      measured(
        'mic',
        `${signal} of the leader to the next lead: ${Math.round(performance.now() - beganMs)} ms`,
      );
      await until(() => states(emulator).includes('Assigned') || undefined);
      expect(lease(emulator)).toMatch(/^other_/);
    },
  );

  it('is killed while a change runs: the other one waits for its end, sends nothing again, and owns it', async () => {
    await using emulator = await startEmulator({ scenario: 'node-pools' });
    Object.assign(emulator.world.settings, { operationMs: [8_000, 8_000], operationPolls: 0 });
    seedWeb(emulator);
    emulator.kube.seed(pod('shop-1', 'web') as never);
    const [one, other] = await twoOf(emulator);
    await until(() => count(emulator, 'machines.patch') === 1 || undefined);
    one.child.kill('SIGKILL');
    const beganMs = performance.now();
    await until(() => other.isLeading() || undefined);
    measured(
      'mic',
      `SIGKILL of the leader to the next lead, lease 3 s: ${Math.round(performance.now() - beganMs)} ms`,
    );
    expect(carriedBy(emulator)).toContain('web');
    await until(() => states(emulator).includes('Assigned') || undefined);
    expect(count(emulator, 'machines.patch')).toBe(1);
    const ledger = emulator.kube.get('ConfigMap', 'kube-system', 'podid-mic-ledger') as
      | { data?: object }
      | undefined;
    expect(JSON.parse(String(Object.values(ledger?.data ?? {})[0]))).toMatchObject({
      epoch: 2,
      identities: [expect.stringContaining('/web')],
      machines: { [scaleSetId('nodepool1').toLowerCase()]: { on: [0] } },
    });
  });

  it('is stopped between a decision and the change, and goes on when another one leads: it sends none', async () => {
    await using emulator = await startEmulator({ scenario: 'node-pools' });
    seedWeb(emulator);
    const [one, other] = await twoOf(emulator);
    emulator.kube.seed(pod('shop-1', 'web') as never);
    // It gathers for half a second what else is wanted.
    await until(() => states(emulator).includes('Created') || undefined);
    one.child.kill('SIGSTOP');
    await until(() => other.isLeading() || undefined);
    await until(() => states(emulator).includes('Assigned') || undefined);
    one.child.kill('SIGCONT');
    await until(() => (one.errors().includes('no longer leading') && !one.isLeading()) || undefined);
    emulator.kube.remove('Pod', 'demo', 'shop-1');
    await until(() => assignments(emulator).length === 0 || undefined);
    expect(count(emulator, 'machines.patch')).toBe(1);
    expect(lease(emulator)).toMatch(/^other_/);
  });

  it('is stopped, and goes on when another one leads: it writes nothing, and stands by', async () => {
    await using emulator = await startEmulator({ scenario: 'node-pools' });
    seedWeb(emulator);
    const [one, other] = await twoOf(emulator);
    one.child.kill('SIGSTOP');
    await until(() => other.isLeading() || undefined);
    emulator.kube.seed(pod('shop-1', 'web') as never);
    await until(() => states(emulator).includes('Assigned') || undefined);
    const patches = count(emulator, 'machines.patch');
    one.child.kill('SIGCONT');
    await until(() => (one.errors().includes('no longer leading') && !one.isLeading()) || undefined);
    expect(lease(emulator)).toMatch(/^other_/);
    emulator.kube.remove('Pod', 'demo', 'shop-1');
    await until(() => assignments(emulator).length === 0 || undefined);
    expect(count(emulator, 'machines.patch')).toBe(patches);
    expect(other.isLeading()).toBe(true);
  });
});
