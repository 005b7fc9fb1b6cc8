import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it, vi } from 'vitest';
import type { FaultEffect } from '../../src/emulator/faults.ts';
import { scaleSetId } from '../../src/emulator/scenarios/machine-parts.ts';
import { identityId } from '../../src/emulator/scenarios/scenario-parts.ts';
import { type Emulator, startEmulator } from '../../src/emulator/start-emulator.ts';
import { assignments, carriedBy, pod } from './mic-world.ts';

const scaleSet = scaleSetId('nodepool1');
interface Mics extends AsyncDisposable {
  start(): void;
  /** All of them, and waits until they are gone. */
  kill(): Promise<void>;
}

/** The bundle, as it is shipped; whoever is killed is replaced two seconds later. */
function micsOf(emulator: Emulator): Mics {
  const running: { readonly child: ChildProcess; readonly ended: Promise<unknown> }[] = [];
  const argv = [
    ...['bin/podid-mic.js', '--http-probe-port=0', '--prometheus-port=0', '--probe-address=127.0.0.1'],
    ...['--metrics-address=127.0.0.1', '--leader-election-duration=2s', '--removal-delay=1s'],
    '--identity-assignment-reconcile-interval=1s',
  ];
  const env = { PATH: process.env['PATH'], ...emulator.environment, MIC_POD_NAMESPACE: 'kube-system' };
  const kill = async () => {
    for (const { child, ended } of running.splice(0)) {
      child.kill('SIGKILL');
      await ended;
    }
  };
  return {
    start() {
      const child = spawn(process.execPath, argv, { env, stdio: 'ignore' });
      running.push({ child, ended: once(child, 'close') });
    },
    kill,
    [Symbol.asyncDispose]: kill,
  };
}

/** Several run side by side, each with waits of its own. */
const until = (isTrue: () => boolean) =>
  vi.waitFor(() => expect(isTrue(), String(isTrue)).toBe(true), { timeout: 120_000, interval: 20 });

const conflict = { error: { code: 'Conflict', message: 'Another operation is in progress.' } };
const html = '<html><head><title>Sign in</title></head></html>';
const soon = { 'Retry-After': '1' };

/**
 * What a killed leader has sent is done before another one leads, since that waits for the lease: here two seconds, and
 * fifteen by default, in which Azure has long taken or refused it.
 */
const slowMs = 1_000;

const patches: readonly (readonly [string, FaultEffect])[] = [
  ['is slow', { delayMs: slowMs }],
  ['is not answered', { hang: true }],
  ['is done, and its answer lost', { drop: true, when: 'after' }],
  ['is done, and answered with half of it', { truncate: true }],
  ['is done, and answered without an eTag', { withoutETag: true }],
  ['is done, and answered with 500', { status: 500, when: 'after' }],
  ['is done, and answered with a page of a proxy', { status: 200, text: html, when: 'after' }],
  ['is answered with a page of a proxy, and not done', { status: 200, text: html }],
  ['is answered with 202 and nothing to follow, and not done', { status: 202, text: '' }],
  ['meets 409', { status: 409, body: conflict }],
  ['meets 412', { status: 412 }],
  ['meets 429', { status: 429, headers: soon }],
  ['meets 503', { status: 503, headers: soon }],
];
const reads: readonly (readonly [string, FaultEffect])[] = [
  ['meets 404', { status: 404 }],
  ['is cut', { drop: true }],
  ['is answered by half', { truncate: true }],
  ['is answered with a page of a proxy', { status: 200, text: html }],
  ['is answered with an empty list', { status: 200, body: { value: [] } }],
];

describe.concurrent('podid-mic, killed in the midst of it', () => {
  it.each([
    ...patches.map(([what, effect]) => [`a change ${what}`, 'machines.patch', effect] as const),
    ...reads.map(([what, effect]) => [`a list ${what}`, 'machines.list', effect] as const),
  ])(
    '%s: the next one ends what is to be done, and takes nothing of others',
    async (_what, operation, effect) => {
      await using emulator = await startEmulator({ scenario: 'standard-mode' });
      await using mics = micsOf(emulator);
      Object.assign(emulator.world.settings, { operationMs: [500, 500], operationPolls: 0 });
      const machine = emulator.world.machines.get(scaleSet.toLowerCase()) as {
        identity: { userAssignedIdentities: Record<string, object> };
      };
      machine.identity.userAssignedIdentities[identityId('by-hand')] = {};
      const faults = () => emulator.faults.list();
      const met = () => faults().every(({ hits }) => hits > 0);

      // A request that is not answered holds the next leader up for a minute, and needs no second one.
      const times = effect.hang === true ? 1 : 2;
      // Once while identities come, and once while they go.
      emulator.faults.set([{ match: { operation, times }, effect }]);
      mics.start();
      await until(met);
      await mics.kill();
      mics.start();
      await until(() => areAssigned(emulator, 'web-1', 'jobs-1'));

      emulator.faults.set([{ match: { operation, times }, effect }]);
      emulator.kube.remove('Pod', 'demo', 'web-1');
      emulator.kube.seed(pod('jobs-2', 'jobs') as never);
      await until(met);
      await mics.kill();
      mics.start();
      await until(() => areAssigned(emulator, 'jobs-1', 'jobs-2'));
      await until(() => carriedBy(emulator, scaleSet).toSorted().join() === 'by-hand,demo-agentpool,jobs');
      expect(assignments(emulator)).toHaveLength(2);
      expect(removed(emulator)).toEqual(['web']);
    },
    300_000,
  );
});

function areAssigned(emulator: Emulator, ...pods: readonly string[]): boolean {
  const states = new Map(
    assignments(emulator).map(({ spec, status }) => [spec['pod'], status?.status] as const),
  );
  return pods.every((name) => states.get(name) === 'Assigned');
}

/** Names of all that a change was to take away. */
function removed({ requests }: Emulator): string[] {
  const names = requests
    .filter(({ operation }) => operation === 'machines.patch')
    .flatMap(({ bodyText }) =>
      Object.entries(JSON.parse(bodyText).identity.userAssignedIdentities ?? { all: null })
        .filter(([, value]) => value === null)
        .map(([id]) => id.split('/').at(-1) ?? ''),
    );
  return [...new Set(names)];
}
