import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { guardObjects, ownPodsGuard } from '../../src/domain/exchange/exchange-guard.ts';
import {
  exchangeSubjectAnnotation,
  tenantIdAnnotation,
  tokenSourceAnnotation,
} from '../../src/domain/exchange/token-source.ts';
import { type StartedImds, startImds } from '../../src/emulator/imds/start-imds.ts';
import {
  type EntraInTest,
  entraInTest,
  exchangeAudience,
  issuer,
} from '../../test/nmi/tokens/exchange/entra-in-test.ts';
import { azureIdentity, binding, identityOf, pod } from '../../test/nmi-on-emulator/agent-world.ts';
import { cpuMicrosecondsOf } from '../nmi/processes.ts';
import { type ConfinedKube, startConfinedKube } from './confined-kube.ts';

/** Where tokens come from: the node's IMDS, or Entra, by the token of the agent or of the pod's account. */
export const sources = ['imds', 'agent', 'workload'] as const;
export type Source = (typeof sources)[number];

export interface WorldSize {
  /** Of each source. */
  readonly identities: number;
  /** Service accounts of the pods of each identity. */
  readonly accounts: number;
  /** Of each node. */
  readonly pods: number;
  readonly nodes: number;
}

export interface BenchPod {
  readonly source: Source;
  /** Number of its identity among those of its source. */
  readonly identity: number;
  /** Number of its service account among those of its identity. */
  readonly account: number;
  readonly address: string;
  /** Of the agent on its node. */
  readonly port: number;
}

export interface ExchangeWorld {
  /** By node. */
  readonly pods: readonly (readonly BenchPod[])[];
  /** Calls that were answered so far, by the source of their identity. */
  calls(): Readonly<Record<Source, number>>;
  readonly tokens: ConfinedKube['tokens'];
  /** Microseconds of processor time that the agent of the first node took so far. */
  cpuMicroseconds(): number;
  stop(): Promise<void>;
}

const namespace = 'shop';
const agentAccount = { namespace: 'kube-system', name: 'podid-nmi' };
const tenantId = '00000000-0000-4000-8000-00000000000a';

/** An agent for each node, and one Kubernetes API, IMDS and Entra for all. @param root the repository */
export async function startExchangeWorld(root: string, size: WorldSize): Promise<ExchangeWorld> {
  const folder = await mkdtemp(join(tmpdir(), 'podid-bench-'));
  const kube = await startConfinedKube({ namespaces: [namespace], issuer, audience: exchangeAudience });
  const names = Array.from({ length: size.identities }, (_, at) => nameOf('imds', at));
  const imds = await startImds({ identities: names.map(identityOf) });
  const entra = await entraInTest();
  entra.publicKeys.add(kube.publicKey);
  for (const object of guardObjects(
    ownPodsGuard({ account: agentAccount, audience: exchangeAudience }),
    {},
  )) {
    kube.store.seed(object);
  }
  for (const source of sources) {
    for (let at = 0; at < size.identities; at += 1) {
      seedIdentity({ kube, entra }, source, at, size.accounts);
    }
  }
  const agents: StartedAgent[] = [];
  const pods: BenchPod[][] = [];
  for (let at = 0; at < size.nodes; at += 1) {
    const placed = seedPods(kube, at, size);
    const agent = await startAgent(root, { folder, kube, entra, imdsPort: imds.port, node: nodeOf(at) });
    agents.push(agent);
    pods.push(placed.map((one) => ({ ...one, port: agent.port })));
  }
  return {
    pods,
    tokens: kube.tokens,
    calls: () => countCalls(imds, entra),
    cpuMicroseconds: () => cpuMicrosecondsOf(agents.slice(0, 1).map(({ child: { pid = 0 } }) => ({ pid }))),
    async stop() {
      await Promise.all(
        agents.map(({ child, ended }) => {
          child.kill('SIGTERM');
          return ended;
        }),
      );
      const removed = rm(folder, { recursive: true });
      await Promise.all([kube.stop(), imds.stop(), entra[Symbol.asyncDispose](), removed]);
    },
  };
}

function nameOf(source: Source, at: number): string {
  return `${source}-${at}`;
}

function nodeOf(at: number): string {
  return `node-${at + 1}`;
}

function accountOf(identity: string, at: number): string {
  return `${identity}-account-${at}`;
}

/** The identity, its binding, its service accounts and what Entra knows of it. */
function seedIdentity(
  { kube, entra }: { readonly kube: ConfinedKube; readonly entra: EntraInTest },
  source: Source,
  at: number,
  accounts: number,
): void {
  const name = nameOf(source, at);
  const { clientId } = identityOf(name);
  const identity = azureIdentity(name);
  const annotations = {
    [tokenSourceAnnotation]: source === 'imds' ? 'imds' : 'exchange',
    [tenantIdAnnotation]: tenantId,
    ...(source === 'imds' ? {} : { [exchangeSubjectAnnotation]: source }),
  };
  kube.store.seed({ ...identity, metadata: { ...identity.metadata, annotations } });
  kube.store.seed(binding(name, name));
  if (source !== 'imds') {
    entra.known.add(clientId);
  }
  if (source === 'agent') {
    entra.federated.add(clientId);
  }
  for (let account = 0; account < accounts; account += 1) {
    const metadata = { namespace, name: accountOf(name, account) };
    kube.store.seed({ apiVersion: 'v1', kind: 'ServiceAccount', metadata });
    if (source === 'workload') {
      entra.trusted.add(`${clientId} system:serviceaccount:${namespace}:${metadata.name}`);
    }
  }
}

/** In turns for each identity of each source, and for each account of an identity. */
function seedPods(kube: ConfinedKube, node: number, size: WorldSize): readonly Omit<BenchPod, 'port'>[] {
  return Array.from({ length: size.pods }, (_, at) => {
    const source = sources[at % sources.length] ?? 'imds';
    const turn = Math.floor(at / sources.length);
    const identity = turn % size.identities;
    const account = Math.floor(turn / size.identities) % size.accounts;
    const address = `127.${node + 1}.${Math.floor(at / 250)}.${(at % 250) + 1}`;
    const label = nameOf(source, identity);
    const made = pod({ name: `pod-${node}-${at}`, ip: address, labels: { aadpodidbinding: label } });
    const spec = { ...made.spec, nodeName: nodeOf(node), serviceAccountName: accountOf(label, account) };
    kube.store.seed({ ...made, spec });
    return { source, identity, account, address };
  });
}

function countCalls(imds: StartedImds, entra: EntraInTest): Record<Source, number> {
  const byClient = new Map<string, number>();
  for (const { form } of entra.asked) {
    const { client_id: client = '' } = form;
    byClient.set(client, (byClient.get(client) ?? 0) + 1);
  }
  const subjects = new Set([...entra.trusted].map((pair) => pair.split(' ')[0] ?? ''));
  const of = (isWanted: (client: string) => boolean) =>
    [...byClient].reduce((sum, [client, count]) => sum + (isWanted(client) ? count : 0), 0);
  return {
    imds: imds.issued().reduce((sum, { count }) => sum + count, 0),
    agent: of((client) => !subjects.has(client)),
    workload: of((client) => subjects.has(client)),
  };
}

interface Surroundings {
  readonly folder: string;
  readonly kube: ConfinedKube;
  readonly entra: EntraInTest;
  readonly imdsPort: number;
  readonly node: string;
}

interface StartedAgent {
  readonly child: ChildProcess;
  readonly ended: Promise<unknown>;
  readonly port: number;
}

/** @throws Error where it ends before it is ready */
async function startAgent(root: string, around: Surroundings): Promise<StartedAgent> {
  const { folder, kube, entra, imdsPort, node } = around;
  const kubeconfig = join(folder, `kubeconfig-${node}`);
  await writeFile(kubeconfig, kubeconfigOf(kube.url, node));
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

function kubeconfigOf(server: string, node: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'emulated', cluster: { server } }],
    users: [{ name: 'agent', user: { token: node } }],
    contexts: [{ name: 'emulated', context: { cluster: 'emulated', user: 'agent' } }],
    'current-context': 'emulated',
  });
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
