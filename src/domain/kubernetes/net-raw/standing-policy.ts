import { type PolicyEngine, policyEngines, renderNetRawPolicy } from './render-net-raw-policy.ts';

/** The spec of an object in the cluster; undefined: there is none. */
export type FoundSpec = Readonly<Record<string, unknown>> | undefined;

/**
 * The objects of an engine that are looked for, in their order; which namespaces they leave out is not asked.
 */
export function netRawObjects(engine: PolicyEngine) {
  return renderNetRawPolicy(engine, ['kube-system']);
}

/** The engine that refuses pods with NET_RAW by the policy of `podid policy kubenet`; undefined: none does. */
export function standingEngine(
  specsOf: (engine: PolicyEngine) => readonly FoundSpec[],
): PolicyEngine | undefined {
  return policyEngines.find((engine) => {
    const specs = specsOf(engine);
    return (
      specs.length > 0 && specs.every((spec) => spec !== undefined) && denies[engine](specs.at(-1) ?? {})
    );
  });
}

/** An engine can be told to warn alone, or to write its finding into a log. By the spec of its last object. */
const denies: Readonly<Record<PolicyEngine, (spec: Readonly<Record<string, unknown>>) => boolean>> = {
  vap: ({ validationActions }) => Array.isArray(validationActions) && validationActions.includes('Deny'),
  gatekeeper: ({ enforcementAction = 'deny' }) => enforcementAction === 'deny',
  kyverno: ({ validationFailureAction }) => String(validationFailureAction).toLowerCase() === 'enforce',
};
