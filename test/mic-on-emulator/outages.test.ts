import { describe, expect, it } from 'vitest';
import { poolMachine, scaleSetId } from '../../src/emulator/scenarios/machine-parts.ts';
import { identityId } from '../../src/emulator/scenarios/scenario-parts.ts';
import type { Emulator } from '../../src/emulator/start-emulator.ts';
import { systemClock } from '../../src/runtime/system-clock.ts';
import { assignments, carriedBy, micWorld, pod, type RunningMic, until } from './mic-world.ts';

const scaleSet = scaleSetId('nodepool1');
const solo = String(poolMachine('solo', 1)['id']);
const dayMs = 24 * 3_600_000;

interface Facing {
  readonly emulator: Emulator;
  readonly mic: RunningMic;
  /** Sets the clock of the controller's machine, and not the one that its timers go by. */
  setClock(aheadMs: number): void;
}

interface Outage {
  readonly what: string;
  begin(facing: Facing): void;
  /** Until the controller has met it. */
  met(facing: Facing): boolean;
  end?(facing: Facing): void;
}

const said = ({ mic }: Facing, text: string) => mic.log.some(({ msg }) => msg === text);
const faulty = (emulator: Emulator) => emulator.faults.list().some(({ hits }) => hits > 1);

const outages: readonly Outage[] = [
  ...(['reset', 'hang', '503'] as const).map(
    (away): Outage => ({
      what: `the API server away (${away}) for longer than the lease`,
      begin: ({ emulator }) => Object.assign(emulator.kube.faults, { away }),
      met: (facing) => said(facing, 'no longer leading'),
      end: ({ emulator }) => Object.assign(emulator.kube.faults, { away: null }),
    }),
  ),
  ...(
    [
      ['connections that are cut', { drop: true }],
      ['500', { status: 500, text: 'no' }],
      ['503', { status: 503, headers: { 'retry-after': '1' } }],
    ] as const
  ).map(
    ([how, effect]): Outage => ({
      what: `ARM away (${how})`,
      begin: ({ emulator }) =>
        emulator.faults.add({ match: { path: '/providers/Microsoft.Compute/' }, effect }),
      met: ({ emulator }) => faulty(emulator),
      end: ({ emulator }) => emulator.faults.clear(),
    }),
  ),
  ...[dayMs, -dayMs].map(
    (aheadMs): Outage => ({
      what: `a clock that jumps a day ${aheadMs > 0 ? 'ahead' : 'back'}`,
      begin: ({ setClock }) => setClock(aheadMs),
      met: () => true,
    }),
  ),
  {
    what: 'a ledger that somebody deletes',
    begin: ({ emulator }) => emulator.kube.remove('configmaps', 'kube-system', 'podid-mic-ledger'),
    met: () => true,
  },
];

/** Machine and identity of all that changes took away. */
function removed({ requests }: Emulator): string[] {
  return requests
    .filter(({ operation }) => operation === 'machines.patch')
    .flatMap(({ path, bodyText }) =>
      Object.entries(JSON.parse(bodyText).identity.userAssignedIdentities ?? { all: null })
        .filter(([, value]) => value === null)
        .map(([id]) => `${path.split('/').at(-1)} ${id.split('/').at(-1)}`),
    );
}

const states = (emulator: Emulator) =>
  Object.fromEntries(assignments(emulator).map(({ spec, status }) => [spec['pod'], status?.status]));

describe('podid-mic, while it leads and pods come and go, faces', () => {
  it.each(outages.map((outage) => [outage.what, outage] as const))('%s', async (_what, outage) => {
    let aheadMs = 0;
    const clock = { ...systemClock(), now: () => Date.now() + aheadMs };
    await using world = await micWorld({ scenario: 'standard-mode' }, clock);
    const { emulator } = world;
    const machine = emulator.world.machines.get(scaleSet.toLowerCase()) as {
      identity: { userAssignedIdentities: Record<string, object> };
    };
    machine.identity.userAssignedIdentities[identityId('by-hand')] = {};
    const mic = await world.start(
      ...['--removal-delay=300ms', '--identity-assignment-reconcile-interval=300ms'],
      '--leader-election-duration=3s',
    );
    const facing: Facing = {
      emulator,
      mic,
      setClock(ms) {
        aheadMs = ms;
      },
    };
    await until(() => Object.values(states(emulator)).filter((state) => state === 'Assigned').length === 2);

    outage.begin(facing);
    emulator.kube.seed(pod('jobs-2', 'jobs', 1) as never);
    emulator.kube.remove('pods', 'demo', 'jobs-1');
    await until(() => outage.met(facing));
    outage.end?.(facing);

    await until(() => carriedBy(emulator, solo).join() === 'demo-agentpool');
    await until(() => JSON.stringify(Object.entries(states(emulator)).sort()) === bothAssigned);
    expect(carriedBy(emulator, scaleSet).toSorted()).toEqual(['by-hand', 'demo-agentpool', 'jobs', 'web']);
    expect(new Set(removed(emulator))).toEqual(new Set([`${solo.split('/').at(-1)} jobs`]));
    expect((await mic.probe('/readyz')).text).toContain('Leading.');
  });
});

const bothAssigned = JSON.stringify([
  ['jobs-2', 'Assigned'],
  ['web-1', 'Assigned'],
]);
