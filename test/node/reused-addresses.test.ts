import { join } from 'node:path';
import { setTimeout as passing } from 'node:timers/promises';
import { describe, expect, inject, it } from 'vitest';
import { type AgentWorld, identities, inAgentWorld } from './agent-world.ts';
import { programsIn } from './bundled-programs.ts';
import { forgetPod, recordPod } from './cni-record.ts';
import type { Host } from './network.ts';
import type { Program } from './program.ts';

const programs = programsIn(inject('programsFolder'));

const reuses = 200;
const busyProcesses = 6;

/**
 * The API server says throughout that the address is web's: it lags behind the kubelet, or is away. Both pods ask all
 * the time, so that the newcomer's first request comes sooner than that of any container.
 */
describe.each(['bridged', 'routed'] as const)(
  'a pod, %s, that gets the address of one that ended',
  (kind) => {
    it(`gets none of its tokens in ${reuses} reuses, on a node with ${busyProcesses} busy processes`, {
      timeout: 15 * 60_000,
    }, async () => {
      await inAgentWorld(programs, { kind }, async (world) => {
        const { network, bound, unbound } = world;
        const results = join(world.folder, 'results');
        const newcomer: Host = { ...unbound, address: bound.address };
        recordPod(results, network, bound, { uid: 'uid-web-0' });
        await world.startAgent({ word: 'rules' });
        await world.startAgent({ word: 'serve', user: 10_001, extra: ['--hold-sec=0'] });
        for (let i = 0; i < busyProcesses; i += 1) {
          network.node.start(process.execPath, ['-e', 'for (;;) {}']);
        }
        const asking = { web: askAllTheTime(bound), newcomer: askAllTheTime(newcomer) };
        unbound.run('ip', 'addr', 'flush', 'dev', 'eth0', 'scope', 'global');
        let refused = 0;
        for (let i = 0; i < reuses; i += 1) {
          await next(asking.web, /token/);
          forgetPod(results, bound);
          hasNoAddress(bound);
          recordPod(results, network, unbound, { uid: `uid-newcomer-${i}`, address: bound.address });
          takesAddress(world, unbound, kind);
          await next(asking.newcomer, /^\d/);
          refused += 1;
          forgetPod(results, unbound);
          hasNoAddress(unbound);
          recordPod(results, network, bound, { uid: 'uid-web-0' });
          takesAddress(world, bound, kind);
        }
        const answers = asking.newcomer.lines.filter((line) => /^\d/.test(line));
        process.stdout.write(
          `measured: ${kind}, ${refused} reuses: the newcomer was answered ${answers.length} times, ${answers.filter((line) => line.includes('token')).length} of them with a token of its predecessor; ${asking.web.lines.filter((line) => line.includes('token')).length} answers to the predecessor itself\n`,
        );
        expect([...new Set(answers)]).toEqual(['503']);
        expect(refused).toBe(reuses);
        expect(new Set(world.issued().map(({ clientId }) => clientId))).toEqual(
          new Set([identities.web.clientId]),
        );
      });
    });
  },
);

function askAllTheTime(pod: Host): Program {
  return pod.start(process.execPath, [programs.path('greedy'), pod.address, '10']);
}

const longestMs = 60_000;

/** The first line from now on that matches. */
async function next(program: Program, pattern: RegExp): Promise<void> {
  const from = program.lines.length;
  const end = Date.now() + longestMs;
  while (!program.lines.slice(from).some((line) => pattern.test(line))) {
    if (Date.now() > end) {
      throw new Error(`nothing like ${pattern} in ${longestMs} ms: ${program.lines.slice(-5).join(', ')}`);
    }
    await passing(5);
  }
}

function hasNoAddress(pod: Host): void {
  pod.run('ip', 'addr', 'flush', 'dev', 'eth0', 'scope', 'global');
}

/** What the CNI plugin does when it lays the pod's network. */
function takesAddress({ network, bound }: AgentWorld, pod: Host, kind: 'bridged' | 'routed'): void {
  const { address } = bound;
  if (kind === 'bridged') {
    pod.run('sh', '-c', `ip addr add ${address}/16 dev eth0 && ip route replace default via 10.244.0.1`);
    network.node.run('ip', 'neigh', 'flush', 'dev', 'cbr0');
    return;
  }
  network.node.run('ip', 'route', 'replace', `${address}/32`, 'dev', network.vethOf(pod));
  network.node.run('ip', 'neigh', 'flush', 'dev', network.vethOf(pod));
  pod.run(
    'sh',
    '-c',
    `ip addr add ${address}/32 dev eth0 && ip route replace 169.254.1.1 dev eth0 && ip route replace default via 169.254.1.1 dev eth0`,
  );
}
