import type { Blocker, BlockerCode, Route } from './blockers/blocker.ts';
import { isKedaOperator, kedaTriggers, providerClasses } from './blockers/consumer-blockers.ts';
import { proxyBlockers, unservedBlockers } from './blockers/proxy-blockers.ts';
import { type Candidate, isServicePrincipal } from './candidate.ts';
import type { MigrationFacts } from './migration-facts.ts';

/** A route, and what was found on the way to it. */
export interface RouteChoice {
  readonly route: Route;
  /** What closed the routes before it, and does not hold this one. */
  readonly passed: readonly Blocker[];
  /** What closed the proxy's route, where no other is left. */
  readonly closed: readonly Blocker[];
}

/**
 * The library itself takes the token (`native`), unless what was seen of it says that it cannot: then the sidecar asks
 * in its place (`proxy`), and where that cannot be either, the agent exchanges (`exchange`).
 *
 * @param found on the native route
 */
export function chooseRoute(
  candidate: Candidate,
  found: readonly Blocker[],
  facts: MigrationFacts,
): RouteChoice {
  const passed = found.filter(({ code }) => detours.has(code));
  const unserved = passed.length === 0 ? [] : unservedBlockers(candidate, facts);
  const route = usualRoute(candidate, facts);
  if (route !== 'native' || passed.length === 0) {
    return { route, passed: [], closed: [] };
  }
  if (unserved.length > 0) {
    return { route, passed: [], closed: unserved };
  }
  const proxy = proxyBlockers(candidate, facts);
  const isForProxy = passed.every(({ code }) => code !== 'ChoiceByResourceId' && code !== 'KubeSystem');
  return isForProxy && proxy.length === 0
    ? { route: 'proxy', passed, closed: [] }
    : { route: 'exchange', passed: isForProxy ? [...passed, ...proxy] : passed, closed: [] };
}

/** What only an application or its owner can change; the sidecar does not know resource ids, nor kube-system. */
const detours: ReadonlySet<BlockerCode> = new Set([
  'SdkTooOld',
  'GoManagedIdentity',
  'ChoiceByResourceId',
  'KubeSystem',
]);

function usualRoute(candidate: Candidate, facts: MigrationFacts): Route {
  const { workload, trusts } = candidate;
  if (workload.exceptions.length > 0 || trusts.every(({ identity }) => isServicePrincipal(identity))) {
    return 'stays';
  }
  if (isKedaOperator(candidate) && kedaTriggers(facts).length > 0) {
    return 'keda';
  }
  return providerClasses(candidate, facts).length > 0 ? 'csi' : 'native';
}

/**
 * What holds the agent's exchange, which needs no service account, no label and no way out for the pods, and whose
 * command turns the issuer on.
 */
export const heldByExchange: ReadonlySet<BlockerCode> = new Set([
  'Unread',
  'IdentityGone',
  'NoClientId',
  'NoTenant',
  'FicRegion',
]);
