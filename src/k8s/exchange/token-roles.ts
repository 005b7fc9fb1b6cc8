import { exchangeRolesLabel } from '../../domain/exchange/exchange-roles.ts';
import type { TokenRole } from '../../domain/kubernetes/agent-cluster.ts';
import { recordAt, stringAt, stringMapAt } from '../../validate/json-record.ts';
import type { AgentObjectsApi } from '../agent-objects/agent-objects-api.ts';

/** What `podid exchange` gave agents, those that are gone too; the bindings first, by which the right goes. */
export async function listTokenRoles(
  api: AgentObjectsApi,
  signal: AbortSignal,
): Promise<readonly TokenRole[]> {
  const found: TokenRole[] = [];
  for (const kind of ['RoleBinding', 'Role']) {
    const apiVersion = 'rbac.authorization.k8s.io/v1';
    for (const item of (await api.list({ apiVersion, kind }, exchangeRolesLabel, signal)) ?? []) {
      const metadata = recordAt(item, 'metadata');
      const [name, namespace] = [stringAt(metadata, 'name'), stringAt(metadata, 'namespace')];
      if (name && namespace) {
        const of = stringMapAt(metadata, 'labels')?.[exchangeRolesLabel] ?? '';
        found.push({ ref: { apiVersion, kind, namespace, name }, of });
      }
    }
  }
  return found;
}
