import type { AgentInstallation } from '../../domain/kubernetes/agent-installation.ts';
import { identityApi } from '../../domain/kubernetes/identity-resources.ts';
import { ledgerPlace } from '../../domain/standard-mode/controller.ts';
import type { ListedWhere, WholeObject } from '../../domain/support/support-cluster.ts';
import { takeoverName } from '../../domain/takeover/hold.ts';
import { eachConcurrently } from '../../domain/time/each-concurrently.ts';
import { isPodidError } from '../../errors/podid-error.ts';
import { knownNodes } from '../agent/uninstall/clean-up-nodes.ts';
import { askAgents, readLogs, readPods, type SupportDeps } from './read-agents.ts';
import { type Bundle, type SupportFile, startBundle, type Unread } from './start-bundle.ts';
import {
  configMapKind,
  definitionKind,
  eventKind,
  identityKinds,
  isOfAgents,
  memberAt,
  nodeFacts,
  nodeKind,
  ownLabels,
  podidKinds,
} from './support-kinds.ts';

export interface SupportRequest {
  /** Where podid's agent is looked for first. */
  readonly namespace: string;
  /** Only agents of these nodes are asked; none: all. */
  readonly nodes: readonly string[];
  /** Of the log of each container. */
  readonly lines: number;
}

export interface Support {
  readonly kubernetes: WholeObject;
  readonly installations: readonly AgentInstallation[];
  readonly agents: readonly { readonly node: string; readonly pod: string; readonly ready: boolean }[];
  readonly files: readonly SupportFile[];
  readonly unread: readonly Unread[];
}

/**
 * Reads what whoever looks into a fault asks for first, and changes nothing. What may not be read, or does not answer,
 * is part of the result; no Secret is asked for, and what looks like a secret in all the rest is cut.
 *
 * @throws PodidError EntryNotFound: a node of that name takes no agent | ClusterUnreachable where the API server answers
 * nothing at all, and the signal's reason
 */
export async function collectSupport(
  deps: SupportDeps,
  request: SupportRequest,
  signal: AbortSignal,
): Promise<Support> {
  const { agent, workloads, support, report } = deps;
  const bundle = startBundle(signal);
  report.progress('Reading objects and Events of podid');
  const kubernetes = await bundle.read(
    'the version of Kubernetes',
    () => support.version(signal),
    'ClusterUnreachable',
  );
  await checkNodes(deps, request.nodes, signal);
  const installations = await bundle.read('the DaemonSets of agents', () =>
    agent.installations(request.namespace, signal),
  );
  const all = installations ?? [];
  // In a namespace of theirs, tenants give a DaemonSet whatever labels they like.
  const isTrusted = (namespace: string) => namespace === request.namespace || namespace === 'kube-system';
  const found = all.filter(({ namespace }) => isTrusted(namespace));
  for (const { namespace, name } of all.filter((each) => !found.includes(each))) {
    const what = `the pods and logs of DaemonSet ${namespace}/${name}`;
    bundle.note(
      what,
      `It is in another namespace than podid's agent; if it is that: --namespace ${namespace}.`,
    );
  }
  const namespaces = [...new Set([request.namespace, ...found.map(({ namespace }) => namespace)])];
  await readObjects(deps, bundle, namespaces, signal);
  await readEvents(deps, bundle, { found, namespaces }, signal);
  const nodes = await bundle.read('nodes', () => support.list(nodeKind, {}, signal));
  bundle.add('nodes.json', nodes?.map(nodeFacts) ?? []);
  const isAsked = (node: unknown) => request.nodes.length === 0 || request.nodes.includes(String(node));
  const known = await bundle.read('the pods of agents', () => workloads.agents(signal));
  const agents = (known ?? []).filter(({ nodeName, namespace }) => isAsked(nodeName) && isTrusted(namespace));
  const pods = await readPods(deps, bundle, { found, namespaces }, signal);
  await askAgents(deps, bundle, agents, signal);
  const logged = pods.filter((pod) => isAsked(memberAt(pod, 'spec', 'nodeName')));
  await readLogs(deps, bundle, { pods: logged, lines: request.lines }, signal);
  return {
    kubernetes: kubernetes ?? {},
    installations: all,
    agents: agents.map(({ nodeName: node, namespace, name, ready }) => ({
      node,
      pod: `${namespace}/${name}`,
      ready,
    })),
    files: bundle.files(),
    unread: bundle.unread,
  };
}

/** Without the agents that were asked for a bundle helps nobody. Who may not list nodes gets one all the same. */
async function checkNodes(deps: SupportDeps, nodes: readonly string[], signal: AbortSignal): Promise<void> {
  for (const node of nodes) {
    await knownNodes(deps, node, signal).catch((error: unknown) => {
      if (isPodidError(error, 'EntryNotFound')) {
        throw error;
      }
    });
  }
}

/** What makes podid's own, the identities and bindings, and how far a takeover and the ledger are. */
async function readObjects(
  { support }: SupportDeps,
  { read, objects }: Bundle,
  namespaces: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  await eachConcurrently(podidKinds, async (kind) => {
    const where = { labels: ownLabels };
    objects(kind, (await read(`${kind.plural} of podid`, () => support.list(kind, where, signal))) ?? []);
  });
  await eachConcurrently(identityKinds, async (kind) => {
    objects(kind, (await read(kind.plural, () => support.list(kind, {}, signal))) ?? []);
    const name = `${kind.plural}.${identityApi.group}`;
    const definition = await read(`the definition ${name}`, () =>
      support.get(definitionKind, { name }, signal),
    );
    objects(definitionKind, definition === undefined ? [] : [definition]);
  });
  const places = [...namespaces.map((namespace) => ({ namespace, name: takeoverName })), ledgerPlace];
  await eachConcurrently(places, async (place) => {
    const what = `ConfigMap ${place.namespace}/${place.name}`;
    const configMap = await read(what, () => support.get(configMapKind, place, signal));
    objects(configMapKind, configMap === undefined ? [] : [configMap]);
  });
}

/** Of agents and controllers, of the identity kinds, and what podid-mic tells pods. */
async function readEvents(
  { support }: SupportDeps,
  { read, add }: Bundle,
  { found, namespaces }: { found: readonly AgentInstallation[]; namespaces: readonly string[] },
  signal: AbortSignal,
): Promise<void> {
  const asked: readonly { what: string; where: ListedWhere; all: boolean }[] = [
    ...namespaces.map((namespace) => ({
      what: `Events in namespace ${namespace}`,
      where: { namespace },
      all: false,
    })),
    {
      what: 'Events of the identity kinds',
      where: { fields: `involvedObject.apiVersion=${identityApi.group}/${identityApi.version}` },
      all: true,
    },
    { what: 'Events of podid-mic', where: { fields: 'source=podid-mic' }, all: true },
  ];
  const events = await eachConcurrently(asked, async ({ what, where, all }) => {
    const items = (await read(what, () => support.list(eventKind, where, signal))) ?? [];
    return all ? items : items.filter((event) => isOfAgents(event, found));
  });
  add('events.json', events.flat());
}
