import { isBusy } from '../../domain/clusters/check-cluster.ts';
import { counted } from '../../domain/counted.ts';
import { findDrift } from '../../domain/entries/drift.ts';
import { type EntryKey, entryProgress, entryText } from '../../domain/entries/pod-identity.ts';
import { changeAgent, shownValues } from '../../domain/hints/change-agent.ts';
import { nextCommand } from '../../domain/hints/next-command.ts';
import { type AgentInstallation, agentKindText } from '../../domain/kubernetes/agent-installation.ts';
import { makerOf } from '../../domain/kubernetes/own-agents/agent-maker.ts';
import { ownAgent, podidAgents } from '../../domain/kubernetes/own-agents/own-agents.ts';
import { someOf } from '../../domain/takeover/compare-objects.ts';
import { holdText } from '../../domain/takeover/hold.ts';
import { marksOf } from '../../domain/takeover/takeover-export.ts';
import type { TakeoverFinding } from '../../domain/takeover/takeover-findings.ts';
import { advice, command, type Hint } from '../../errors/hint.ts';
import type { PodidError } from '../../errors/podid-error.ts';
import { readOr } from '../doctor/probe.ts';
import { resourcesOf, type TakeoverFacts } from './gather-takeover.ts';

/** A ConfigMap of Kubernetes holds a megabyte, and the export is beside it. */
const mostCharacters = 700 * 1024;

interface Around {
  /** Of the agent. */
  readonly namespace: string;
  /** A takeover is under way already. */
  readonly isBegun: boolean;
}

/** What keeps the takeover from being begun, each with the command that helps; empty where nothing does. */
export function findBlockers(facts: TakeoverFacts, around: Around): readonly TakeoverFinding[] {
  return [
    ...ofAddon(facts),
    ...ofEntries(facts),
    ...ofObjects(facts),
    ...ofNodes(facts),
    ...ofCluster(facts, around),
    ...ofAgents(facts, around),
  ];
}

function ofAddon({ cluster }: TakeoverFacts): readonly TakeoverFinding[] {
  if (!cluster.profile.enabled) {
    return [
      {
        code: 'AddonOff',
        message: `Pod identity is off on cluster ${cluster.id.name}: there is no add-on to take over.`,
        hint: advice`${nextCommand('list', cluster.id, { mode: 'cluster' })}  # shows what the cluster itself holds`,
      },
    ];
  }
  return isBusy(cluster)
    ? [
        {
          code: 'ClusterBusy',
          message: `Azure is working on cluster ${cluster.id.name}: ${cluster.provisioningState}.`,
          hint: advice`${nextCommand('status', cluster.id)}  # shows when it is done`,
        },
      ]
    : [];
}

/** An entry that Azure cannot reconcile blocks every write of the profile, the one that turns it off included. */
function ofEntries({ cluster, gone }: TakeoverFacts): readonly TakeoverFinding[] {
  const failed = cluster.profile.identities.filter((entry) => entryProgress(entry) === 'failed');
  const dead = namesOf([...failed, ...gone]);
  return dead.length === 0
    ? []
    : [
        {
          code: 'DeadEntry',
          message: `${counted(dead.length, 'entry is', 'entries are')} Failed, or of an identity that is gone, and Azure refuses changes because of such: ${someOf(dead)}.`,
          hint: nextCommand('delete', cluster.id, { failed: true }),
        },
      ];
}

function ofObjects({ cluster, objects }: TakeoverFacts): readonly TakeoverFinding[] {
  if (objects.kind === 'unread') {
    return [
      {
        code: 'ObjectsUnread',
        message: `The objects in the cluster cannot be read, and so not be saved: ${objects.error.message}`,
        hint: objects.error.hint ?? nextCommand('mirror', cluster.id, { 'dry-run': true }),
      },
    ];
  }
  const lacks = cluster.profile.enabled
    ? namesOf(
        findDrift(cluster.profile, objects.value).filter(
          ({ state }) => state === 'missing' || state === 'differs',
        ),
      )
    : [];
  const resources = resourcesOf(objects.value);
  const marks = JSON.stringify(marksOf(resources));
  const large = holdText(resources).length + marks.length > mostCharacters;
  return [
    ...(lacks.length === 0
      ? []
      : [
          {
            code: 'ObjectsMissing',
            message: `The cluster's own objects of ${counted(lacks.length, 'entry', 'entries')} are missing or differ from Azure, and agents go by the objects: ${someOf(lacks)}.`,
            hint: nextCommand('mirror', cluster.id),
          } as const,
        ]),
    ...(large
      ? [
          {
            code: 'TooLarge',
            message: `The objects have more than ${mostCharacters / 1024} KiB, which is what agents can hold.`,
            hint: advice`Delete what nobody needs; to list what there is: ${command('kubectl get azureidentities,azureidentitybindings -A')}`,
          } as const,
        ]
      : []),
  ];
}

/** Whoever cannot read what nodes carry cannot give it back. */
function ofNodes({ cluster, machines }: TakeoverFacts): readonly TakeoverFinding[] {
  return machines.kind === 'read'
    ? []
    : [
        {
          code: 'NodesUnread',
          message: `The identities on the nodes cannot be read, and so not be given back: ${machines.error.message}`,
          hint: machines.error.hint ?? nextCommand('node list', cluster.id),
        },
      ];
}

/** Whoever cannot list nodes and agents does not know whose agents run, nor when each node has podid's. */
function ofCluster(
  { seesAgents: { nodes, pods }, agents, stored, clusterUid }: TakeoverFacts,
  { namespace }: Around,
): readonly TakeoverFinding[] {
  const ofAgentsUnread = agents.kind === 'unread' ? agents : pods;
  const unlisted = [
    ...(nodes.kind === 'unread' ? [{ what: 'nodes', error: nodes.error }] : []),
    ...(ofAgentsUnread.kind === 'unread' ? [{ what: 'agents', error: ofAgentsUnread.error }] : []),
  ];
  const whats = unlisted.map(({ what }) => what).join(' and ');
  const listed = unread(
    unlisted.map(({ error }) => error),
    `The cluster's ${whats} cannot be listed, so that nobody knows which agents run, and steps 1, 3 and 7 cannot see when each node has podid's`,
    command('kubectl auth can-i list nodes'),
  );
  const known = unread(
    clusterUid.kind === 'unread' ? [clusterUid.error] : [],
    'Namespace kube-system cannot be read, by whose uid a rollback knows the cluster again',
    command('kubectl auth can-i get namespaces'),
  );
  const begun = unread(
    stored.kind === 'unread' ? [stored.error] : [],
    `ConfigMap ${namespace}/podid-takeover cannot be read, so that nobody knows whether a takeover has been begun already`,
    command('kubectl auth can-i get configmaps -n', namespace),
  );
  return [...listed, ...known, ...begun];
}

/** One for all of these errors, with the sentences of the API server. */
function unread(errors: readonly PodidError[], start: string, otherwise: Hint): readonly TakeoverFinding[] {
  const [first] = errors;
  const sentences = errors.flatMap(({ message, details }) => [
    message,
    ...details.map((detail) => detail.message.replace(/\.?$/, '.')),
  ]);
  return first === undefined
    ? []
    : [
        {
          code: 'ClusterUnread',
          message: `${start}: ${sentences.join(' ')}`,
          hint: first.hint ?? otherwise,
        },
      ];
}

function ofAgents(
  { cluster, agents: found }: TakeoverFacts,
  { namespace, isBegun }: Around,
): readonly TakeoverFinding[] {
  const agents = readOr(found, []);
  // One elsewhere is in the way too, unless anybody can have made it; nothing is taken from it.
  const there = agents.filter((each) => makerOf(each) !== 'anybody');
  const own = ownAgent(agents, namespace) ?? podidAgents(agents, namespace)[0];
  const others = there.filter(({ kind }) => kind === 'upstream');
  return [
    ...others.map((each) => ({
      code: 'OtherAgent' as const,
      message: `${agentKindText(each)} is on the nodes, beside the add-on's.`,
      hint: advice`${nextCommand('nmi status', cluster.id)}  # names the ways to replace it`,
    })),
    ...(own !== undefined && (own.release !== undefined || own.namespace !== namespace)
      ? [
          {
            code: 'HelmAgent' as const,
            message: `${agentKindText(own)} is installed, and this takeover would write podid's agent in namespace ${namespace} by itself.`,
            hint:
              own.release === undefined
                ? command('podid takeover plan --namespace', own.namespace).again()
                : advice`To take it over from Helm, which then must not be used on it: ${nextCommand('nmi install', cluster.id, { namespace: own.namespace, alongside: true, force: true })}`,
          },
        ]
      : []),
    ...(own !== undefined && hasForgotten(own, namespace)
      ? [
          {
            code: 'AgentValuesUnknown' as const,
            message: `${agentKindText(own)} is installed, and nothing says with which values: the takeover would write it without them. Install it with all of them once more, which notes them; the command has those that its DaemonSet shows. Or give takeover apply a file of all, --values FILE.`,
            hint: changeAgent(own, ...shownValues(own)),
          },
        ]
      : []),
    ...(!isBegun
      ? []
      : [
          {
            code: 'AnotherTakeover' as const,
            message: `A takeover has been begun already: ConfigMap ${namespace}/podid-takeover.`,
            hint: advice`${nextCommand('takeover status', cluster.id, namespace === 'kube-system' ? {} : { namespace })}  # shows how far it is`,
          },
        ]),
  ];
}

export function namesOf(keys: readonly EntryKey[]): readonly string[] {
  return [...new Set(keys.map(entryText))].toSorted();
}

/** Helm keeps its own values. */
function hasForgotten(own: AgentInstallation, namespace: string): boolean {
  return own.release === undefined && own.namespace === namespace && own.values === undefined;
}
