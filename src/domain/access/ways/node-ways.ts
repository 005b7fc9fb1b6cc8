import { carriesIdentity } from '../../azure/machine-identities.ts';
import { type Machine, machineOfNode } from '../../azure/machines.ts';
import { isAddonException } from '../../entries/addon-exception.ts';
import { entryText } from '../../entries/pod-identity.ts';
import { exceptionOf } from '../../kubernetes/decide/pod-decision.ts';
import type { ClusterNode } from '../../kubernetes/workloads.ts';
import { readingOr } from '../../migrate/migration-facts.ts';
import type { AccessFacts } from '../access-facts.ts';
import type { AccessPod, AccessTemplate } from '../access-objects.ts';
import { sortedTexts, type Way } from '../access-report.ts';
import type { RbacGrant } from '../rbac.ts';
import { isGuard } from './guards.ts';
import type { PodIndex } from './pods-of-way.ts';
import { podsOfWay } from './pods-of-way.ts';

/** What leads to every identity of a node, whichever: found once, and narrowed to each identity's nodes. */
export interface NodeWide {
  readonly way: 'exception' | 'host-network' | 'unguarded-node';
  readonly namespace: string;
  readonly who: string;
  readonly pods: readonly AccessPod[] | undefined;
  /** Whose next pods have it, on whichever node. */
  readonly templates?: readonly AccessTemplate[];
  /** Also without a pod: it leads to the identities of these nodes; `all`: of every node. */
  readonly standsOn?: 'all' | readonly string[];
}

/** Exceptions, pods on the host's network, and nodes without an agent that is ready. */
export function nodeWide(
  facts: Pick<AccessFacts, 'resources' | 'nodes' | 'agents'>,
  pods: PodIndex,
  grants: readonly RbacGrant[] | undefined,
): readonly NodeWide[] {
  return [...exceptionsOf(facts, pods), ...hostPods(pods), ...unguarded(facts, pods, grants)];
}

/** Any pod of the namespace that takes one of the labels has it. */
function exceptionsOf({ resources }: Pick<AccessFacts, 'resources'>, pods: PodIndex): readonly NodeWide[] {
  return resources.exceptions.flatMap((exception): readonly NodeWide[] => {
    const { metadata, spec } = exception;
    const labels = Object.entries(spec.podLabels ?? {}).map(([key, value]) => `${key}=${value}`);
    if (labels.length === 0) {
      return [];
    }
    const who = `pods with ${labels.join(' or ')} (AzurePodIdentityException ${entryText(metadata)})`;
    const found = pods
      .in(metadata.namespace)
      ?.filter((pod) => !isOnHost(pod) && exceptionOf(pod, [exception]) !== undefined);
    const templates = pods.templates.filter(
      (each) =>
        each.namespace === metadata.namespace &&
        !isOnHost(each) &&
        exceptionOf(each, [exception]) !== undefined,
    );
    const own = isAddonException(metadata) ? {} : { standsOn: 'all' as const, templates };
    return [{ way: 'exception', namespace: metadata.namespace, who, pods: found, ...own }];
  });
}

/** No agent stands before them: they have the node's own addresses, or the node itself. */
function hostPods({ all, templates }: PodIndex): readonly NodeWide[] {
  const keyOf = ({
    namespace,
    workload,
    hostNetwork,
  }: Pick<AccessTemplate, 'namespace' | 'workload' | 'hostNetwork'>) =>
    `${namespace} ${workload} ${hostNetwork}`;
  const groups = new Map<string, AccessPod[]>();
  for (const pod of (all ?? []).filter(isOnHost)) {
    const key = keyOf(pod);
    groups.set(key, [...(groups.get(key) ?? []), pod]);
  }
  const coming = templates.filter((each) => isOnHost(each) && !groups.has(keyOf(each)));
  return [
    ...hostGroups([...groups.values()]),
    ...coming.map((each): NodeWide => {
      const { namespace } = each;
      const who = onHostText(each);
      return { way: 'host-network', namespace, who, pods: all && [], templates: [each], standsOn: 'all' };
    }),
  ];
}

function hostGroups(groups: readonly (readonly AccessPod[])[]): readonly NodeWide[] {
  return groups.flatMap((group): readonly NodeWide[] => {
    const [first] = group;
    return first === undefined
      ? []
      : [
          {
            way: 'host-network',
            namespace: first.namespace,
            who: onHostText(first),
            pods: group,
          },
        ];
  });
}

function onHostText({ workload, hostNetwork }: Pick<AccessPod, 'workload' | 'hostNetwork'>): string {
  return `${workload} (${hostNetwork ? 'on the network of its node' : 'privileged'})`;
}

/** Where no agent is ready nothing stands between a pod and the metadata service: on Windows always. */
function unguarded(
  { nodes, agents }: Pick<AccessFacts, 'nodes' | 'agents'>,
  { all }: PodIndex,
  grants: readonly RbacGrant[] | undefined,
): readonly NodeWide[] {
  if (nodes.kind === 'unread' || agents.kind === 'unread') {
    return [];
  }
  const guards = agents.value.filter((agent) => agent.ready && isGuard(agent, grants) !== false);
  const guarded = new Set(guards.map(({ nodeName }) => nodeName));
  return nodes.value
    .filter(({ name, virtual }) => !virtual && !guarded.has(name))
    .map(({ name, os }) => ({
      way: 'unguarded-node',
      namespace: '',
      who: `every pod on node ${name} (${os === 'windows' ? 'Windows has no agent' : 'no agent is ready there'})`,
      pods: all?.filter((pod) => pod.nodeName === name && !isOnHost(pod)),
      standsOn: [name],
    }));
}

export function isOnHost({
  hostNetwork,
  privileged,
}: Pick<AccessPod, 'hostNetwork' | 'privileged'>): boolean {
  return hostNetwork || privileged;
}

/** Which nodes carry which identities, by the machines behind them. */
export interface CarriedOn {
  /** Names of the nodes that carry it; undefined where it is not known of each. */
  nodesOf(identity: {
    readonly resourceId: string;
    readonly clientId: string;
  }): readonly string[] | undefined;
  /** The same, without those of which it is not known. */
  surelyOn(identity: { readonly resourceId: string; readonly clientId: string }): readonly string[];
}

export function carriedOn(facts: Pick<AccessFacts, 'nodes' | 'machines'>): CarriedOn {
  const machines = new Map(
    readingOr(facts.machines, []).map((machine) => [machine.resourceId.toLowerCase(), machine]),
  );
  const nodes: readonly (readonly [string, Machine | undefined])[] = readingOr(facts.nodes, [])
    .filter(({ virtual }) => !virtual)
    .map((node) => [node.name, machineBehind(node, machines)]);
  const isKnown = facts.nodes.kind === 'read' && facts.machines.kind === 'read';
  const fits = (
    identity: { readonly resourceId: string; readonly clientId: string },
    machine: Machine | undefined,
  ) => (machine === undefined ? undefined : carriesIdentity(machine, identity));
  return {
    nodesOf(identity) {
      const found = nodes.map(([name, machine]) => [name, fits(identity, machine)] as const);
      return isKnown && found.every(([, carried]) => carried !== undefined)
        ? sortedTexts(found.flatMap(([name, carried]) => (carried === true ? name : [])))
        : undefined;
    },
    surelyOn: (identity) =>
      sortedTexts(nodes.flatMap(([name, machine]) => (fits(identity, machine) === true ? name : []))),
  };
}

function machineBehind(
  { providerId }: ClusterNode,
  machines: ReadonlyMap<string, Machine>,
): Machine | undefined {
  return machines.get(machineOfNode(providerId)?.toLowerCase() ?? '');
}

/** Of what leads to every identity of a node that which leads to one on these nodes. */
export function nodeWays(wide: readonly NodeWide[], carriers: readonly string[]): readonly Way[] {
  const on = new Set(carriers);
  return wide.flatMap(({ way, namespace, who, pods, templates, standsOn = [] }): readonly Way[] => {
    const found = pods?.filter(({ nodeName }) => on.has(nodeName));
    const stands = standsOn === 'all' ? carriers : standsOn.filter((name) => on.has(name));
    if ((found?.length ?? 0) === 0 && stands.length === 0) {
      return [];
    }
    const ofPods = podsOfWay(found, namespace, stands.length === 0 ? [] : templates);
    const nodes = way === 'unguarded-node' ? sortedTexts(stands) : ofPods.nodes;
    return [{ way, namespace, who, ...ofPods, nodes }];
  });
}
