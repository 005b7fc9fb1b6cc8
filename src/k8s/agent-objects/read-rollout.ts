import type { ControllerRollout, Rollout } from '../../domain/kubernetes/agent-cluster.ts';
import { isPodidError } from '../../errors/podid-error.ts';
import { type JsonRecord, stringAt } from '../../validate/json-record.ts';
import {
  parseDaemonSetStatus,
  parseDeploymentStatus,
  parseRolledPod,
  podTrouble,
} from '../../validate/kubernetes/daemon-set-rollout.ts';
import { objectPath } from '../client/kube-rest.ts';
import type { AgentObjectsApi } from './agent-objects-api.ts';

const nothing: Rollout = { counted: false, desired: 0, nodes: [], ending: [], trouble: [] };

/** The DaemonSet's own count, and behind it each pod with the reason why it is not ready. */
export async function readRollout(
  api: AgentObjectsApi,
  daemonSet: { readonly namespace: string; readonly name: string },
  signal: AbortSignal,
): Promise<Rollout> {
  const { namespace, name } = daemonSet;
  const json = await api.get({ apiVersion: 'apps/v1', kind: 'DaemonSet', namespace, name }, signal);
  const status = parseDaemonSetStatus(json);
  if (status === undefined) {
    return nothing;
  }
  const pods = await podsOf(api, namespace, status.selector, signal);
  const rolled = pods.map((pod) => parseRolledPod(pod, status)).filter((node) => node !== undefined);
  const nodes = rolled
    .filter(({ ending }) => !ending)
    .toSorted((one, other) => (one.name < other.name ? -1 : 1));
  const { counted, desired, failure } = status;
  const short = nodes.length < desired;
  return {
    counted,
    desired,
    ...(failure === undefined ? {} : { failure }),
    nodes,
    ending: rolled.filter(({ ending }) => ending).map(({ name: node }) => node),
    trouble: short ? await troubleOf(api, daemonSet, status.uid, signal) : [],
  };
}

/** A Deployment's own count, and behind it why pods are not ready. Undefined when it is not there. */
export async function readControllerRollout(
  api: AgentObjectsApi,
  { namespace, name }: { readonly namespace: string; readonly name: string },
  signal: AbortSignal,
): Promise<ControllerRollout | undefined> {
  const json = await api.get({ apiVersion: 'apps/v1', kind: 'Deployment', namespace, name }, signal);
  const status = parseDeploymentStatus(json);
  if (status === undefined) {
    return undefined;
  }
  const { selector, ...rollout } = status;
  const pods = rollout.done ? [] : await podsOf(api, namespace, selector, signal);
  const troubles = pods.map(podTrouble).filter((each) => each !== undefined);
  return { ...rollout, trouble: [...rollout.trouble, ...troubles] };
}

async function podsOf(
  api: AgentObjectsApi,
  namespace: string,
  selector: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<readonly JsonRecord[]> {
  const labels = Object.entries(selector).map(([key, value]) => `${key}=${value}`);
  return (await api.list({ apiVersion: 'v1', kind: 'Pod', namespace }, labels.join(','), signal)) ?? [];
}

/**
 * Pods that are refused show in no list: the controller reports them in events, which not everyone may read.
 */
async function troubleOf(
  { rest }: AgentObjectsApi,
  { namespace, name }: { readonly namespace: string; readonly name: string },
  uid: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const path = objectPath({ apiVersion: 'v1', kind: 'Event', namespace, name: '' });
  const fieldSelector = `involvedObject.name=${name},involvedObject.uid=${uid},reason=FailedCreate`;
  try {
    const reply = await rest({ method: 'GET', path, query: { fieldSelector, limit: '50' } }, signal);
    if (reply.failure !== undefined) {
      return [];
    }
    const { items } = reply.body as { readonly items?: readonly JsonRecord[] };
    const said = (items ?? []).map((event) => stringAt(event, 'message') ?? '');
    return [...new Set(said.filter((text) => text !== ''))].map((text) => text.slice(0, 500));
  } catch (error) {
    if (!isPodidError(error)) {
      throw error;
    }
    return [];
  }
}
