import { bindingLabel } from '../kubernetes/identity-resources.ts';
import { selectsLabels } from '../kubernetes/network-policy.ts';
import { type LeftWorkload, leftWorkloads } from './apply/left-workload.ts';
import { accountBlockers } from './blockers/account-blockers.ts';
import { applicationNotes } from './blockers/application-notes.ts';
import { type Blocker, blockerCodes, type Route } from './blockers/blocker.ts';
import { consumerBlockers } from './blockers/consumer-blockers.ts';
import { identityBlockers } from './blockers/identity-blockers.ts';
import { ownerBlockers } from './blockers/owner-blockers.ts';
import { sdkBlockers } from './blockers/sdk-blockers.ts';
import { clusterBlockers, trustBlockers, unread } from './blockers/trust-blockers.ts';
import { boundWorkloads, byKindAndKey, podCount, workloadGroups } from './bound-workloads.ts';
import { type Candidate, toCandidate } from './candidate.ts';
import { type CredentialLimits, credentialLimits, type IdentityLimit } from './limits.ts';
import { managerOf } from './manager.ts';
import { type MigrationFacts, readingOr } from './migration-facts.ts';
import { type CredentialName, isTurnedOn, nextStep, stillLabelled, turnOn } from './next-step.ts';
import type { PlannedWorkload } from './planned-workload.ts';
import { stepOf } from './progress.ts';
import { chooseRoute, heldByExchange, type RouteChoice } from './route.ts';
import { groupId } from './service-account.ts';
import { silenceOf } from './silence.ts';

export interface MigrationPlan {
  /** By namespace, kind and name. */
  readonly workloads: readonly PlannedWorkload[];
  /** By resource id. */
  readonly limits: readonly IdentityLimit[];
  /** Those that podid took from pod identity, by namespace, kind and name. */
  readonly cleaned: readonly LeftWorkload[];
}

export interface PlanOptions {
  /** Since the epoch. */
  readonly nowMs: number;
  readonly credentialName: CredentialName;
}

/** What each bound workload is, how it can move, what holds it, and what comes next. The order of what was read does not matter. */
export function planMigration(facts: MigrationFacts, options: PlanOptions): MigrationPlan {
  const groups = workloadGroups(facts);
  const workloads = boundWorkloads(groups, facts);
  const bound = new Map(workloads.map((workload) => [groupId(workload), workload]));
  const candidates = workloads
    .map((workload) => toCandidate(workload, groups, bound, facts))
    .filter((candidate) => candidate !== undefined);
  const routed = candidates.map((candidate) => routeOf(candidate, facts, options.nowMs));
  const limits = credentialLimits(
    routed.filter(({ route }) => route !== 'exchange' && route !== 'stays').map(({ candidate }) => candidate),
    facts,
  );
  return {
    workloads: routed.map((one) => planOne(one, facts, { ...options, limits })).toSorted(byKindAndKey),
    limits: [...limits.limits.values()].toSorted((one, other) => (one.identity < other.identity ? -1 : 1)),
    cleaned: groups
      .filter((group) => !bound.has(groupId(group)))
      .flatMap((group) => leftWorkloads(group, facts)),
  };
}

/** A workload with its way, and what was found before it was asked who trusts whom. */
type Routed = RouteChoice & { readonly candidate: Candidate; readonly found: readonly Blocker[] };

function routeOf(candidate: Candidate, facts: MigrationFacts, nowMs: number): Routed {
  const found = findBlockers(candidate, facts, nowMs);
  return { candidate, found, ...chooseRoute(candidate, found, facts) };
}

function planOne(
  { candidate, found: foundBefore, route, passed, closed }: Routed,
  facts: MigrationFacts,
  { nowMs, credentialName, limits }: PlanOptions & { readonly limits: CredentialLimits },
): PlannedWorkload {
  const { workload, account, template } = candidate;
  const [latest] = candidate.uses;
  const { namespace, kind, name } = workload;
  const isExcepted = workload.exceptions.length > 0;
  const found = isExcepted ? foundBefore : [...foundBefore, ...trustBlockers(candidate, facts, limits)];
  const silence = silenceOf(workload, facts, nowMs);
  const step = stepOf(candidate, route, facts, silence);
  const blockers = inOrder([...holding(found, route, passed), ...closed]);
  const [first] = step === 'dual' || step === 'moved' || step === 'exchange' ? [] : blockers;
  const manager = workload.object && managerOf(workload.object);
  const binding = template.labels[bindingLabel];
  const notes = applicationNotes(candidate);
  return {
    namespace,
    kind,
    name,
    pods: podCount(workload, facts),
    serviceAccount: template.serviceAccount,
    template,
    ...(binding === undefined ? {} : { binding }),
    ...(workload.object === undefined ? {} : { uid: workload.object.uid }),
    ...(account.proposal === undefined ? {} : { newServiceAccount: account.proposal }),
    identities: candidate.trusts.map(({ identity, clientId, resourceId, isTrusted }) => ({
      namespace: identity.metadata.namespace,
      name: identity.metadata.name,
      isTrusted,
      ...(clientId === undefined ? {} : { clientId }),
      ...(resourceId === undefined ? {} : { resourceId }),
    })),
    ...(latest === undefined ? {} : { seen: latest }),
    silence,
    ...(manager === undefined ? {} : { manager }),
    route,
    state: first === undefined ? step : `blocked(${first.code})`,
    step,
    blockers,
    passed: inOrder(passed),
    next: stillLabelled(
      candidate,
      step,
      first === undefined
        ? nextStep(candidate, { route, step, silence }, facts, credentialName)
        : isTurnedOn(route, blockers)
          ? turnOn(candidate, blockers, facts)
          : first.hint,
      facts,
    ),
    ...(notes.length === 0 ? {} : { notes }),
    budgets: readingOr(facts.disruptionBudgets, []).filter(
      (budget) => budget.namespace === namespace && selectsLabels(budget.selector, template.labels),
    ),
    basis: basisOf(candidate, route),
  };
}

function findBlockers(candidate: Candidate, facts: MigrationFacts, nowMs: number): readonly Blocker[] {
  const identities = identityBlockers(candidate, facts);
  // Nobody trusts an account for them: what the cluster or the account lacks is not what holds them.
  if (identities.some(({ code }) => code === 'ExceptionUser')) {
    return identities;
  }
  return [
    ...identities,
    ...readBlockers(facts),
    ...ownerBlockers(candidate, facts),
    ...clusterBlockers(facts),
    ...accountBlockers(candidate),
    ...consumerBlockers(candidate, facts),
    ...sdkBlockers(candidate, facts, nowMs),
  ];
}

/** Without all that makes pods nobody knows who else runs as a service account. */
function readBlockers(facts: MigrationFacts): readonly Blocker[] {
  const kinds = [...facts.workloads].map(([kind, reading]) =>
    sharedKinds.has(kind)
      ? unread(reading, `${kind}s, which may share a service account with it`, facts)
      : undefined,
  );
  return [
    unread(facts.serviceAccounts, 'service accounts', facts),
    unread(facts.pods, 'pods', facts),
    ...kinds,
  ].filter((blocker) => blocker !== undefined);
}

/** Those that every cluster has; where a kind of others cannot be read, its pods still show who runs as what. */
const sharedKinds: ReadonlySet<string> = new Set(['Deployment', 'StatefulSet', 'DaemonSet', 'CronJob']);

function holding(found: readonly Blocker[], route: Route, passed: readonly Blocker[]): readonly Blocker[] {
  const rest = found.filter((blocker) => !passed.includes(blocker));
  return route === 'exchange' ? rest.filter(({ code }) => heldByExchange.has(code)) : rest;
}

function inOrder(blockers: readonly Blocker[]): readonly Blocker[] {
  return blockers.toSorted(
    (one, other) =>
      blockerCodes.indexOf(one.code) - blockerCodes.indexOf(other.code) ||
      (one.message === other.message ? 0 : one.message < other.message ? -1 : 1),
  );
}

function basisOf({ workload, account, template, trusts }: Candidate, route: Route): unknown {
  const { kind, namespace, name, object, exceptions } = workload;
  return {
    kind,
    namespace,
    name,
    uid: object?.uid ?? null,
    route,
    serviceAccount: account.target,
    binding: template.labels[bindingLabel] ?? null,
    selector: object?.selector ?? {},
    hostNetwork: template.hostNetwork,
    variables: template.variables,
    secretProviderClasses: template.secretProviderClasses,
    exceptions: exceptions.map(({ metadata }) => metadata.name),
    identities: trusts.map(({ identity, clientId, resourceId }) => ({
      namespace: identity.metadata.namespace,
      name: identity.metadata.name,
      type: identity.spec.type ?? 0,
      clientId: clientId ?? null,
      resourceId: resourceId?.toLowerCase() ?? null,
    })),
  };
}
