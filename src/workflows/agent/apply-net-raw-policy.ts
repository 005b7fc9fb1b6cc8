import type { ClusterPolicies, PolicyChange } from '../../domain/kubernetes/cluster-policies.ts';
import type { PolicyObject } from '../../domain/kubernetes/net-raw/policy-object.ts';
import type { PolicyEngine } from '../../domain/kubernetes/net-raw/render-net-raw-policy.ts';
import { advice, command, type Hint } from '../../errors/hint.ts';
import { PodidError } from '../../errors/podid-error.ts';

export interface PolicyApplication {
  readonly engine: PolicyEngine;
  readonly objects: readonly PolicyObject[];
  readonly force: boolean;
  readonly dryRun: boolean;
}

/**
 * Puts the policy into the cluster, once it is sure that its engine is there.
 *
 * @throws PodidError PolicyBlocked when the engine is missing, or an object of that name is another's and
 * nothing was forced
 */
export async function applyNetRawPolicy(
  policies: ClusterPolicies,
  { engine, objects, force, dryRun }: PolicyApplication,
  signal: AbortSignal,
): Promise<readonly PolicyChange[]> {
  const [first] = objects;
  if (first !== undefined && !(await policies.serves(first.apiVersion, first.plural, signal))) {
    throw engineMissing(engine);
  }
  return await policies.apply({ objects, force, dryRun }, signal);
}

/** @throws PodidError PolicyBlocked; what was written is written by then */
export function refuseOtherManagers(changes: readonly PolicyChange[]): void {
  const foreign = changes.filter(({ action }) => action === 'foreign');
  if (foreign.length === 0) {
    return;
  }
  const names = foreign.map(({ kind, name, reason }) => `${kind} ${name} (${reason})`).join(', ');
  throw new PodidError('PolicyBlocked', `podid did not write ${names}, and left it unchanged.`, {
    hint: advice`Look at it, and take it over with: ${command('podid policy kubenet --apply --force').again()}`,
  });
}

function engineMissing(engine: PolicyEngine): PodidError {
  const { message, hint } = missing[engine];
  return new PodidError('PolicyBlocked', message, { hint });
}

const missing: Readonly<Record<PolicyEngine, { readonly message: string; readonly hint: Hint }>> = {
  vap: {
    message: "The cluster's API has no ValidatingAdmissionPolicy; it comes with Kubernetes 1.30.",
    hint: advice`az aks upgrade, or where Gatekeeper or Kyverno runs: ${command('podid policy kubenet --engine gatekeeper --apply').again()}`,
  },
  gatekeeper: {
    message: 'Gatekeeper is not installed in the cluster, so its template would have no effect.',
    hint: advice`${command('podid policy kubenet --engine vap --apply').again()}  # needs no Gatekeeper (Kubernetes 1.30); or install Gatekeeper, then the same command again`,
  },
  kyverno: {
    message: 'Kyverno is not installed in the cluster, so its policy would have no effect.',
    hint: advice`${command('podid policy kubenet --engine vap --apply').again()}  # needs no Kyverno (Kubernetes 1.30); or install Kyverno, then the same command again`,
  },
};
