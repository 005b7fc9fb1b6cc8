import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as passing } from 'node:timers/promises';
import { describe, expect, inject, it } from 'vitest';
import { type AgentDrill, type AgentWorld, identities, inAgentWorld } from './agent-world.ts';
import { programsIn } from './bundled-programs.ts';
import type { Answer } from './drill.ts';
import type { Program } from './program.ts';

const programs = programsIn(inject('programsFolder'));

const drillMs = 20_000;
const own = `token-of-${identities.web.clientId}`;

describe.each(['bridged', 'routed'] as const)('the agent on a node with %s pods', (kind) => {
  it.concurrent.each(['SIGTERM', 'SIGKILL'] as const)(
    'ended by %s and started again, hands out nothing else, and fails nobody',
    async (signal) => {
      await inAgentWorld(programs, { kind }, async (world) => {
        let agent = await world.startAgent();
        const ends: End[] = [];
        const drill = await world.drill(() =>
          forAWhile(async () => {
            await passing(1500);
            ends.push(await end(agent, signal));
            agent = await world.startAgent();
          }),
        );
        expectOwnOrWait(drill, ends);
      });
    },
  );

  it.concurrent('stopped for seconds, lets pods wait', async () => {
    await inAgentWorld(programs, { kind }, async (world) => {
      let agent = await world.startAgent();
      const ends: End[] = [];
      const drill = await world.drill(() =>
        forAWhile(async () => {
          await passing(2000);
          ends.push(await end(agent, 'SIGTERM'));
          await passing(5000);
          agent = await world.startAgent();
        }),
      );
      expectOwnOrWait(drill, ends);
      expect(drill.bound.longestWaitMs).toBeGreaterThan(4000);
    });
  });

  it.concurrent('serves on while the API server is away', async () => {
    await inAgentWorld(programs, { kind }, async (world) => {
      await world.startAgent();
      const drill = await world.drill(async () => {
        await passing(1000);
        const { azure } = world.network;
        azure.run('iptables', '-I', 'INPUT', '-p', 'tcp', '--dport', '6443', '-j', 'DROP');
        await passing(drillMs);
        azure.run('iptables', '-F', 'INPUT');
      });
      expectOwnOrWait(drill, []);
    });
  });

  it.concurrent('split into rules and an unprivileged server, survives the death of either', async () => {
    await inAgentWorld(programs, { kind }, async (world) => {
      cniResults(world);
      const start = {
        rules: () => world.startAgent({ word: 'rules' }),
        serve: () => world.startAgent({ word: 'serve', user: 10_001 }),
      };
      const running = { rules: await start.rules(), serve: await start.serve() };
      const ends: End[] = [];
      let turn = 0;
      const drill = await world.drill(() =>
        forAWhile(async () => {
          await passing(1500);
          const which = turn % 2 === 0 ? 'rules' : 'serve';
          turn += 1;
          ends.push(await end(running[which], 'SIGKILL'));
          world.network.node.run('nft', 'flush', 'ruleset');
          running[which] = await start[which]();
          await world.ready();
        }),
      );
      expectOwnOrWait(drill, ends);
    });
  });
});

describe('the agent', () => {
  it.concurrent('asks IMDS once for what twenty seconds of requests need', async () => {
    await inAgentWorld(programs, {}, async (world) => {
      await world.startAgent();
      const drill = await world.drill(() => passing(drillMs));
      expectOwnOrWait(drill, []);
      expect(drill.issued.map(({ clientId, count }) => ({ clientId, count }))).toEqual([
        { clientId: identities.web.clientId, count: 1 },
      ]);
    });
  });

  it.concurrent('survives jumps of the clock by days, forth and back', async () => {
    await inAgentWorld(programs, {}, async (world) => {
      const clock = join(world.folder, 'clock');
      writeFileSync(clock, '+0');
      await world.startAgent({ through: withClock(clock) });
      const drill = await world.drill(async () => {
        for (const jump of ['+3h', '-2d', '+2d', '+0']) {
          await passing(drillMs / 5);
          writeFileSync(clock, jump);
        }
        await passing(drillMs / 5);
      });
      expect(drill.unbound.answers.filter(({ token }) => token)).toEqual([]);
      expect(Object.keys(drill.bound.counts).filter((what) => what !== own && what !== '503')).toEqual([]);
      expect(drill.bound.answers.at(-1)?.token).toBe(own);
      expect([...new Set(drill.issued.map(({ clientId }) => clientId))]).toEqual([identities.web.clientId]);
      console.log(
        JSON.stringify({ bound: drill.bound.counts, unbound: drill.unbound.counts, issued: drill.issued }),
      );
    });
  });

  it.concurrent('holds pods that ask before it has ever run, with the rules alone', async () => {
    await inAgentWorld(programs, {}, async (world) => {
      const once = await world.startAgent({ word: 'rules', extra: ['--once'] });
      expect(await once.ended).toBe(0);
      const drill = await world.drill(async () => {
        await passing(drillMs);
        await world.startAgent();
        await passing(2000);
      });
      expectOwnOrWait(drill, []);
      expect(drill.bound.longestWaitMs).toBeGreaterThan(15_000);
    });
  });
});

/**
 * When a process got the signal to end, and when it was gone. What was under way in between may be cut;
 * nothing that began later.
 */
interface End {
  readonly sentMs: number;
  readonly goneMs: number;
}

async function end(program: Program, signal: NodeJS.Signals): Promise<End> {
  const sentMs = Date.now();
  await program.stop(signal);
  return { sentMs, goneMs: Date.now() };
}

/**
 * The bound pod got its own identity's token each time, the unbound one none, and IMDS gave out nothing else.
 */
function expectOwnOrWait({ bound, unbound, issued }: AgentDrill, ends: readonly End[]): void {
  console.log(
    JSON.stringify({
      bound: bound.counts,
      wait: bound.longestWaitMs,
      unbound: unbound.counts,
      issued,
      ends: ends.length,
    }),
  );
  const inFlight = ({ begunMs, endedMs }: Answer) =>
    ends.some(({ sentMs, goneMs }) => begunMs <= goneMs && endedMs >= sentMs);
  const ofBound = bound.answers.filter((answer) => !(answer.error && inFlight(answer)));
  expect([...new Set(ofBound.map(({ token, status, error }) => token ?? error ?? status))]).toEqual([own]);
  const ofUnbound = unbound.answers.filter((answer) => !(answer.error && inFlight(answer)));
  expect(unbound.answers.filter(({ token }) => token)).toEqual([]);
  expect([...new Set(ofUnbound.map(({ status, error }) => error ?? status))]).toEqual([400]);
  expect([...new Set(issued.map(({ clientId }) => clientId))]).toEqual([identities.web.clientId]);
  expect(bound.answers.length).toBeGreaterThan(drillMs / 100);
}

/** Lets the wall clock of the program follow a file; the monotonic clock stays the kernel's. */
function withClock(file: string): readonly string[] {
  const library = readdirSync('/usr/lib')
    .map((folder) => join('/usr/lib', folder, 'faketime/libfaketime.so.1'))
    .find((path) => existsSync(path));
  return [
    'env',
    `LD_PRELOAD=${library}`,
    `FAKETIME_TIMESTAMP_FILE=${file}`,
    ...['FAKETIME_NO_CACHE=1', 'FAKETIME_DONT_FAKE_MONOTONIC=1'],
  ];
}

/** As often as the time allows, and three times at least. */
async function forAWhile(turn: () => Promise<void>): Promise<void> {
  const end = performance.now() + drillMs;
  for (let turns = 0; turns < 3 || performance.now() < end; turns += 1) {
    await turn();
  }
}

/** What the node's CNI plugin would have noted for the pods of the world. */
function cniResults({ network, folder }: AgentWorld): void {
  const results = join(folder, 'results');
  mkdirSync(results, { recursive: true });
  for (const [i, name] of ['web-0', 'plain-0'].entries()) {
    const file = {
      kind: 'cniCacheV1',
      cniArgs: [
        ['K8S_POD_NAMESPACE', 'shop'],
        ['K8S_POD_NAME', name],
        ['K8S_POD_UID', `uid-${name}`],
      ],
      result: { cniVersion: '1.0.0', ips: [{ address: `${network.pods[i]?.address}/16` }] },
    };
    writeFileSync(join(results, `onenode-${name}-eth0`), JSON.stringify(file));
  }
}
