import { join } from 'node:path';
import { setTimeout as passing } from 'node:timers/promises';
import { describe, expect, inject, it } from 'vitest';
import { type AgentWorld, identities, inAgentWorld, podObject } from './agent-world.ts';
import { programsIn } from './bundled-programs.ts';
import { forgetPod, interfacesOf, recordPod } from './cni-record.ts';
import type { Host } from './network.ts';
import type { Program } from './program.ts';

const programs = programsIn(inject('programsFolder'));

/** Addresses that change hands side by side, and how often each of them does. */
const addresses = 10;
const reusesOfEach = 20;
const busyProcesses = 6;

type Kind = 'bridged' | 'routed';

/**
 * The API server says throughout that each address is its first pod's: it lags behind the kubelet, or is away. Both
 * pods ask all the time, so that the newcomer's first request comes sooner than that of any container.
 */
describe.each(['bridged', 'routed'] as const)(
  'a pod, %s, that gets the address of one that ended',
  (kind) => {
    it(`gets none of its tokens in ${addresses * reusesOfEach} reuses, on a node with ${busyProcesses} busy processes`, {
      timeout: 15 * 60_000,
    }, async () => {
      await inAgentWorld(programs, { kind, pods: 2 * addresses }, async (world) => {
        await onlyFirstPods(world);
        const pairs = Array.from({ length: addresses }, (_, i) => layPair(world, kind, i));
        await world.startAgent({ word: 'rules' });
        await world.startAgent({ word: 'serve', user: 10_001, extra: ['--hold-sec=0'] });
        for (let i = 0; i < busyProcesses; i += 1) {
          world.network.node.start(process.execPath, ['-e', 'for (;;) {}']);
        }
        const ends = await Promise.all(pairs.map((pair) => changeHands(pair)));
        const answers = ends.flatMap(({ newcomer }) => newcomer);
        const toFirst = ends.flatMap(({ first }) => first).filter((line) => line.includes('token'));
        process.stdout.write(
          `measured: ${kind}, ${addresses * reusesOfEach} reuses: the newcomers were answered ${answers.length} times, ${answers.filter((line) => line.includes('token')).length} of them with a token of a predecessor; ${toFirst.length} tokens to the predecessors themselves\n`,
        );
        expect([...new Set(answers)]).toEqual(['503']);
        expect(new Set(world.issued().map(({ clientId }) => clientId))).toEqual(
          new Set([identities.web.clientId]),
        );
      });
    });
  },
);

/** One pod at a time has the address, by the CNI's records and by the network. */
interface Pair {
  readonly first: Host;
  readonly newcomer: Host;
  give(to: Host, uid: string): Promise<void>;
  take(from: Host): Promise<void>;
  readonly uid: string;
}

/** Every second pod is one that the API server knows, bound to web; nobody is excepted. */
async function onlyFirstPods(world: AgentWorld): Promise<void> {
  await world.remove('Pod', 'shop', 'plain-0');
  await world.remove('Pod', 'shop', 'legacy-0');
  for (let i = 0; i < addresses; i += 1) {
    const { address } = hostAt(world, 2 * i);
    await world.seed(podObject(`web-${i}`, address, { aadpodidbinding: 'web' }));
  }
}

function hostAt({ network }: AgentWorld, at: number): Host {
  const host = network.pods[at];
  if (host === undefined) {
    throw new Error(`There is no pod ${at}.`);
  }
  return host;
}

/** The first pod has its address, the newcomer none. */
function layPair(world: AgentWorld, kind: Kind, at: number): Pair {
  const { network, folder } = world;
  const [first, newcomer] = [hostAt(world, 2 * at), hostAt(world, 2 * at + 1)];
  const results = join(folder, 'results');
  const interfaces = new Map([first, newcomer].map((pod) => [pod, interfacesOf(network, pod)]));
  const record = (pod: Host, uid: string) =>
    recordPod(results, network, pod, {
      uid,
      address: first.address,
      interfaces: interfaces.get(pod) ?? [],
    });
  record(first, `uid-web-${at}`);
  newcomer.run('ip', 'addr', 'flush', 'dev', 'eth0', 'scope', 'global');
  return {
    first,
    newcomer,
    uid: `uid-web-${at}`,
    async give(to, uid) {
      record(to, uid);
      await takesAddress(world, { pod: to, address: first.address, kind });
    },
    async take(from) {
      forgetPod(results, from);
      await ran(from, 'ip addr flush dev eth0 scope global');
    },
  };
}

async function changeHands({ first, newcomer, uid, give, take }: Pair) {
  const asking = {
    first: askAllTheTime(first, first.address, 50),
    newcomer: askAllTheTime(newcomer, first.address, 20),
  };
  for (let i = 0; i < reusesOfEach; i += 1) {
    await next(asking.first, /token/);
    await take(first);
    await give(newcomer, `${uid}-newcomer-${i}`);
    await next(asking.newcomer, /^\d/);
    await take(newcomer);
    await give(first, uid);
  }
  const answersOf = (program: Program) => program.lines.filter((line) => /^\d/.test(line));
  return { first: answersOf(asking.first), newcomer: answersOf(asking.newcomer) };
}

function askAllTheTime(pod: Host, address: string, everyMs: number): Program {
  return pod.start(process.execPath, [programs.path('greedy'), address, String(everyMs)]);
}

const longestMs = 60_000;

/** The first line from now on that matches. */
async function next(program: Program, pattern: RegExp): Promise<void> {
  const from = program.lines.length;
  const end = performance.now() + longestMs;
  while (!program.lines.slice(from).some((line) => pattern.test(line))) {
    if (performance.now() > end) {
      throw new Error(`nothing like ${pattern} in ${longestMs} ms: ${program.lines.slice(-5).join(', ')}`);
    }
    await passing(5);
  }
}

/** What the CNI plugin does when it lays the pod's network. */
async function takesAddress(
  { network }: AgentWorld,
  { pod, address, kind }: { readonly pod: Host; readonly address: string; readonly kind: Kind },
): Promise<void> {
  if (kind === 'bridged') {
    await ran(pod, `ip addr add ${address}/16 dev eth0 && ip route replace default via 10.244.0.1`);
    await ran(network.node, `ip neigh flush to ${address} dev cbr0`);
    return;
  }
  const veth = network.vethOf(pod);
  await ran(
    network.node,
    `ip route replace ${address}/32 dev ${veth} && ip neigh flush to ${address} dev ${veth}`,
  );
  await ran(
    pod,
    `ip addr add ${address}/32 dev eth0 && ip route replace 169.254.1.1 dev eth0 && ip route replace default via 169.254.1.1 dev eth0`,
  );
}

/** Other pods change meanwhile. */
async function ran(host: Host, script: string): Promise<void> {
  const program = host.start('sh', ['-c', script]);
  const code = await program.ended;
  if (code !== 0) {
    throw new Error(`${script} ended with ${code}: ${program.lines.join('\n')}`);
  }
}
