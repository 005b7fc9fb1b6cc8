import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { Agent, request as httpRequest } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { tenantIdAnnotation, tokenSourceAnnotation } from '../../src/domain/exchange/token-source.ts';
import { startImds } from '../../src/emulator/imds/start-imds.ts';
import { type StartedKube, startKube } from '../../src/emulator/kube/start-kube.ts';
import { type EntraInTest, entraInTest } from '../../test/nmi/tokens/exchange/entra-in-test.ts';
import {
  azureIdentity,
  binding,
  identityOf,
  kubeconfigFor,
  node,
  pod,
} from '../../test/nmi-on-emulator/agent-world.ts';

export interface ExchangeBench {
  readonly root: string;
  readonly seconds: number;
  readonly rounds: number;
  /** Of each source. */
  readonly identities: number;
  readonly resources: number;
  /** Of both sources together; each identity has as many. At least one for each. */
  readonly pods: number;
}

const sources = ['imds', 'exchange'] as const;
type Source = (typeof sources)[number];

/** An agent spreads its first calls to Entra over these seconds; the figures are of later ones. */
const spreadMs = 10_000;
/** Within what IMDS allows a machine, so that nobody waits for a turn. */
const betweenFirstMs = 100;
const connections = 8;
const subnets: Readonly<Record<Source, number>> = { imds: 1, exchange: 2 };

export async function measureExchange(options: ExchangeBench): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'podid-bench-'));
  const names = (source: Source) => Array.from({ length: options.identities }, (_, at) => `${source}-${at}`);
  const kube = await startKube({ namespaces: ['shop'] });
  const imds = await startImds({ identities: names('imds').map(identityOf) });
  const entra = await entraInTest();
  const copies = Math.max(1, Math.round(options.pods / options.identities / sources.length));
  for (const source of sources) {
    for (const [at, name] of names(source).entries()) {
      seedIdentity(kube, name, source);
      for (let copy = 0; copy < copies; copy += 1) {
        const ip = addressOf(source, at, copy);
        kube.store.seed(pod({ name: `${name}-${copy}`, ip, labels: { aadpodidbinding: name } }));
      }
    }
  }
  for (const name of names('exchange')) {
    entra.known.add(identityOf(name).clientId);
    entra.federated.add(identityOf(name).clientId);
  }
  const agent = await startAgent(options.root, { folder, kube, entra, imdsPort: imds.port });
  try {
    await pause(spreadMs);
    const first = await firstTokens(agent.port, options);
    const cached = await cachedRequests(agent.port, options);
    await everyPod(agent.port, options, copies);
    const calls = {
      imds: imds.issued().reduce((sum, { count }) => sum + count, 0),
      exchange: entra.asked.length,
    };
    for (const source of sources) {
      console.log(
        `${source}: first token ${median(first[source]).toFixed(1)} ms, cached ${Math.round(median(cached[source]))} a second at ${connections} connections, ${calls[source]} calls for ${options.identities} identities × ${options.resources} resources, asked by ${copies * options.identities} pods`,
      );
    }
    const ratio = (numbers: Record<Source, readonly number[]>) =>
      (median(numbers.exchange) / median(numbers.imds)).toFixed(2);
    console.log(`exchange to imds: first token ${ratio(first)}, cached ${ratio(cached)}`);
  } finally {
    agent.child.kill('SIGTERM');
    await agent.ended;
    await Promise.all([
      kube.stop(),
      imds.stop(),
      entra[Symbol.asyncDispose](),
      rm(folder, { recursive: true }),
    ]);
  }
}

function seedIdentity(kube: StartedKube, name: string, source: Source): void {
  const identity = azureIdentity(name);
  const annotations = {
    [tokenSourceAnnotation]: source,
    [tenantIdAnnotation]: '00000000-0000-4000-8000-00000000000a',
  };
  kube.store.seed({ ...identity, metadata: { ...identity.metadata, annotations } });
  kube.store.seed(binding(name, name));
}

/** @param copy which pod of the identity */
function addressOf(source: Source, at: number, copy = 0): string {
  return `127.${copy + 1}.${subnets[source]}.${at + 1}`;
}

interface Surroundings {
  readonly folder: string;
  readonly kube: StartedKube;
  readonly entra: EntraInTest;
  readonly imdsPort: number;
}

interface StartedAgent {
  readonly child: ChildProcess;
  readonly ended: Promise<unknown>;
  readonly port: number;
}

async function startAgent(
  root: string,
  { folder, kube, entra, imdsPort }: Surroundings,
): Promise<StartedAgent> {
  const kubeconfig = join(folder, 'kubeconfig');
  await writeFile(kubeconfig, kubeconfigFor(kube.url));
  const [port, probePort] = [await freePort(), await freePort()];
  const child = spawn(
    process.execPath,
    [
      join(root, 'bin/podid-nmi.js'),
      ...['serve', `--node=${node}`, '--operation-mode=managed', '--forceNamespaced'],
      ...[`--nmi-port=${port}`, `--http-probe-port=${probePort}`, '--prometheus-port=0'],
      ...['--probe-address=127.0.0.1', '--kubelet-config=/nowhere', `--kubeconfig=${kubeconfig}`],
      ...['--metadata-ip=127.0.0.1', `--metadata-port=${imdsPort}`],
      ...['--allow-loopback-pods', '--redirected-by-others'],
      ...[`--exchange-authority=https://${entra.host}/`, `--allow-ad-endpoint=${entra.host}`],
      `--exchange-token-file=${entra.tokenFile}`,
    ],
    {
      env: { PATH: process.env['PATH'], SSL_CERT_FILE: entra.authorityFile },
      stdio: ['ignore', 'ignore', 'ignore'],
    },
  );
  const ended = once(child, 'exit');
  while (!(await isReady(probePort))) {
    if (child.exitCode !== null) {
      throw new Error(`The agent ended with ${child.exitCode}.`);
    }
    await pause(50);
  }
  return { child, ended, port };
}

async function isReady(port: number): Promise<boolean> {
  const answer = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined);
  return answer?.status === 200;
}

/** Milliseconds of the first request of each pod for each resource, the sources in turns. */
async function firstTokens(
  port: number,
  { identities, resources }: ExchangeBench,
): Promise<Record<Source, number[]>> {
  const found: Record<Source, number[]> = { imds: [], exchange: [] };
  for (let at = 0; at < identities; at += 1) {
    for (let resource = 0; resource < resources; resource += 1) {
      for (const source of sources) {
        const began = performance.now();
        await ask({ port, from: addressOf(source, at), resource });
        found[source].push(performance.now() - began);
        await pause(betweenFirstMs);
      }
    }
  }
  return found;
}

/** Each pod asks for everything once: what its identity's other pods had is in memory. */
async function everyPod(
  port: number,
  { identities, resources }: ExchangeBench,
  copies: number,
): Promise<void> {
  for (let copy = 0; copy < copies; copy += 1) {
    for (let at = 0; at < identities * resources; at += 1) {
      const [identity, resource] = [at % identities, Math.floor(at / identities)];
      for (const source of sources) {
        await ask({ port, from: addressOf(source, identity, copy), resource });
      }
    }
  }
}

/** Requests a second, the sources in turns, each first in every other round. A round before them warms up. */
async function cachedRequests(
  port: number,
  { rounds, seconds }: ExchangeBench,
): Promise<Record<Source, number[]>> {
  const found: Record<Source, number[]> = { imds: [], exchange: [] };
  for (const source of sources) {
    await answeredWithin(port, source, seconds);
  }
  for (let round = 0; round < rounds; round += 1) {
    for (const source of round % 2 === 0 ? sources : sources.toReversed()) {
      found[source].push((await answeredWithin(port, source, seconds)) / seconds);
    }
  }
  return found;
}

async function answeredWithin(port: number, source: Source, seconds: number): Promise<number> {
  const ends = performance.now() + seconds * 1000;
  const from = addressOf(source, 0);
  const kept = new Agent({ keepAlive: true, maxSockets: connections });
  let answered = 0;
  await Promise.all(
    Array.from({ length: connections }, async () => {
      while (performance.now() < ends) {
        await ask({ port, from, resource: 0, agent: kept });
        answered += 1;
      }
    }),
  );
  kept.destroy();
  return answered;
}

interface Asked {
  readonly port: number;
  readonly from: string;
  readonly resource: number;
  readonly agent?: Agent;
}

function ask({ port, from, resource, agent }: Asked): Promise<void> {
  const named = encodeURIComponent(`https://resource-${resource}.example.net`);
  const path = `/metadata/identity/oauth2/token?api-version=2018-02-01&resource=${named}`;
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, path, localAddress: from, headers: { Metadata: 'true' } };
    const sent = httpRequest(
      { ...options, ...(agent === undefined ? { agent: false } : { agent }) },
      (answer) => {
        answer.resume();
        answer.on('end', () =>
          answer.statusCode === 200
            ? resolve()
            : reject(new Error(`The pod at ${from} was answered with ${answer.statusCode}.`)),
        );
      },
    );
    sent.on('error', reject);
    sent.end();
  });
}

function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const bound = server.address();
      server.close(() => resolve(typeof bound === 'object' && bound !== null ? bound.port : 0));
    });
  });
}
