import { allows } from '../../domain/access/rbac.ts';
import type { EntryKey } from '../../domain/entries/pod-identity.ts';
import { parseRbacBinding, parseRbacRole } from '../../validate/kubernetes/access/rbac.ts';
import type { AgentObjectsApi } from '../agent-objects/agent-objects-api.ts';

const apiVersion = 'rbac.authorization.k8s.io/v1';

/** By ClusterRoleBindings that name the account itself, as those of an agent do. */
export async function listsAllPods(
  api: AgentObjectsApi,
  { namespace, name }: EntryKey,
  signal: AbortSignal,
): Promise<boolean> {
  const bindings = (await api.list({ apiVersion, kind: 'ClusterRoleBinding' }, '', signal)) ?? [];
  const roles = bindings.flatMap((json) => {
    const binding = parseRbacBinding(json);
    const isOwn = binding?.subjects.some(
      (subject) =>
        subject.kind === 'ServiceAccount' && subject.namespace === namespace && subject.name === name,
    );
    return isOwn ? [binding?.roleName ?? ''] : [];
  });
  for (const role of new Set(roles)) {
    const rules = parseRbacRole(
      await api.get({ apiVersion, kind: 'ClusterRole', name: role }, signal),
    )?.rules;
    if (allows(rules ?? [], { verbs: ['list', 'watch'], group: '', resource: 'pods' })) {
      return true;
    }
  }
  return false;
}
