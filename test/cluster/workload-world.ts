import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { guardObjects, nodeTokensGuard, ownPodsGuard } from '../../src/domain/exchange/exchange-guard.ts';
import { guardRules, type TokenRight } from '../../src/domain/exchange/exchange-roles.ts';
import type { KubeObject } from '../../src/domain/kubernetes/kube-object.ts';
import { connectCluster } from '../../src/k8s/connect-cluster.ts';
import { systemClock } from '../../src/runtime/system-clock.ts';
import { type ApiServer, apiServers, startApiServer } from './api-server.ts';
import { type Answered, type Asked, askForToken, send } from './raw-token-requests.ts';
import { until } from './until.ts';

export const audience = 'api://AzureADTokenExchange';
export const agent = { account: { namespace: 'kube-system', name: 'podid-nmi' }, audience };

const rbac = 'rbac.authorization.k8s.io/v1';

/** As podid gives it on this Kubernetes; and on the newest the right of the older, which an upgrade finds there. */
const rightsOn: Readonly<Record<(typeof apiServers)[number]['version'], readonly TokenRight[]>> = {
  '1.36': ['node', 'own'],
  '1.34': ['own'],
};
export const tokenRights = apiServers.flatMap(({ version, program }) =>
  rightsOn[version].map((right) => ({ version, program, right })),
);

/**
 * An API server with two nodes, agents on both, and in namespace `shop` pods of the accounts `web`, which the roles name,
 * and `batch`, which they do not. Nothing runs.
 */
export interface WorkloadWorld {
  readonly api: ApiServer;
  /** Where the agent of node n1 has its token to exchange. */
  readonly tokenFile: string;
  /** The tokens for the API server by whom they are of. */
  readonly tokens: ReadonlyMap<string, string>;
  uid(pod: string): string;
  apply(...objects: readonly object[]): void;
  ask(asked: Asked): Promise<Answered>;
  /** `GET /api/v1/pods` of all namespaces. */
  listPods(asked: {
    readonly as?: 'n1' | 'n2';
    readonly fieldSelector?: string;
    readonly asUser?: string;
  }): Promise<ListedPods>;
  stop(): Promise<void>;
}

/** What a client that has nothing of podid's is told of pods by an agent's token. */
export interface ListedPods {
  readonly status: number;
  readonly names: readonly string[];
}

export async function workloadWorld(
  program: (typeof apiServers)[number]['program'],
  right: TokenRight,
): Promise<WorkloadWorld> {
  const folder = mkdtempSync(join(tmpdir(), 'podid-workload-'));
  const api = await startApiServer(
    `workload-${right}`,
    ['--authorization-mode=Node', '--enable-admission-plugins=NodeRestriction'],
    program,
  );
  const apply = (...objects: readonly object[]) => {
    const file = join(folder, 'objects.json');
    writeFileSync(file, JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }));
    api.kubectl('apply', '--validate=false', '-f', file);
  };
  const { account } = agent;
  apply(
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } },
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'bank' } },
    ...['n1', 'n2'].map((name) => ({ apiVersion: 'v1', kind: 'Node', metadata: { name } })),
    ...[
      ['kube-system', account.name],
      ['shop', 'web'],
      ['shop', 'batch'],
      ['bank', 'web'],
    ].map(([namespace, name]) => ({
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { namespace, name },
    })),
  );
  apply(
    pod('kube-system', 'agent-n1', account.name, 'n1'),
    pod('kube-system', 'agent-n2', account.name, 'n2'),
    pod('shop', 'web-n1', 'web', 'n1'),
    pod('shop', 'web-n2', 'web', 'n2'),
    pod('shop', 'batch-n1', 'batch', 'n1'),
    pod('bank', 'web-n1', 'web', 'n1'),
  );
  apply(...agentRole(right === 'node', { ownNodeOnly: false }));
  apply(...guardsOf(right));
  const { exchange } = await connected(api);
  await exchange.setGrants(agent, new Map([['shop', ['web']]]), right, new AbortController().signal);
  const uid = (name: string) =>
    api.kubectl('get', 'pod', name, '-n', namespaceOf(name), '-o', 'jsonpath={.metadata.uid}');
  const tokenOf = (...more: readonly string[]) =>
    api.kubectl('create', 'token', account.name, '-n', account.namespace, ...more).trim();
  const bound = (name: string) => ['--bound-object-kind=Pod', `--bound-object-name=${name}`];
  const tokens = new Map([
    ['n1', tokenOf(...bound('agent-n1'))],
    ['n2', tokenOf(...bound('agent-n2'))],
    ['no-node', tokenOf()],
  ]);
  const tokenFile = join(folder, 'token');
  writeFileSync(tokenFile, tokenOf(`--audience=${audience}`, ...bound('agent-n1')));
  const world: WorkloadWorld = {
    api,
    tokenFile,
    tokens,
    uid,
    apply,
    ask: (asked) => askForToken(api, tokens, asked, uid),
    async listPods({ as = 'n1', fieldSelector, asUser }) {
      const query = new URLSearchParams(fieldSelector === undefined ? {} : { fieldSelector });
      const { status, body } = await send(`${api.url}/api/v1/pods?${query}`, {
        token: tokens.get(as) ?? '',
        asUser,
      });
      const { items = [] } = body as { items?: readonly { metadata: { name: string } }[] };
      return { status, names: items.map(({ metadata }) => metadata.name).toSorted() };
    },
    async stop() {
      await api.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  await untilInForce(world, right);
  return world;
}

/** As the chart and `podid exchange` make them. */
export function guardsOf(right: TokenRight): readonly KubeObject[] {
  return [ownPodsGuard(agent), ...(right === 'node' ? [nodeTokensGuard(agent)] : [])].flatMap((guard) =>
    guardObjects(guard, {}),
  );
}

/** Pods of one namespace have names of their own here. */
function namespaceOf(name: string): string {
  return name.startsWith('agent') ? 'kube-system' : 'shop';
}

/** @param ownNodeOnly as with podid.exchange.podsOfOwnNode */
export function agentRole(nodes: boolean, { ownNodeOnly }: { readonly ownNodeOnly: boolean }): object[] {
  const { namespace, name } = agent.account;
  return [
    {
      apiVersion: rbac,
      kind: 'ClusterRole',
      metadata: { name },
      rules: [
        ...(ownNodeOnly ? [] : [{ apiGroups: [''], resources: ['pods'], verbs: ['list', 'watch'] }]),
        {
          apiGroups: ['aadpodidentity.k8s.io'],
          resources: ['azureidentities', 'azureidentitybindings', 'azurepodidentityexceptions'],
          verbs: ['list', 'watch'],
        },
        ...guardRules(agent, nodes),
      ],
    },
    {
      apiVersion: rbac,
      kind: 'ClusterRoleBinding',
      metadata: { name },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name },
      subjects: [{ kind: 'ServiceAccount', namespace, name }],
    },
  ];
}

/** With the volume by which the pod itself reaches the API server, as every pod has it. */
function pod(namespace: string, name: string, serviceAccountName: string, nodeName: string): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace, name },
    spec: { serviceAccountName, nodeName, containers: [{ name: 'main', image: 'registry.invalid/nothing' }] },
  };
}

async function untilInForce(world: WorkloadWorld, right: TokenRight): Promise<void> {
  const asUser = right === 'node' ? { asUser: 'system:node:n1' } : {};
  await until(
    async () =>
      (await world.ask({ name: 'web', pod: 'web-n1', ...asUser })).token === '' &&
      (await world.ask({ name: 'web', pod: 'web-n1', audiences: [audience], ...asUser })).token !== '',
  );
}

/** As `podid exchange` is, with the operator's rights. */
export function connected({ kubeconfig }: Pick<ApiServer, 'kubeconfig'>) {
  return connectCluster({
    kubeconfigPath: kubeconfig,
    fetchUserKubeconfig: () => Promise.reject(new Error('not asked')),
    fetchApiServerHosts: () => Promise.reject(new Error('not asked')),
    warn: () => undefined,
    environment: {},
    timeoutMs: 60_000,
    clock: systemClock(),
    signal: new AbortController().signal,
  });
}
