import { tokenSourceOf } from '../exchange/token-source.ts';
import type { Route } from './blockers/blocker.ts';
import { type Candidate, isServicePrincipal } from './candidate.ts';
import { type MigrationFacts, readingOr } from './migration-facts.ts';
import type { Silence } from './silence.ts';
import { clientIdAnnotation, proxyAnnotation, useLabel } from './workload-identity-words.ts';

/** How far a workload is, by what the objects say. */
export const steps = ['planned', 'trusted', 'annotated', 'dual', 'moved', 'exchange'] as const;

export type Step = (typeof steps)[number];

/**
 * Each step holds only with those before it: a label without trust is no step forward.
 */
export function stepOf(candidate: Candidate, route: Route, facts: MigrationFacts, silence: Silence): Step {
  const { workload, trusts, template } = candidate;
  if (route === 'exchange') {
    const exchanged = trusts.every(({ identity }) => tokenSourceOf(identity).kind === 'exchange');
    return exchanged ? 'exchange' : 'planned';
  }
  const own = trusts.filter(({ identity }) => !isServicePrincipal(identity));
  const isTrusted =
    own.length > 0 &&
    own.every((trust) => trust.isTrusted) &&
    template.serviceAccount === candidate.account.target;
  if (!isTrusted) {
    return 'planned';
  }
  const account = readingOr(facts.serviceAccounts, []).find(
    ({ namespace, name }) => namespace === workload.namespace && name === candidate.account.target,
  );
  const written = account?.annotations[clientIdAnnotation]?.toLowerCase();
  if (!own.some(({ clientId }) => clientId !== undefined && clientId.toLowerCase() === written)) {
    return 'trusted';
  }
  // Whose library cannot do it by itself is served by the sidecar, which the webhook adds for an annotation.
  const isServed = route !== 'proxy' || Object.hasOwn(template.annotations, proxyAnnotation);
  if (template.labels[useLabel] !== 'true' || !isServed) {
    return 'annotated';
  }
  return silence.kind === 'silent' ? 'moved' : 'dual';
}
