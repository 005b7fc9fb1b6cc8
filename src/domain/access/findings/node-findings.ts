import { advice, type Hint } from '../../../errors/hint.ts';
import { counted } from '../../counted.ts';
import { isAddonException } from '../../entries/addon-exception.ts';
import { entryText } from '../../entries/pod-identity.ts';
import { nextCommand } from '../../hints/next-command.ts';
import { exceptionOf } from '../../kubernetes/decide/pod-decision.ts';
import { isPatchable, patchTemplate, showWorkload } from '../../migrate/workload-commands.ts';
import { type Finding, type IdentityAccess, sortedTexts, type Way } from '../access-report.ts';
import { unreadKinds } from '../access-templates.ts';
import { isGuard } from '../ways/guards.ts';
import { deleteException, deleteIdentity } from './entry-commands.ts';
import type { FindingFacts } from './finding-facts.ts';

/** So many pods, or workloads, is more than somebody meant who excepted an application. */
const manyPods = 10;
const manyWorkloads = 3;

/** What leads to all identities of a node, and identities on nodes where nobody needs them. */
export function nodeFindings(known: FindingFacts): readonly Finding[] {
  return [
    ...broadExceptions(known),
    ...unguardedNodes(known),
    ...falseAgents(known),
    ...hostPods(known),
    ...unusedOnNodes(known),
  ];
}

function broadExceptions({ facts, pods }: FindingFacts): readonly Finding[] {
  return facts.resources.exceptions.flatMap((exception): readonly Finding[] => {
    const taken = (pods.in(exception.metadata.namespace) ?? []).filter(
      (pod) => exceptionOf(pod, [exception]) !== undefined,
    );
    const workloads = new Set(taken.map(({ workload }) => workload)).size;
    if (isAddonException(exception.metadata) || (taken.length < manyPods && workloads < manyWorkloads)) {
      return [];
    }
    return [
      {
        severity: 'high',
        code: 'ExceptionBroad',
        about: entryText(exception.metadata),
        message: `The exception ${entryText(exception.metadata)} takes ${counted(taken.length, 'pod')} of ${counted(workloads, 'workload')}: each of them gets every identity of its node.`,
        hint: advice`${deleteException(exception.metadata, facts)}  # once those that need it have a label of their own and an exception for it`,
      },
    ];
  });
}

function unguardedNodes({ facts, identities }: FindingFacts): readonly Finding[] {
  return groupedByWho(identities, 'unguarded-node').flatMap(({ nodes: [node = ''] = [], pods }) => [
    {
      severity: 'high' as const,
      code: 'NodeUnguarded',
      about: node,
      message: `On node ${node} no agent is ready: ${pods === undefined ? 'every pod' : counted(pods, 'pod')} there can ask the metadata service for every identity of the node.`,
      hint: nextCommand('nmi status', facts.id),
    },
  ]);
}

/** Each DaemonSet once whose pods look like agents and guard nothing. */
function falseAgents({ facts, grants }: FindingFacts): readonly Finding[] {
  const agents = facts.agents.kind === 'read' ? facts.agents.value : [];
  const found = new Map(
    agents
      .filter((agent) => isGuard(agent, grants) === false)
      .map((agent) => [`${agent.namespace}/${agent.daemonSet}`, agent]),
  );
  return [...found].map(([about, { namespace, daemonSet, hostNetwork }]) => ({
    severity: 'medium',
    code: 'AgentFalse',
    about,
    message: `The pods of DaemonSet ${about} have the label of agents and guard no node: ${
      hostNetwork === true
        ? `their account may not read identities in the whole cluster, as that of an installation may`
        : 'they are not on the network of their nodes'
    }.`,
    hint: advice`What it is: ${showWorkload({ kind: 'DaemonSet', namespace, name: daemonSet })}`,
  }));
}

/** AKS's own pods are AKS's affair, and agents have to be there. */
function hostPods({ identities, facts, grants }: FindingFacts): readonly Finding[] {
  const agents = (facts.agents.kind === 'read' ? facts.agents.value : []).filter(
    (agent) => isGuard(agent, grants) !== false,
  );
  const own = new Set(agents.map(({ namespace, daemonSet }) => `${namespace} DaemonSet/${daemonSet}`));
  return groupedByWho(ofApplications(identities), 'host-network').flatMap((way): readonly Finding[] => {
    const { namespace, workloads, who, count } = way;
    const [workload = ''] = workloads;
    if (namespace === 'kube-system' || own.has(`${namespace} ${workload}`)) {
      return [];
    }
    return [
      {
        severity: 'high',
        code: 'HostNetwork',
        about: `${namespace}/${workload}`,
        message: `${who} of namespace ${namespace} passes every agent, on nodes that carry ${counted(count, 'identity of applications', 'identities of applications')}.`,
        hint: offTheHost(namespace, workload, who),
      },
    ];
  });
}

function offTheHost(namespace: string, workload: string, who: string): Hint {
  const [kind = '', name = ''] = workload.split('/');
  const named = { kind, namespace, name };
  return who.includes('privileged') || !isPatchable(named)
    ? advice`Whether it needs that: ${showWorkload(named)}`
    : advice`${patchTemplate(named, { spec: { hostNetwork: false } })}`;
}

/** Identities that something in the cluster binds; the kubelet's and those of add-ons are on nodes anyway. */
function ofApplications(identities: readonly IdentityAccess[]): readonly IdentityAccess[] {
  return identities.filter(({ purpose, objects }) => purpose === undefined && objects.length > 0);
}

interface Grouped extends Way {
  /** Of identities to which it leads. */
  readonly count: number;
}

function groupedByWho(identities: readonly IdentityAccess[], kind: Way['way']): readonly Grouped[] {
  const found = new Map<string, Grouped>();
  for (const way of identities.flatMap(({ ways }) => ways)) {
    if (way.way === kind) {
      const key = `${way.namespace} ${way.who}`;
      found.set(key, { ...way, count: (found.get(key)?.count ?? 0) + 1 });
    }
  }
  return [...found.values()];
}

/** Needs to know of every pod and every workload: one that was not read may be the one that uses it. */
function unusedOnNodes({ facts, identities, pods }: FindingFacts): readonly Finding[] {
  const isUnread = pods.all === undefined || unreadKinds(facts).length > 0;
  if (isUnread || facts.objects.kind === 'unread' || facts.cluster.kind === 'unread') {
    return [];
  }
  const { nodeResourceGroup, profile, identity: own } = facts.cluster.value;
  const ownGroup = `/resourcegroups/${nodeResourceGroup?.toLowerCase() ?? ''}/`;
  const ofCluster = new Set(own.userAssigned.map(({ resourceId }) => resourceId.toLowerCase()));
  return identities.flatMap((each): readonly Finding[] => {
    const { resourceId, nodes, purpose, objects, name } = each;
    const id = resourceId.toLowerCase();
    const isOfAks = purpose !== undefined || id.includes(ownGroup) || ofCluster.has(id);
    if (isOfAks || nodes === undefined || nodes.length === 0 || isAskedOnNodes(each)) {
      return [];
    }
    const [first] = objects;
    return [
      {
        severity: 'medium',
        code: 'OnNodesUnused',
        about: resourceId,
        message: `${name} is on ${counted(nodes.length, 'node')}, and no pod is bound to it: whoever passes the agents gets it for nothing.`,
        hint:
          profile.enabled && first !== undefined
            ? deleteIdentity(first, facts)
            : nextCommand('node unassign', facts.id, { identities: resourceId }),
      },
    ];
  });
}

function isAskedOnNodes({ ways }: IdentityAccess): boolean {
  return ways.some(
    ({ way, pods, workloads }) =>
      (way === 'binding' || way === 'exchange') && (pods !== 0 || workloads.length > 0),
  );
}

/** For messages: `a, b and 3 more`. */
export function someOf(names: readonly string[], most = 4): string {
  const sorted = sortedTexts(names);
  const more = sorted.length - most;
  return more > 0 ? `${sorted.slice(0, most).join(', ')} and ${more} more` : sorted.join(', ');
}
