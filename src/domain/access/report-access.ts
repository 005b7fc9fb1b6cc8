import { entryText } from '../entries/pod-identity.ts';
import { isSelectable } from '../kubernetes/identity-resources.ts';
import type { AccessFacts } from './access-facts.ts';
import type { ClusterIdentityBinding } from './access-objects.ts';
import {
  type AccessReport,
  compareText,
  type IdentityAccess,
  type Way,
  type WayKind,
  wayKinds,
} from './access-report.ts';
import { accessTemplates, podsByOwners, unreadKinds } from './access-templates.ts';
import { couldBecomeInAzure, rolesOf } from './azure-roles.ts';
import { couldBecome } from './could-become.ts';
import { findingsOf } from './findings/findings-of.ts';
import { type KnownIdentity, knownIdentities } from './known-identities.ts';
import { AskedIndex } from './last-asked.ts';
import { grantsOf, type RbacGrant } from './rbac.ts';
import { unreadOf } from './unread-of.ts';
import { federatedWays, identityBindingWays, secretWays } from './ways/account-ways.ts';
import { type ByLabel, bindingWays, byLabel } from './ways/binding-ways.ts';
import { isGuardDoubtful } from './ways/guards.ts';
import { type CarriedOn, carriedOn, type NodeWide, nodeWays, nodeWide } from './ways/node-ways.ts';
import { PodIndex } from './ways/pods-of-way.ts';

interface Indexed {
  readonly facts: AccessFacts;
  readonly pods: PodIndex;
  readonly labelled: ByLabel;
  readonly grants: readonly RbacGrant[] | undefined;
  readonly wide: readonly NodeWide[];
  readonly carried: CarriedOn;
  readonly asked: AskedIndex;
  readonly identityBindings: ReadonlyMap<string, ClusterIdentityBinding>;
}

/** Who can get which identity, and what of that is not known. */
export function reportAccess(facts: AccessFacts, nowMs: number): AccessReport {
  const pods = new PodIndex(podsByOwners(facts), accessTemplates(facts));
  const bound = facts.identityBindings.kind === 'read' ? facts.identityBindings.value : [];
  const grants = facts.rbac.kind === 'read' ? grantsOf(facts.rbac.value) : undefined;
  const indexed: Indexed = {
    facts,
    pods,
    labelled: byLabel(pods),
    grants,
    wide: nodeWide(facts, pods, grants),
    carried: carriedOn(facts),
    asked: new AskedIndex(facts.seen, pods.all ?? []),
    identityBindings: new Map(bound.map((each) => [each.resourceId.toLowerCase(), each])),
  };
  const known = knownIdentities(facts);
  const identities = known.map((each) => accessTo(each, indexed));
  const namespaces = new Set(identities.flatMap(({ ways }) => ways.map(({ namespace }) => namespace)));
  // Of one whose nodes nobody knows it may be any.
  const nodesCount = identities.some(({ ways, nodes }) => ways.length > 0 || nodes?.length !== 0);
  return {
    unread: unreadOf(facts, identities),
    findings: findingsOf({ facts, identities, pods, grants, nowMs }),
    identities,
    couldBecome: grants && couldBecome(grants, { namespaces, nodesCount, admission: facts.namespaces }),
    couldBecomeInAzure: couldBecomeInAzure(
      identities.flatMap(({ resourceId }) => resourceId || []),
      facts,
    ),
  };
}

function accessTo(known: KnownIdentity, indexed: Indexed): IdentityAccess {
  const { facts, carried, asked } = indexed;
  const { resourceId, clientId, name, kind, objects, purpose } = known;
  const isManaged = kind === 'managed-identity';
  const nodes = isManaged ? carried.nodesOf(known) : [];
  const ways = waysTo(known, indexed).toSorted(byWay);
  const lastAsked = asked.dayOf(ways);
  const principalId = facts.azure.get(resourceId.toLowerCase())?.principalId;
  return {
    resourceId,
    clientId,
    name,
    kind,
    objects: objects.map(({ metadata }) => entryText(metadata)),
    ...(purpose === undefined ? {} : { purpose }),
    roles: isManaged ? rolesOf(principalId, facts) : undefined,
    nodes,
    ways,
    unknown: wayKinds.filter((way) => isUnknown(way, known, nodes, facts)),
    ...(lastAsked === undefined ? {} : { lastAsked }),
  };
}

function waysTo(known: KnownIdentity, indexed: Indexed): readonly Way[] {
  const { facts, pods, labelled, grants, wide, carried } = indexed;
  const bound = bindingWays(known.objects, facts.resources.bindings, { facts, pods, labelled });
  if (known.kind === 'service-principal') {
    return [...bound, ...known.objects.flatMap((object) => secretWays(object, { grants, pods }))];
  }
  const credentials = facts.azure.get(known.key)?.credentials;
  const cluster = facts.cluster.kind === 'read' ? facts.cluster.value : undefined;
  const binding = indexed.identityBindings.get(known.key);
  const isByBinding = binding !== undefined || facts.identityBindings.kind === 'unread';
  return [
    ...bound,
    ...nodeWays(wide, carried.surelyOn(known)),
    ...(credentials?.kind === 'read' && cluster?.oidcIssuer?.url !== undefined
      ? federatedWays(credentials.value, cluster.oidcIssuer.url, pods)
      : []),
    ...(isByBinding && known.clientId !== '' && grants !== undefined
      ? identityBindingWays(known.clientId, binding?.name, { grants, pods })
      : []),
  ];
}

/** Whether there may be ways of this kind that nobody was able to see. */
function isUnknown(
  way: WayKind,
  { key, kind, resourceId, objects: own }: KnownIdentity,
  nodes: readonly string[] | undefined,
  facts: AccessFacts,
): boolean {
  const { objects, pods, agents, rbac, cluster, identityBindings } = facts;
  const unread = (...readings: readonly { readonly kind: string }[]) =>
    readings.some((reading) => reading.kind === 'unread');
  const isManaged = kind === 'managed-identity';
  // Of one without pods only its template says it; and only what a binding names has one that takes its label.
  const areWorkloadsUnread = unreadKinds(facts).length > 0;
  const mayBeBound = areWorkloadsUnread && isNamedByBinding(own, facts);
  switch (way) {
    case 'binding':
      // The mode says which bindings count, and pods of other namespaces are found by their labels.
      return mayBeBound || unread(objects, agents, pods);
    case 'exchange':
      return isManaged && (mayBeBound || unread(objects, agents, pods));
    case 'exception':
      return isManaged && (nodes === undefined || unread(objects, pods));
    case 'host-network':
      return isManaged && (nodes === undefined || areWorkloadsUnread || unread(pods));
    case 'unguarded-node':
      return isManaged && (nodes === undefined || unread(agents, facts.nodes) || isGuardDoubtful(facts));
    case 'federated':
      // Credentials of an application are in Entra, where podid reads nothing.
      return (
        !isManaged ||
        resourceId === '' ||
        cluster.kind === 'unread' ||
        (facts.azure.get(key)?.credentials.kind ?? 'unread') === 'unread'
      );
    case 'identity-binding':
      return isManaged && unread(identityBindings, rbac);
    case 'secret':
      return !isManaged && unread(rbac, pods, objects);
  }
}

function isNamedByBinding(
  objects: KnownIdentity['objects'],
  { resources }: Pick<AccessFacts, 'resources'>,
): boolean {
  const names = new Set(objects.map(({ metadata }) => metadata.name));
  return resources.bindings.some(
    ({ spec: { azureIdentity, selector = '' } }) => names.has(azureIdentity ?? '') && isSelectable(selector),
  );
}

function byWay(one: Way, other: Way): number {
  return (
    wayKinds.indexOf(one.way) - wayKinds.indexOf(other.way) ||
    compareText(one.namespace, other.namespace) ||
    compareText(one.who, other.who)
  );
}
