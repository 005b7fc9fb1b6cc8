import { Agent, request as httpRequest } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { median, printHead, printRow } from '../tables.ts';
import {
  type BenchPod,
  type ExchangeWorld,
  type Source,
  sources,
  startExchangeWorld,
  type WorldSize,
} from './world.ts';

export interface ExchangeBench extends WorldSize {
  /** The repository. */
  readonly root: string;
  readonly seconds: number;
  readonly rounds: number;
  readonly resources: number;
}

type Figures = Record<Source, number[]>;

/** An agent spreads its first calls to Entra over these seconds; the figures are of later ones. */
const spreadMs = 10_000;
/** Within what IMDS allows a machine, so that nobody waits for a turn. */
const betweenFirstMs = 100;
const connections = 8;

/** @throws Error where a source was asked for more or less than its identities, resources and accounts make */
export async function measureExchange(options: ExchangeBench): Promise<void> {
  const { root, identities, resources, accounts, pods, nodes } = options;
  const world = await startExchangeWorld(root, options);
  try {
    await pause(spreadMs);
    const [first = []] = world.pods;
    const firstMs = await firstTokens(first, options);
    const { rate, cpu } = await cachedRequests(world, options);
    await Promise.all(world.pods.map((ofNode) => everyPod(ofNode, resources)));
    const calls = world.calls();
    console.log(
      `${nodes} nodes of ${pods} pods, ${identities} identities of each source, ${resources} resources, ${accounts} service accounts for each identity:\n`,
    );
    printHead(
      ...['tokens from', 'first token, ms', 'beside IMDS', 'CPU a cached request, µs', 'beside IMDS'],
      ...[`cached requests/s, c=${connections}`, 'beside IMDS', 'calls', 'reckoned'],
    );
    const ratio = (figures: Figures, source: Source) =>
      (median(figures[source]) / median(figures.imds)).toFixed(2);
    for (const source of sources) {
      printRow(
        ...[titles[source], median(firstMs[source]).toFixed(1), ratio(firstMs, source)],
        ...[median(cpu[source]).toFixed(1), ratio(cpu, source)],
        ...[median(rate[source]).toFixed(0), ratio(rate, source)],
        ...[calls[source], reckoning(source, options).text],
      );
    }
    const { made, refused } = world.tokens;
    console.log(
      `\nThe API server made ${made} tokens of service accounts, and refused ${refused}, which were asked for to see that they are.`,
    );
    check(calls, made, options);
  } finally {
    await world.stop();
  }
}

const titles: Readonly<Record<Source, string>> = {
  imds: 'IMDS',
  agent: 'Entra, subject `agent`',
  workload: 'Entra, subject `workload`',
};

/** What a source is asked for while no token comes to the half of its life. */
function reckoning(source: Source, { identities, resources, accounts, nodes }: ExchangeBench) {
  const factors = [identities, resources, ...(source === 'workload' ? [accounts] : []), nodes];
  return { text: factors.join(' × '), calls: factors.reduce((product, factor) => product * factor, 1) };
}

function check(calls: Readonly<Record<Source, number>>, made: number, options: ExchangeBench): void {
  const wrong = sources.filter((source) => calls[source] !== reckoning(source, options).calls);
  if (wrong.length > 0 || made !== calls.workload) {
    throw new Error(`The calls are not as reckoned: ${wrong.join(', ') || 'tokens of service accounts'}.`);
  }
}

/** Milliseconds of the first request for each identity and resource, the sources in turns. */
async function firstTokens(
  pods: readonly BenchPod[],
  { identities, resources }: ExchangeBench,
): Promise<Figures> {
  const found: Figures = { imds: [], agent: [], workload: [] };
  for (let identity = 0; identity < identities; identity += 1) {
    for (let resource = 0; resource < resources; resource += 1) {
      for (const source of sources) {
        const began = performance.now();
        await ask(podOf(pods, source, identity), resource);
        found[source].push(performance.now() - began);
        await pause(betweenFirstMs);
      }
    }
  }
  return found;
}

function podOf(pods: readonly BenchPod[], source: Source, identity: number): BenchPod {
  const found = pods.find((pod) => pod.source === source && pod.identity === identity);
  if (found === undefined) {
    throw new Error(`There are too few pods for identity ${identity} of ${source}.`);
  }
  return found;
}

/** Each pod of a node asks for everything once: what other pods had is in memory. */
async function everyPod(pods: readonly BenchPod[], resources: number): Promise<void> {
  for (const pod of pods) {
    for (let resource = 0; resource < resources; resource += 1) {
      await ask(pod, resource);
    }
  }
}

interface Cached {
  /** Requests a second. */
  readonly rate: Figures;
  /** Microseconds of the agent for one request. */
  readonly cpu: Figures;
}

/** The sources in turns, another one first in each round. A round before them warms up. */
async function cachedRequests(world: ExchangeWorld, { rounds, seconds }: ExchangeBench): Promise<Cached> {
  const [pods = []] = world.pods;
  const rate: Figures = { imds: [], agent: [], workload: [] };
  const cpu: Figures = { imds: [], agent: [], workload: [] };
  for (const source of sources) {
    await answeredWithin(podOf(pods, source, 0), seconds);
  }
  for (let round = 0; round < rounds; round += 1) {
    const begin = round % sources.length;
    for (const source of [...sources.slice(begin), ...sources.slice(0, begin)]) {
      const before = world.cpuMicroseconds();
      const answered = await answeredWithin(podOf(pods, source, 0), seconds);
      cpu[source].push((world.cpuMicroseconds() - before) / answered);
      rate[source].push(answered / seconds);
    }
  }
  return { rate, cpu };
}

async function answeredWithin(pod: BenchPod, seconds: number): Promise<number> {
  const ends = performance.now() + seconds * 1000;
  const kept = new Agent({ keepAlive: true, maxSockets: connections });
  let answered = 0;
  await Promise.all(
    Array.from({ length: connections }, async () => {
      while (performance.now() < ends) {
        await ask(pod, 0, kept);
        answered += 1;
      }
    }),
  );
  kept.destroy();
  return answered;
}

function ask({ address, port }: BenchPod, resource: number, agent?: Agent): Promise<void> {
  const named = encodeURIComponent(`https://resource-${resource}.example.net`);
  const path = `/metadata/identity/oauth2/token?api-version=2018-02-01&resource=${named}`;
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, path, localAddress: address, headers: { Metadata: 'true' } };
    const sent = httpRequest(
      { ...options, ...(agent === undefined ? { agent: false } : { agent }) },
      (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('end', () =>
          answer.statusCode === 200
            ? resolve()
            : reject(new Error(`The pod at ${address} got ${answer.statusCode}: ${Buffer.concat(chunks)}`)),
        );
      },
    );
    sent.on('error', reject);
    sent.end();
  });
}
