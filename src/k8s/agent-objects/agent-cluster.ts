import { exchangeRolesOf } from '../../domain/exchange/exchange-roles.ts';
import type { AgentCluster } from '../../domain/kubernetes/agent-cluster.ts';
import { agentKindText } from '../../domain/kubernetes/agent-installation.ts';
import { type KubeObject, type ObjectRef, refOf } from '../../domain/kubernetes/kube-object.ts';
import { isPodidError } from '../../errors/podid-error.ts';
import { isRecord, type JsonRecord, recordAt, recordsAt, stringAt } from '../../validate/json-record.ts';
import { parseAgentInstallation } from '../../validate/kubernetes/agent-installation.ts';
import { parseFinishedPod, parseTaintedNode } from '../../validate/kubernetes/daemon-set-rollout.ts';
import type { KubeRest } from '../client/kube-rest.ts';
import { mergeContent } from '../client/kube-rest.ts';
import { listsAllPods } from '../exchange/pod-rights.ts';
import { listTokenRoles } from '../exchange/token-roles.ts';
import { podidManager } from '../objects/render-objects.ts';
import { keepLedger, readLedger } from '../standard-mode/controller-ledger.ts';
import { markMakers } from '../workloads/mark-makers.ts';
import { releaseSelector } from './agent-names.ts';
import { type AgentObjectsApi, agentObjectsApi } from './agent-objects-api.ts';
import { agentError } from './agent-terms.ts';
import { readHelmRelease } from './helm-release.ts';
import { identityDefinitions } from './identity-definitions.ts';
import { readControllerRollout, readRollout } from './read-rollout.ts';
import { renderAgent } from './render-agent.ts';
import { agentOwned, writeAgentObject } from './write-agent-object.ts';

/**
 * The kinds of what podid's install writes, without the definitions and the identity kinds: those outlive the
 * agent. The one that works first.
 */
const ownKinds: readonly {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespaced: boolean;
}[] = [
  { apiVersion: 'apps/v1', kind: 'DaemonSet', namespaced: true },
  { apiVersion: 'apps/v1', kind: 'Deployment', namespaced: true },
  { apiVersion: 'cilium.io/v2', kind: 'CiliumLocalRedirectPolicy', namespaced: true },
  { apiVersion: 'monitoring.coreos.com/v1', kind: 'PodMonitor', namespaced: true },
  { apiVersion: 'monitoring.coreos.com/v1', kind: 'ServiceMonitor', namespaced: true },
  { apiVersion: 'monitoring.coreos.com/v1', kind: 'PrometheusRule', namespaced: true },
  { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', namespaced: true },
  { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', namespaced: true },
  {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingAdmissionPolicyBinding',
    namespaced: false,
  },
  { apiVersion: 'admissionregistration.k8s.io/v1', kind: 'ValidatingAdmissionPolicy', namespaced: false },
  { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'RoleBinding', namespaced: true },
  { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role', namespaced: true },
  { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRoleBinding', namespaced: false },
  { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', namespaced: false },
  { apiVersion: 'v1', kind: 'Service', namespaced: true },
  { apiVersion: 'v1', kind: 'ConfigMap', namespaced: true },
  { apiVersion: 'v1', kind: 'ServiceAccount', namespaced: true },
];

/** The cluster's own API as the place where the agent is installed. */
export function agentCluster(rest: KubeRest): AgentCluster {
  const api = agentObjectsApi(rest);
  const owned = agentOwned(rest);
  return {
    installations: (namespace, signal) => listInstallations(api, namespace, signal),
    render: (values, release) => ({
      definitions: identityDefinitions(),
      objects: renderAgent(values, release),
    }),
    write: (object, request, signal) => writeAgentObject(owned, object, request, signal),
    tryPod: (daemonSet, signal) => tryPod(api, daemonSet, signal),
    async isEstablished(definition, signal) {
      const found = await api.get(definition, signal);
      const status = recordAt(found ?? {}, 'status');
      const conditions = Array.isArray(status['conditions']) ? status['conditions'].filter(isRecord) : [];
      return conditions.some((each) => each['type'] === 'Established' && each['status'] === 'True');
    },
    async serverMinor(signal) {
      const reply = await rest({ method: 'GET', path: '/version' }, signal);
      if (reply.failure !== undefined) {
        throw await agentError(rest, reply.failure, { verb: 'get', resource: '/version' }, signal);
      }
      const version = isRecord(reply.body) ? reply.body : {};
      // Some servers write `30+`.
      return Number.parseInt(stringAt(version, 'minor') ?? '0', 10);
    },
    async namespaceExists(name, signal) {
      return (await api.get({ apiVersion: 'v1', kind: 'Namespace', name }, signal)) !== undefined;
    },
    ownObjects: (release, signal) => listOwnObjects(api, release, signal),
    tokenRoles: (signal) => listTokenRoles(api, signal),
    async remove(ref, signal, uid) {
      const body = {
        apiVersion: 'v1',
        kind: 'DeleteOptions',
        propagationPolicy: 'Background',
        ...(uid === undefined ? {} : { preconditions: { uid } }),
      };
      const removed = await api.send({ method: 'DELETE', body }, { verb: 'delete', ref }, signal);
      return removed !== undefined;
    },
    async createBriefly(object, signal) {
      const ref = refOf(object);
      const query = { fieldManager: podidManager };
      const made = await api.send({ method: 'POST', query, body: object }, { verb: 'create', ref }, signal);
      return stringAt(recordAt(isRecord(made) ? made : {}, 'metadata'), 'uid') ?? '';
    },
    async podsLeft(namespace, labels, signal) {
      const pods = await api.list({ apiVersion: 'v1', kind: 'Pod', namespace }, selectorText(labels), signal);
      return (pods ?? []).map((pod) => stringAt(recordAt(pod, 'metadata'), 'name') ?? '');
    },
    rollout: (daemonSet, signal) => readRollout(api, daemonSet, signal),
    controllerRollout: (deployment, signal) => readControllerRollout(api, deployment, signal),
    ledger: (signal) => readLedger(api, signal),
    keepLedger: (ledger, signal) => keepLedger(api, ledger, signal),
    listsAllPods: (account, signal) => listsAllPods(api, account, signal),
    async taintedNodes(signal) {
      const nodes = (await api.list({ apiVersion: 'v1', kind: 'Node' }, '', signal)) ?? [];
      return nodes.map(parseTaintedNode).filter((node) => node !== undefined);
    },
    removeTaint: (node, key, signal) => removeTaint(api, node, key, signal),
    async podEnd({ namespace, name }, signal) {
      const pod = await api.get({ apiVersion: 'v1', kind: 'Pod', namespace, name }, signal);
      return pod === undefined ? { phase: 'gone' } : parseFinishedPod(pod);
    },
    helmRelease: (release, signal) => readHelmRelease(rest, release, signal),
  };
}

async function listInstallations(api: AgentObjectsApi, namespace: string, signal: AbortSignal) {
  const kind = { apiVersion: 'apps/v1', kind: 'DaemonSet' };
  const all = await api.list(kind, '', signal).catch((error: unknown) => {
    if (!isPodidError(error, 'Forbidden')) {
      throw error;
    }
    return api.list({ ...kind, namespace }, '', signal);
  });
  const found = (all ?? []).map(parseAgentInstallation).filter((each) => each !== undefined);
  const bindings = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRoleBinding' };
  const marked = await markMakers(
    found,
    ({ serviceAccount, kind: whose }) => ({ serviceAccount, isPodids: whose === 'podid' }),
    async () => (await api.list(bindings, '', signal)) ?? [],
  );
  return marked.toSorted((one, other) => (agentKindText(one) < agentKindText(other) ? -1 : 1));
}

/**
 * The server decides on a dry run as it would on the pod itself, Pod Security and webhooks included. The
 * account may not be there yet, and without one the pod would be refused for that alone, so it borrows the
 * one that every namespace has.
 */
async function tryPod(api: AgentObjectsApi, daemonSet: KubeObject, signal: AbortSignal): Promise<void> {
  const { namespace, name } = daemonSet.metadata;
  const template = recordAt(recordAt(daemonSet, 'spec'), 'template');
  const ref: ObjectRef = {
    apiVersion: 'v1',
    kind: 'Pod',
    name: `${name}-try`,
    ...(namespace === undefined ? {} : { namespace }),
  };
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { ...recordAt(template, 'metadata'), name: ref.name, namespace },
    spec: { ...recordAt(template, 'spec'), serviceAccountName: 'default' },
  };
  await api.send({ method: 'POST', query: { dryRun: 'All' }, body: pod }, { verb: 'create', ref }, signal);
}

async function listOwnObjects(
  api: AgentObjectsApi,
  release: Parameters<AgentCluster['ownObjects']>[0],
  signal: AbortSignal,
): Promise<readonly ObjectRef[]> {
  const labels = releaseSelector(release);
  const found: ObjectRef[] = [];
  for (const { apiVersion, kind } of ownKinds) {
    const items = await api.list({ apiVersion, kind }, labels, signal);
    for (const item of items ?? []) {
      const metadata = recordAt(item, 'metadata');
      const [name, namespace] = [stringAt(metadata, 'name'), stringAt(metadata, 'namespace')];
      if (name) {
        found.push({ apiVersion, kind, name, ...(namespace ? { namespace } : {}) });
        found.push(...secretsOf(item, kind, namespace));
      }
    }
  }
  const accounts = found.flatMap(({ kind, namespace = '', name }) =>
    kind === 'ServiceAccount' ? [exchangeRolesOf({ namespace, name })] : [],
  );
  // They go before the policies that confine them.
  const roles = accounts.length === 0 ? [] : await listTokenRoles(api, signal);
  return [...roles.filter(({ of }) => accounts.includes(of)).map(({ ref }) => ref), ...found];
}

/** The controller's own Secret, by its Deployment: who may not list secrets can still delete the one. */
function secretsOf(item: JsonRecord, kind: string, namespace: string | undefined): ObjectRef[] {
  if (kind !== 'Deployment' || namespace === undefined) {
    return [];
  }
  const pod = recordAt(recordAt(recordAt(item, 'spec'), 'template'), 'spec');
  return recordsAt(pod, 'volumes').flatMap((volume) => {
    const name = stringAt(recordAt(volume, 'secret'), 'secretName');
    return name === undefined ? [] : [{ apiVersion: 'v1', kind: 'Secret', namespace, name }];
  });
}

async function removeTaint(
  api: AgentObjectsApi,
  name: string,
  key: string,
  signal: AbortSignal,
): Promise<void> {
  const ref: ObjectRef = { apiVersion: 'v1', kind: 'Node', name };
  const node = await api.get(ref, signal);
  const { taints } = recordAt(node ?? {}, 'spec');
  if (!Array.isArray(taints) || !taints.some((taint) => isRecord(taint) && taint['key'] === key)) {
    return;
  }
  const left = taints.filter((taint) => !isRecord(taint) || taint['key'] !== key);
  // A list is replaced as a whole, so the version keeps others' taints of the meantime.
  const { resourceVersion } = recordAt(node ?? {}, 'metadata');
  const body = { metadata: { resourceVersion }, spec: { taints: left } };
  await api.send({ method: 'PATCH', contentType: mergeContent, body }, { verb: 'patch', ref }, signal);
}

function selectorText(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
}
