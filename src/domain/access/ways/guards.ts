import { identityApi } from '../../kubernetes/identity-resources.ts';
import type { AgentPod } from '../../kubernetes/workloads.ts';
import type { AccessFacts } from '../access-facts.ts';
import { allows, type RbacGrant } from '../rbac.ts';

/**
 * Whether a pod that is labelled as an agent guards its node; undefined where it is not known. Anybody may label theirs so.
 * One that guards is on the network of its node, and either in `kube-system` or of an installation: its account may read
 * identities in the whole cluster, which nobody who has one namespace alone can give it.
 */
export function isGuard(
  { namespace, hostNetwork, serviceAccount }: AgentPod,
  grants: readonly RbacGrant[] | undefined,
): boolean | undefined {
  if (hostNetwork !== true || namespace === 'kube-system') {
    return hostNetwork === true;
  }
  return grants?.some(
    ({ subject, namespace: within, rules }) =>
      within === undefined &&
      subject.kind === 'ServiceAccount' &&
      subject.namespace === namespace &&
      subject.name === serviceAccount &&
      allows(rules, { verbs: ['list'], group: identityApi.group, resource: 'azureidentities' }),
  );
}

/** Whether rights that were not read would say if an agent guards its node. */
export function isGuardDoubtful({ agents, rbac }: Pick<AccessFacts, 'agents' | 'rbac'>): boolean {
  return (
    rbac.kind === 'unread' &&
    agents.kind === 'read' &&
    agents.value.some((agent) => isGuard(agent, undefined) === undefined)
  );
}
