import { setTimeout as passing } from 'node:timers/promises';
import { describe, expect, inject, it } from 'vitest';
import { programsIn } from './bundled-programs.ts';
import type { Host } from './network.ts';
import type { Program } from './program.ts';
import { type Drill, inRulesWorld, ownIdentity } from './rules-world.ts';

const programs = programsIn(inject('programsFolder'));

const drillMs = 20_000;

/** What somebody else on the node does to the rules, again and again. */
const disturbances: Readonly<Record<string, (node: Host) => void>> = {
  'iptables -F of every table, both backends': (node) => {
    for (const tool of ['iptables-nft', 'iptables-legacy']) {
      for (const table of ['raw', 'mangle', 'nat', 'filter']) {
        node.run(tool, '-w', '-t', table, '-F');
      }
    }
  },
  'nft flush of the table': (node) => tolerant(() => node.run('nft', 'flush', 'table', 'inet', 'podid')),
  'nft delete of the table': (node) => tolerant(() => node.run('nft', 'delete', 'table', 'inet', 'podid')),
  'nft flush ruleset': (node) => void node.run('nft', 'flush', 'ruleset'),
  'ACCEPT rules at the top of its own chains': (node) => {
    for (const chain of ['to_agent', 'shield', 'guard', 'no_spoof']) {
      tolerant(() => node.run('nft', 'insert', 'rule', 'inet', 'podid', chain, 'accept'));
    }
  },
  'ACCEPT and DNAT rules inserted above, both backends': (node) => {
    for (const tool of ['iptables-nft', 'iptables-legacy']) {
      node.run(tool, '-w', '-t', 'raw', '-I', 'PREROUTING', '-j', 'ACCEPT');
      node.run(tool, '-w', '-t', 'filter', '-I', 'FORWARD', '-j', 'ACCEPT');
      node.run(tool, '-w', '-t', 'nat', '-I', 'PREROUTING', '-d', '169.254.169.254', '-j', 'ACCEPT');
      node.run(
        tool,
        '-w',
        '-t',
        'nat',
        '-I',
        'PREROUTING',
        '-d',
        '169.254.169.254',
        '-p',
        'tcp',
        '-j',
        'DNAT',
        '--to-destination',
        '10.1.0.1:80',
      );
    }
  },
  'ip rule del of the black hole': (node) => {
    tolerant(() => node.run('ip', 'rule', 'del', 'pref', '6'));
  },
};

describe.each(['bridged', 'routed'] as const)('with %s pods, somebody who runs', (kind) => {
  it.concurrent.each(Object.entries(disturbances))(
    '%s gets no token of the node for anybody',
    async (_name, disturb) => {
      await inRulesWorld(programs, { kind }, async (world) => {
        const rules = await world.keepRules();
        await world.startAgent();
        const disturbedMs: number[] = [];
        const drill = await world.drill(() =>
          again(drillMs, () => {
            disturbedMs.push(Date.now());
            disturb(world.network.node);
          }),
        );
        console.log(JSON.stringify({ longestGapMs: Math.max(...gaps(disturbedMs, putBackMs(rules))) }));
        expectOwnOrNothing(drill);
      });
    },
  );
});

function expectOwnOrNothing({ bound, unbound, imds }: Drill): void {
  console.log(
    JSON.stringify({ bound: bound.counts, wait: bound.longestWaitMs, unbound: unbound.counts, imds }),
  );
  expect(Object.keys(bound.counts)).toEqual([`token-of-${ownIdentity}`]);
  expect(Object.keys(unbound.counts)).toEqual(['400']);
  expect(Object.keys(imds)).toEqual([ownIdentity]);
  expect(bound.answers.length).toBeGreaterThan(100);
  expect(unbound.answers.length).toBeGreaterThan(100);
}

async function again(ms: number, disturb: () => void): Promise<void> {
  const end = performance.now() + ms;
  while (performance.now() < end) {
    disturb();
    // Uneven on purpose: an even beat can meet each of a client's retries.
    await passing(200 + Math.random() * 1000);
  }
}

/** When the rules were restored, by the keeper's own log. */
function putBackMs(rules: Program): readonly number[] {
  return rules.lines
    .filter((line) => line.includes('are restored'))
    .map((line) => Date.parse((JSON.parse(line) as { time: string }).time));
}

function gaps(disturbedMs: readonly number[], repairedMs: readonly number[]): readonly number[] {
  return disturbedMs.map((from) => (repairedMs.find((to) => to >= from) ?? from) - from);
}

/** The rules may be gone at that very moment, from the last time. */
function tolerant(run: () => void): void {
  try {
    run();
  } catch {
    return;
  }
}
