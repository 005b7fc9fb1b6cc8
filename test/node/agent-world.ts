import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as passing } from 'node:timers/promises';
import type { ImdsFault } from '../../src/emulator/imds/imds-faults.ts';
import type { BundledPrograms } from './bundled-programs.ts';
import { type Asked, startAsking } from './drill.ts';
import { createNodeNetwork, type Host, type NetworkOptions, type NodeNetwork } from './network.ts';
import type { Program } from './program.ts';

/** Identities of the node: two that pods are bound to, and the node's own, which no pod may get. */
export const identities = {
  web: identity('web', '00000000-0000-0000-0000-00000000000a'),
  jobs: identity('jobs', '00000000-0000-0000-0000-00000000000b'),
  node: identity('node', '00000000-0000-0000-0000-0000000000ff'),
};

/** Tokens that IMDS gave out, by identity and the address that asked. */
export interface Issued {
  readonly clientId: string;
  readonly resource: string;
  readonly peer: string;
  readonly count: number;
}

/**
 * A node with podid's own agent, from `dist/`. Pod 1 (`web`) is bound to the identities web and jobs, oldest
 * first; pod 2 (`plain`) to none; pod 3, where there is one, is excepted.
 */
export interface AgentWorld {
  readonly network: NodeNetwork;
  readonly folder: string;
  readonly bound: Host;
  readonly unbound: Host;
  /** Starts the agent; `extra` are further flags. Comes back when it is ready, unless `wait` is false. */
  startAgent(options?: AgentOptions): Promise<Program>;
  /** Waits for a 200 on the probe port: podid's `/readyz`, unless another path is given. */
  ready(path?: string): Promise<void>;
  seed(object: object): Promise<void>;
  remove(kind: string, namespace: string, name: string): Promise<void>;
  /** What IMDS is like from now on: as it began, but for what is given. */
  imds(change: { readonly faults?: readonly ImdsFault[]; readonly identities?: readonly Identity[] }): void;
  issued(): readonly Issued[];
  /** How often IMDS had to say 429. */
  throttled(): number;
  /** Times the API server was asked, by `verb resource`. */
  apiCalls(): Readonly<Record<string, number>>;
  /** Lets both pods ask, while `meanwhile` runs. */
  drill(meanwhile: () => Promise<void>): Promise<AgentDrill>;
}

export interface AgentOptions {
  readonly word?: 'rules' | 'serve';
  readonly extra?: readonly string[];
  readonly wait?: boolean;
  readonly user?: number;
  /** What starts the agent, such as `taskset -c 0`. */
  readonly through?: readonly string[];
  /** It is told of the API server as a pod is: by its environment and a mounted account, and by no kubeconfig. */
  readonly inPod?: boolean;
}

export interface AgentDrill {
  readonly bound: Asked;
  readonly unbound: Asked;
  readonly issued: readonly Issued[];
}

/** What the network and IMDS are like. */
export interface WorldOptions extends Partial<NetworkOptions> {
  readonly latencyMs?: number;
  readonly quota?: { readonly concurrent: number; readonly perSecond: number };
}

/** Runs `story` in a world of its own, and takes the world away whatever happens. */
export async function inAgentWorld(
  programs: BundledPrograms,
  { latencyMs, quota, ...options }: WorldOptions,
  story: (world: AgentWorld) => Promise<void>,
): Promise<void> {
  const network = createNodeNetwork({ pods: 2, kind: 'bridged', ...options });
  const folder = mkdtempSync(join(tmpdir(), 'podid-node-'));
  try {
    makeCertificate(folder);
    writeFileSync(join(folder, 'kubeconfig'), kubeconfig(folder), { mode: 0o644 });
    makeAccount(folder);
    const azure = network.azure.start(process.execPath, [
      programs.path('azure'),
      JSON.stringify({
        folder,
        identities: [identities.web, identities.jobs],
        systemAssigned: identities.node,
        namespaces: ['shop'],
        objects: clusterObjects(network),
        latencyMs,
        quota,
      }),
    ]);
    await azure.line(/azure is up/);
    await story(agentWorld(network, folder, programs));
  } finally {
    await network.remove();
    rmSync(folder, { recursive: true, force: true });
  }
}

function agentWorld(network: NodeNetwork, folder: string, programs: BundledPrograms): AgentWorld {
  const [bound, unbound] = network.pods as [Host, Host];
  const control = (path: string, body: object = {}) =>
    JSON.parse(
      network.azure.run('curl', '-sS', '-m', '10', '-d', JSON.stringify(body), `http://10.1.0.1:8099${path}`),
    ) as { issued: readonly Issued[]; throttled: number; counts: Readonly<Record<string, number>> };
  const ready = (path?: string) => untilReady(network.node, undefined, path);
  return {
    network,
    folder,
    bound,
    unbound,
    ready,
    async startAgent({ word, extra = [], wait = true, user, through = [], inPod = false } = {}) {
      const serves = [...serveFlags, ...(inPod ? [] : [`--kubeconfig=${join(folder, 'kubeconfig')}`])];
      const flags = [...ruleFlags(folder), ...(word === 'rules' ? [] : serves)];
      const split = word === undefined ? [] : [`--heartbeat-file=${join(folder, 'heartbeat.json')}`];
      const words = word === undefined ? [] : [word];
      const [command = '', ...args] = [...through, process.execPath, programs.agent];
      const agent = network.node.start(command, [...args, ...words, ...flags, ...split, ...extra], {
        ...(user === undefined ? {} : { user }),
        ...(inPod ? { env: podEnvironment, account: join(folder, 'account') } : {}),
      });
      if (wait && word !== 'rules') {
        await untilReady(network.node, agent);
      }
      return agent;
    },
    async seed(object) {
      control('/seed', object);
    },
    async remove(kind, namespace, name) {
      control('/remove', { kind, namespace, name });
    },
    imds: (change) => void control('/imds', change),
    issued: () => control('/').issued,
    throttled: () => control('/').throttled,
    apiCalls: () => control('/').counts,
    async drill(meanwhile) {
      const asker = programs.path('asker');
      const asking = await Promise.all([startAsking(bound, asker), startAsking(unbound, asker)]);
      await meanwhile();
      const [ofBound, ofUnbound] = (await Promise.all(asking.map((one) => one.finish()))) as [Asked, Asked];
      return { bound: ofBound, unbound: ofUnbound, issued: control('/').issued };
    },
  };
}

const longestStartMs = 60_000;

/** Waits until the agent calls itself ready; when it does not, its own words are the error. */
async function untilReady(node: Host, agent?: Program, path = '/readyz'): Promise<void> {
  const end = performance.now() + longestStartMs;
  let said = '';
  let ended = false;
  void agent?.ended.then(() => {
    ended = true;
  });
  while (said !== '200') {
    if (performance.now() > end || ended) {
      throw new Error(`the agent is not ready (${said}):\n${agent?.lines.slice(-20).join('\n')}`);
    }
    await passing(50);
    said = await answerOf(node, path);
  }
}

async function answerOf(node: Host, path: string): Promise<string> {
  const asked = node.start('curl', [
    '-s',
    '-m',
    '2',
    '-o',
    '/dev/null',
    '-w',
    '%{http_code}\\n',
    `http://127.0.0.1:8085${path}`,
  ]);
  return asked.line(/^\d{3}$/);
}

function ruleFlags(folder: string): readonly string[] {
  return ['--ipt-update-interval-sec=1', `--cni-results-dir=${join(folder, 'results')}`];
}

const serveFlags = [
  '--node=node-1',
  '--operation-mode=managed',
  '--forceNamespaced',
  '--http-probe-port=8085',
  '--probe-address=127.0.0.1',
  '--metrics-address=127.0.0.1',
];

/** Where the kubelet tells a pod that the API server is. */
export const podEnvironment = { KUBERNETES_SERVICE_HOST: '10.1.0.1', KUBERNETES_SERVICE_PORT: '6443' };

/** A service account as the kubelet mounts it; the world's API server asks for no token. */
function makeAccount(folder: string): void {
  const account = join(folder, 'account');
  mkdirSync(account);
  copyFileSync(join(folder, 'tls.crt'), join(account, 'ca.crt'));
  writeFileSync(join(account, 'token'), 'none');
  writeFileSync(join(account, 'namespace'), 'kube-system');
}

/** A throw-away certificate of the API server's address; it is its own authority. */
function makeCertificate(folder: string): void {
  chmodSync(folder, 0o755);
  const [key, certificate] = [join(folder, 'tls.key'), join(folder, 'tls.crt')];
  const request = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=kube';
  execFileSync(
    'openssl',
    [...request.split(' '), '-addext', 'subjectAltName=IP:10.1.0.1', '-keyout', key, '-out', certificate],
    { stdio: 'pipe' },
  );
}

function kubeconfig(folder: string): string {
  const authority = join(folder, 'tls.crt');
  return `apiVersion: v1
kind: Config
clusters: [{name: c, cluster: {server: "https://10.1.0.1:6443", certificate-authority: "${authority}"}}]
users: [{name: u, user: {}}]
contexts: [{name: x, context: {cluster: c, user: u}}]
current-context: x
`;
}

function clusterObjects(network: NodeNetwork): readonly object[] {
  const [web, plain, legacy] = network.pods;
  return [
    azureIdentity('web', identities.web, '2026-01-01T00:00:00Z'),
    azureIdentity('jobs', identities.jobs, '2026-01-02T00:00:00Z'),
    binding('web'),
    binding('jobs'),
    ...(web ? [podObject('web-0', web.address, { aadpodidbinding: 'web' })] : []),
    ...(plain ? [podObject('plain-0', plain.address, {})] : []),
    ...(legacy ? [podObject('legacy-0', legacy.address, { app: 'legacy' })] : []),
    {
      apiVersion: 'aadpodidentity.k8s.io/v1',
      kind: 'AzurePodIdentityException',
      metadata: { name: 'legacy', namespace: 'shop' },
      spec: { podLabels: { app: 'legacy' } },
    },
  ];
}

/** A running pod of the node in namespace `shop`. */
export function podObject(
  name: string,
  address: string,
  labels: Readonly<Record<string, string>>,
  namespace = 'shop',
) {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, uid: `uid-${name}`, labels },
    spec: { nodeName: 'node-1', containers: [{ name: 'c', image: 'i' }] },
    status: { phase: 'Running', podIP: address, podIPs: [{ ip: address }] },
  };
}

function azureIdentity(name: string, { clientId, resourceId }: Identity, created: string) {
  return {
    apiVersion: 'aadpodidentity.k8s.io/v1',
    kind: 'AzureIdentity',
    metadata: { name, namespace: 'shop', creationTimestamp: created },
    spec: { type: 0, clientID: clientId, resourceID: resourceId },
  };
}

/** Both identities are bound to the selector `web`. */
function binding(name: string) {
  return {
    apiVersion: 'aadpodidentity.k8s.io/v1',
    kind: 'AzureIdentityBinding',
    metadata: { name: `${name}-binding`, namespace: 'shop' },
    spec: { azureIdentity: name, selector: 'web' },
  };
}

export interface Identity {
  readonly clientId: string;
  readonly objectId: string;
  readonly resourceId: string;
}

function identity(name: string, clientId: string): Identity {
  return {
    clientId,
    objectId: clientId.replace(/^0{8}/, '11111111'),
    resourceId: `/subscriptions/s/resourcegroups/r/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${name}`,
  };
}
