import { admissionPolicy } from './admission-policy.ts';
import { gatekeeperPolicy } from './gatekeeper-policy.ts';
import { kyvernoPolicy } from './kyverno-policy.ts';
import type { PolicyObject } from './policy-object.ts';

export const policyEngines = ['vap', 'gatekeeper', 'kyverno'] as const;
export type PolicyEngine = (typeof policyEngines)[number];

/**
 * The objects by which an engine refuses pods that keep NET_RAW, in the order in which they can be created.
 *
 * @param excludedNamespaces whose pods pass as they are; never empty
 */
export function renderNetRawPolicy(
  engine: PolicyEngine,
  excludedNamespaces: readonly string[],
): readonly PolicyObject[] {
  switch (engine) {
    case 'vap':
      return admissionPolicy(excludedNamespaces);
    case 'gatekeeper':
      return gatekeeperPolicy(excludedNamespaces);
    case 'kyverno':
      return kyvernoPolicy(excludedNamespaces);
  }
}
