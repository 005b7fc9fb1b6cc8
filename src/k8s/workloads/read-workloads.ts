import {
  type AgentPod,
  type PodAnswer,
  type Workloads,
  workloadKindFacts,
} from '../../domain/kubernetes/workloads.ts';
import { isPodidError, PodidError } from '../../errors/podid-error.ts';
import { isRecord, stringAt } from '../../validate/json-record.ts';
import {
  parseAgentDaemonSet,
  parseAgentPod,
  parseNetworkPolicy,
  parseNode,
  parseSeenPod,
  parseWorkload,
} from '../../validate/kubernetes/workloads.ts';
import type { ForwardedQuestion } from '../client/port-forward.ts';
import { markMakers } from './mark-makers.ts';
import type { WorkloadApi } from './workload-api.ts';

/** Asks a port of a pod where the API server cannot: by way of the pod's kubelet. */
export type AskThroughKubelet = (question: ForwardedQuestion, signal: AbortSignal) => Promise<PodAnswer>;

/** What runs in a cluster, read from its API. */
export function readWorkloads(api: WorkloadApi, askThroughKubelet: AskThroughKubelet): Workloads {
  return {
    async pod({ namespace, name }, signal) {
      const path = `${podsPath(namespace)}/${encodeURIComponent(name)}`;
      return parseSeenPod(await api.get({ path, verb: 'get', resource: 'pods', namespace }, signal));
    },
    async pods(namespace, labels, signal) {
      const items = await listPods(api, { namespace, labels }, signal);
      return parsed(items, parseSeenPod);
    },
    async workloads(kind, namespace, labels, signal) {
      const { group, version, plural } = workloadKindFacts(kind);
      const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
      const path = collection(root, namespace, plural);
      const resource = group === '' ? plural : `${plural}.${group}`;
      const query = labels === '' ? {} : { query: { labelSelector: labels } };
      const items = await api.list({ path, ...query, verb: 'list', resource, ...scope(namespace) }, signal);
      return parsed(items, (json) => parseWorkload(kind, json));
    },
    async namespaces(signal) {
      const asked = { path: '/api/v1/namespaces', verb: 'list', resource: 'namespaces' } as const;
      return parsed(await api.list(asked, signal), nameOf);
    },
    async nodes(signal) {
      const items = await api.list({ path: '/api/v1/nodes', verb: 'list', resource: 'nodes' }, signal);
      return parsed(items, parseNode);
    },
    async networkPolicies(namespace, signal) {
      const resource = 'networkpolicies.networking.k8s.io';
      const path = collection('/apis/networking.k8s.io/v1', namespace, 'networkpolicies');
      const asked = { path, verb: 'list', resource, ...scope(namespace) } as const;
      return parsed(await api.list(asked, signal), parseNetworkPolicy);
    },
    agents: (signal) => listAgents(api, signal),
    async ask({ namespace, name }, port, path, signal) {
      const podPath = `${podsPath(namespace)}/${encodeURIComponent(name)}`;
      const proxied = {
        path: `${podPath}:${port}/proxy${path}`,
        verb: 'get',
        resource: 'pods/proxy',
      } as const;
      const throughKubelet = () => askThroughKubelet({ podPath, port, path }, signal);
      try {
        const answer = await api.text({ ...proxied, namespace }, signal);
        // It tells nobody but its own node, from which the kubelet asks.
        return answer.status === 403 ? await throughKubelet().catch(() => answer) : answer;
      } catch (error) {
        if (!isPodidError(error, 'ClusterUnreachable')) {
          throw error;
        }
        // What is closed to the network, and to an API server that does not run on the node, is not closed there.
        return await throughKubelet().catch((second: unknown) => {
          throw isPodidError(second) ? silent(second, `${namespace}/${name}`, port) : second;
        });
      }
    },
    async log({ namespace, name, container }, lines, signal) {
      const query = `container=${encodeURIComponent(container)}&tailLines=${lines}`;
      const path = `${podsPath(namespace)}/${encodeURIComponent(name)}/log?${query}`;
      return (await api.text({ path, verb: 'get', resource: 'pods/log', namespace }, signal)).text;
    },
  };
}

function nameOf(object: unknown): string | undefined {
  const metadata = isRecord(object) ? object['metadata'] : undefined;
  return isRecord(metadata) ? stringAt(metadata, 'name') : undefined;
}

async function listAgents(api: WorkloadApi, signal: AbortSignal): Promise<readonly AgentPod[]> {
  const path = collection('/apis/apps/v1', undefined, 'daemonsets');
  const items = await api.list({ path, verb: 'list', resource: 'daemonsets.apps' }, signal);
  const agents = await Promise.all(
    parsed(items, parseAgentDaemonSet).map(async ({ namespace, name, selector }) => {
      const labels = Object.entries(selector).map(([key, value]) => `${key}=${value}`);
      const pods = await listPods(api, { namespace, labels: labels.join(',') }, signal);
      return parsed(pods, (pod) => parseAgentPod(pod, name));
    }),
  );
  const bindings = {
    path: '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings',
    verb: 'list',
    resource: 'clusterrolebindings.rbac.authorization.k8s.io',
  } as const;
  return await markMakers(
    agents.flat(),
    ({ serviceAccount = '', secretPairs }) => ({ serviceAccount, isPodids: secretPairs !== undefined }),
    () => api.list(bindings, signal),
  );
}

function listPods(
  api: WorkloadApi,
  { namespace, labels }: { readonly namespace: string | undefined; readonly labels: string },
  signal: AbortSignal,
): Promise<readonly unknown[]> {
  const query = labels === '' ? {} : { query: { labelSelector: labels } };
  const path = collection('/api/v1', namespace, 'pods');
  return api.list({ path, ...query, verb: 'list', resource: 'pods', ...scope(namespace) }, signal);
}

function silent(cause: PodidError, pod: string, port: number): PodidError {
  return new PodidError(
    'ClusterUnreachable',
    `Nobody answers at port ${port} of pod ${pod}, neither through the cluster's API nor through the kubelet: ${cause.message}`,
    { cause, details: cause.details },
  );
}

function podsPath(namespace: string): string {
  return collection('/api/v1', namespace, 'pods');
}

function collection(api: string, namespace: string | undefined, plural: string): string {
  return namespace === undefined
    ? `${api}/${plural}`
    : `${api}/namespaces/${encodeURIComponent(namespace)}/${plural}`;
}

function scope(namespace: string | undefined): { readonly namespace?: string } {
  return namespace === undefined ? {} : { namespace };
}

function parsed<Item>(
  items: readonly unknown[],
  parse: (json: unknown) => Item | undefined,
): readonly Item[] {
  return items.map(parse).filter((item) => item !== undefined);
}
