import type { AccessObjects } from '../../domain/access/access-objects.ts';
import { parseAccessPod } from '../../validate/kubernetes/access/access-pod.ts';
import { parseRbacBinding, parseRbacRole } from '../../validate/kubernetes/access/rbac.ts';
import type { WorkloadApi } from './workload-api.ts';

/** What an access report looks at, read from a cluster's API. */
export function readAccess(api: WorkloadApi): AccessObjects {
  const list = async <Item>(
    plural: string,
    parse: (json: unknown) => Item | undefined,
    signal: AbortSignal,
  ): Promise<readonly Item[]> => {
    const path = `/apis/rbac.authorization.k8s.io/v1/${plural}`;
    const resource = `${plural}.rbac.authorization.k8s.io`;
    return (await api.list({ path, verb: 'list', resource }, signal)).flatMap((item) => parse(item) ?? []);
  };
  return {
    async pods(signal) {
      const items = await api.list({ path: '/api/v1/pods', verb: 'list', resource: 'pods' }, signal);
      return items.flatMap((item) => parseAccessPod(item) ?? []);
    },
    async rbac(signal) {
      const [roles, clusterRoles, bindings, clusterBindings] = await Promise.all([
        list('roles', parseRbacRole, signal),
        list('clusterroles', parseRbacRole, signal),
        list('rolebindings', parseRbacBinding, signal),
        list('clusterrolebindings', parseRbacBinding, signal),
      ]);
      return { roles: [...roles, ...clusterRoles], bindings: [...bindings, ...clusterBindings] };
    },
  };
}
