import { isBusy } from '../../domain/clusters/check-cluster.ts';
import { counted } from '../../domain/counted.ts';
import { findDrift } from '../../domain/entries/drift.ts';
import { type EntryKey, entryProgress, entryText } from '../../domain/entries/pod-identity.ts';
import type { ExchangeRow } from '../../domain/exchange/exchange-state.ts';
import { nextCommand } from '../../domain/hints/next-command.ts';
import { agentKindText } from '../../domain/kubernetes/agent-installation.ts';
import { makerOf } from '../../domain/kubernetes/own-agents/agent-maker.ts';
import { ownAgent, podidAgents } from '../../domain/kubernetes/own-agents/own-agents.ts';
import { holdText } from '../../domain/takeover/hold.ts';
import { marksOf } from '../../domain/takeover/takeover-export.ts';
import type { TakeoverFinding } from '../../domain/takeover/takeover-findings.ts';
import { advice, command } from '../../errors/hint.ts';
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
    ...ofAgents(facts, around),
  ];
}

function ofAddon({ cluster }: TakeoverFacts): readonly TakeoverFinding[] {
  if (!cluster.profile.enabled) {
    return [
      {
        code: 'AddonOff',
        message: `Pod identity is off on cluster ${cluster.id.name}: there is no add-on to take over.`,
        hint: advice`${nextCommand('list', cluster.id, { mode: 'cluster' })} shows what the cluster itself holds`,
      },
    ];
  }
  return isBusy(cluster)
    ? [
        {
          code: 'ClusterBusy',
          message: `Azure is working on cluster ${cluster.id.name}: ${cluster.provisioningState}.`,
          hint: advice`${nextCommand('status', cluster.id)} shows when it is done`,
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
          message: `${counted(dead.length, 'entry is', 'entries are')} Failed, or of an identity that is gone, and Azure refuses changes because of such: ${listed(dead)}.`,
          hint: nextCommand('delete', cluster.id, { failed: true }),
        },
      ];
}

function ofObjects(facts: TakeoverFacts): readonly TakeoverFinding[] {
  const { cluster, objects } = facts;
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
  const resources = resourcesOf(facts);
  const marks = JSON.stringify(marksOf(resources));
  const large = holdText(resources).length + marks.length > mostCharacters;
  return [
    ...(lacks.length === 0
      ? []
      : [
          {
            code: 'ObjectsMissing',
            message: `The cluster's own objects of ${counted(lacks.length, 'entry', 'entries')} are missing or differ from Azure, and agents go by the objects: ${listed(lacks)}.`,
            hint: nextCommand('mirror', cluster.id),
          } as const,
        ]),
    ...(large
      ? [
          {
            code: 'TooLarge',
            message: `The objects have more than ${mostCharacters / 1024} KiB, which is what agents can hold.`,
            hint: advice`Delete what nobody needs: ${command('kubectl get azureidentities,azureidentitybindings -A')} lists it`,
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

function ofAgents(
  { cluster, agents }: TakeoverFacts,
  { namespace, isBegun }: Around,
): readonly TakeoverFinding[] {
  // One elsewhere is in the way too, unless anybody can have made it; nothing is taken from it.
  const there = agents.filter((each) => makerOf(each) !== 'anybody');
  const own = ownAgent(agents, namespace) ?? podidAgents(agents, namespace)[0];
  const others = there.filter(({ kind }) => kind === 'upstream');
  return [
    ...others.map((each) => ({
      code: 'OtherAgent' as const,
      message: `${agentKindText(each)} is on the nodes, beside the add-on's.`,
      hint: advice`${nextCommand('nmi status', cluster.id)} names the ways to replace it`,
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
    ...(!isBegun
      ? []
      : [
          {
            code: 'AnotherTakeover' as const,
            message: `A takeover has been begun already: ConfigMap ${namespace}/podid-takeover.`,
            hint: advice`${nextCommand('takeover status', cluster.id, namespace === 'kube-system' ? {} : { namespace })} shows how far it is`,
          },
        ]),
  ];
}

/** What is to be known before, and keeps nobody from it. */
export function findNotes(facts: TakeoverFacts): readonly TakeoverFinding[] {
  const { cluster, exchange, providerClasses, objects, feature } = facts;
  const rows = readOr(exchange, []);
  const stays = rows.filter(({ state }) => state === 'blocked' || state === 'unknown');
  const principals = readOr(objects, undefined)?.servicePrincipals ?? [];
  const mounts = namesOf(readOr(providerClasses, []).filter(({ usesPodIdentity }) => usesPodIdentity));
  const extra = objects.kind === 'read' ? namesOf(extraOf(facts)) : [];
  const unread = [providerClasses, feature, exchange].flatMap((each) =>
    each.kind === 'unread' ? [each.error] : [],
  );
  const note = (
    code: TakeoverFinding['code'],
    message: string,
    hint: TakeoverFinding['hint'],
    holds = true,
  ) => (holds ? [{ code, message, hint }] : []);
  return [
    ...note(
      'StaysOnNodes',
      `${counted(stays.length, 'identity', 'identities')} cannot be exchanged and stay with the nodes' IMDS: ${stays.map(stayText).join('; ')}. While AKS has taken one from the nodes, and podid not put it back, pods get its tokens from the agents' memory alone.`,
      nextCommand('exchange status', cluster.id),
      stays.length > 0,
    ),
    ...note(
      'NoIssuer',
      'The OIDC issuer of the cluster is off. Turning it on restarts the API server, and cannot be taken back.',
      nextCommand('exchange enable', cluster.id, { 'dry-run': true }),
      cluster.oidcIssuer?.url === undefined,
    ),
    ...note(
      'EgressUnknown',
      'Whether the nodes reach the sign-in address of Entra, which exchange needs, is seen once an agent of podid has asked it.',
      nextCommand('nmi status', cluster.id),
      !rows.some(({ state }) => state === 'exchange'),
    ),
    ...note(
      'CsiPodIdentity',
      `${counted(mounts.length, 'SecretProviderClass', 'SecretProviderClasses')} of the Key Vault driver use pod identity: ${listed(mounts)}. The driver asks at port 2579, which nobody serves for some seconds in step 7; the kubelet tries such mounts again.`,
      command('kubectl get secretproviderclasses -A'),
      mounts.length > 0,
    ),
    ...note(
      'OtherWriters',
      `${counted(extra.length, 'entry', 'entries')} in the cluster ${extra.length === 1 ? 'is' : 'are'} not the add-on's, and would go with its definitions: ${listed(extra)}. The takeover saves them, and brings them back as podid's own.`,
      nextCommand('mirror', cluster.id, { 'dry-run': true }),
      extra.length > 0,
    ),
    ...note(
      'ServicePrincipals',
      `${counted(principals.length, 'AzureIdentity is', 'AzureIdentities are')} of a service principal: ${listed(namesOf(principals))}. podid's agent reads their secrets only where the values let it.`,
      advice`The values of the agent: --set rbac.allowAccessToSecrets=true`,
      principals.length > 0,
    ),
    ...note(
      'NoWayBack',
      `The feature EnablePodIdentityPreview is ${readOr(feature, '')} in the subscription, so that Azure may not turn the add-on on again.`,
      nextCommand('enable', cluster.id, { 'register-feature': true }),
      feature.kind === 'read' && feature.value !== 'Registered',
    ),
    ...unread.map((error) => ({
      code: 'Unread' as const,
      message: error.message,
      hint: error.hint ?? nextCommand('doctor', cluster.id),
    })),
  ];
}

/** Each is named: pods of each have a gap. */
function stayText(row: ExchangeRow): string {
  return row.reason === undefined ? entryText(row) : `${entryText(row)} (${row.reason.replace(/\.$/, '')})`;
}

/** In the cluster and not in Azure; the exception that AKS keeps for itself is not one. */
function extraOf({ cluster, objects }: TakeoverFacts): readonly EntryKey[] {
  return objects.kind === 'read' && cluster.profile.enabled
    ? findDrift(cluster.profile, objects.value).filter(({ state }) => state === 'extra')
    : [];
}

function namesOf(keys: readonly EntryKey[]): readonly string[] {
  return [...new Set(keys.map(entryText))].toSorted();
}

function listed(names: readonly string[]): string {
  return names.length <= 5
    ? names.join(', ')
    : `${names.slice(0, 5).join(', ')} and ${names.length - 5} more`;
}
