import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../../src/domain/time/clock.ts';
import { type StartedImds, type StartImdsOptions, startImds } from '../../src/emulator/imds/start-imds.ts';
import { type StartedKube, startKube } from '../../src/emulator/kube/start-kube.ts';
import { nmiSettings } from '../../src/nmi/nmi-settings.ts';
import { runNmi } from '../../src/nmi/run-nmi.ts';
import { createLogger } from '../../src/runtime/logger.ts';
import { systemClock } from '../../src/runtime/system-clock.ts';

export const node = 'node-1';

export interface LogLine {
  readonly level: string;
  readonly msg: string;
  readonly [fact: string]: unknown;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly json: Record<string, never> & { readonly [member: string]: unknown };
  readonly ms: number;
}

export interface Ask {
  /** The pod's address. */
  readonly from?: string;
  readonly target?: string;
  readonly method?: string;
  readonly headers?: Record<string, string>;
}

export interface AgentWorld extends AsyncDisposable {
  readonly kube: StartedKube;
  readonly imds: StartedImds;
  readonly log: readonly LogLine[];
  readonly port: number;
  readonly heartbeatFile: string;
  ask(ask?: Ask): Promise<Answer>;
  probe(path: string): Promise<Answer>;
  metrics(): Promise<string>;
  /** `/record`, from an address of the node. */
  record(ask?: Pick<Ask, 'from' | 'method'>): Promise<Answer>;
  rules(ask?: Pick<Ask, 'from' | 'method'>): Promise<Answer>;
  /** Ends the agent as SIGTERM does, and waits until it has ended. */
  end(): Promise<void>;
}

export interface WorldOptions {
  readonly flags?: readonly string[];
  readonly imds?: Partial<StartImdsOptions>;
  /** Puts objects there before the agent starts. */
  readonly before?: (kube: StartedKube) => void | Promise<void>;
  readonly waitForReady?: boolean;
  readonly clock?: Clock;
  /** Of the agent's process. */
  readonly environment?: Readonly<Record<string, string>>;
}

export function identityOf(name: string) {
  const tail = [...name].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 1e12, 7);
  return {
    clientId: `c0000000-0000-4000-8000-${String(tail).padStart(12, '0')}`,
    objectId: `0b000000-0000-4000-8000-${String(tail).padStart(12, '0')}`,
    resourceId: `/subscriptions/0000/resourceGroups/rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${name}`,
  };
}

export const nodeIdentity = identityOf('node-default');
export const resource = 'https://vault.azure.net';
export const tokenTarget = `/metadata/identity/oauth2/token?api-version=2018-02-01&resource=${encodeURIComponent(resource)}`;

/** An agent, serving alone, beside a Kubernetes API and an IMDS; pods are addresses of 127.0.0.0/8. */
export async function startWorld(options: WorldOptions = {}): Promise<AgentWorld> {
  const folder = await mkdtemp(join(tmpdir(), 'podid-nmi-'));
  const kube = await startKube({ namespaces: ['shop', 'other'] });
  const imds = await startImds({
    identities: [identityOf('web'), identityOf('api')],
    systemAssigned: nodeIdentity,
    ...options.imds,
  });
  await options.before?.(kube);
  const kubeconfig = join(folder, 'kubeconfig');
  await writeFile(kubeconfig, kubeconfigFor(kube.url));
  const heartbeatFile = join(folder, 'heartbeat.json');
  const flags = [
    'serve',
    `--node=${node}`,
    '--operation-mode=managed',
    '--forceNamespaced',
    '--nmi-port=0',
    '--http-probe-port=0',
    '--prometheus-port=0',
    '--probe-address=127.0.0.1',
    '--metrics-address=127.0.0.1',
    '--kubelet-config=/nowhere',
    `--metadata-ip=127.0.0.1`,
    `--metadata-port=${imds.port}`,
    `--kubeconfig=${kubeconfig}`,
    '--allow-loopback-pods',
    '--redirected-by-others',
    ...(options.flags ?? []).map((flag) => flag.replace('HEARTBEAT', heartbeatFile)),
  ];
  const log: LogLine[] = [];
  const destination = { write: (line: string) => void log.push(JSON.parse(line)) };
  const logger = createLogger({ level: 'debug', format: 'json', destination });
  const stop = new AbortController();
  const running = runNmi(
    nmiSettings(flags, options.environment ?? {}),
    { clock: options.clock ?? systemClock(), logger },
    stop.signal,
  );
  running.catch(() => undefined);
  const portOf = (what: string) => {
    const line = log.find((entry) => entry.msg === 'listening' && entry['what'] === what);
    return line === undefined ? undefined : Number(line['port']);
  };
  const port = await until(() => portOf('pods'));
  const probePort = await until(() => portOf('probes'));
  const metricsPort = await until(() => portOf('metrics'));
  const world: AgentWorld = {
    kube,
    imds,
    log,
    port,
    heartbeatFile,
    ask: ({ from = '127.0.0.7', target = tokenTarget, method = 'GET', headers = {} } = {}) =>
      send({ port, path: target, method, localAddress: from, headers: { Metadata: 'true', ...headers } }),
    probe: (path) => send({ port: probePort, path }),
    metrics: async () => (await send({ port: metricsPort, path: '/metrics' })).text,
    record: ({ from = '127.0.0.1', method = 'GET' } = {}) =>
      send({ port: metricsPort, path: '/record', method, localAddress: from }),
    rules: ({ from = '127.0.0.1', method = 'GET' } = {}) =>
      send({ port: metricsPort, path: '/rules', method, localAddress: from }),
    async end() {
      stop.abort(new Error('SIGTERM'));
      await running;
    },
    async [Symbol.asyncDispose]() {
      stop.abort(new Error('the test is over'));
      await running;
      await Promise.all([kube.stop(), imds.stop(), rm(folder, { recursive: true })]);
    },
  };
  if (options.waitForReady !== false) {
    await until(async () => (await world.probe('/readyz')).status === 200 || undefined);
  }
  return world;
}

/** Waits for a condition; fails after twenty seconds, unless told otherwise. */
export async function until<T>(
  look: () => T | undefined | Promise<T | undefined>,
  longestMs = 20_000,
): Promise<T> {
  const end = performance.now() + longestMs;
  for (;;) {
    const found = await look();
    if (found !== undefined) {
      return found;
    }
    if (performance.now() > end) {
      throw new Error('The condition did not come true in time.');
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

export function send(options: {
  readonly port: number;
  readonly path: string;
  readonly method?: string;
  readonly localAddress?: string;
  readonly headers?: Record<string, string>;
}): Promise<Answer> {
  const began = performance.now();
  return new Promise((resolve, reject) => {
    const sent = httpRequest({ host: '127.0.0.1', agent: false, ...options }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('error', reject);
      answer.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        resolve({
          status: answer.statusCode ?? 0,
          headers: answer.headers,
          text,
          json: parsed(text),
          ms: performance.now() - began,
        });
      });
    });
    sent.on('error', reject);
    sent.end();
  });
}

function parsed(text: string): Answer['json'] {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

export interface PodFacts {
  readonly name: string;
  readonly namespace?: string;
  readonly ip?: string;
  readonly labels?: Record<string, string>;
  readonly phase?: string;
  readonly uid?: string;
  readonly createdMs?: number;
  readonly controller?: { readonly kind: string; readonly name: string; readonly uid: string };
}

/** A pod of this node, old enough for its binding to have arrived. */
export function pod({
  name,
  namespace = 'shop',
  ip,
  labels = {},
  phase = 'Running',
  uid,
  createdMs,
  controller,
}: PodFacts) {
  const created = new Date(createdMs ?? Date.now() - 3_600_000).toISOString().replace(/\.\d+/, '');
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace,
      labels,
      creationTimestamp: created,
      ...(uid ? { uid } : {}),
      ...(controller
        ? { ownerReferences: [{ ...controller, apiVersion: 'apps/v1', controller: true }] }
        : {}),
    },
    spec: { nodeName: node },
    status: { phase, ...(ip ? { podIP: ip, podIPs: [{ ip }] } : {}) },
  };
}

const api = 'aadpodidentity.k8s.io/v1';

export function azureIdentity(name: string, spec: Record<string, unknown> = {}, namespace = 'shop') {
  const { clientId, resourceId } = identityOf(name);
  return {
    apiVersion: api,
    kind: 'AzureIdentity',
    metadata: { name, namespace },
    spec: { type: 0, clientID: clientId, resourceID: resourceId, ...spec },
  };
}

export function binding(name: string, selector: string, namespace = 'shop') {
  return {
    apiVersion: api,
    kind: 'AzureIdentityBinding',
    metadata: { name: `${name}-binding`, namespace },
    spec: { azureIdentity: name, selector },
  };
}

export function exception(name: string, podLabels: Record<string, string>, namespace = 'shop') {
  return {
    apiVersion: api,
    kind: 'AzurePodIdentityException',
    metadata: { name, namespace },
    spec: { podLabels },
  };
}

/** A pod `web` at 127.0.0.7 bound to the identity `web`, and an unbound one at 127.0.0.8. */
export function seedShop(kube: StartedKube): void {
  kube.store.seed(azureIdentity('web'));
  kube.store.seed(binding('web', 'web'));
  kube.store.seed(pod({ name: 'web', ip: '127.0.0.7', labels: { aadpodidbinding: 'web' } }));
  kube.store.seed(pod({ name: 'plain', ip: '127.0.0.8' }));
}

export function kubeconfigFor(server: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'emulated', cluster: { server } }],
    users: [{ name: 'agent', user: {} }],
    contexts: [{ name: 'emulated', context: { cluster: 'emulated', user: 'agent' } }],
    'current-context': 'emulated',
  });
}
