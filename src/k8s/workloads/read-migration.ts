import { type WorkloadKind, workloadKindFacts } from '../../domain/kubernetes/workloads.ts';
import type { MigrationObjects } from '../../domain/migrate/migration-objects.ts';
import {
  isWorkloadIdentityWebhook,
  parseDisruptionBudget,
  parseNamespace,
  parseProviderClass,
  parseRoleBinding,
  parseServiceAccount,
  parseTrigger,
} from '../../validate/kubernetes/migration-objects.ts';
import { parseReadPod, parseReadWorkload } from '../../validate/kubernetes/pod-template.ts';
import type { WorkloadApi } from './workload-api.ts';

/** What a migration looks at, read from a cluster's API. */
export function readMigration(api: WorkloadApi): MigrationObjects<WorkloadKind> {
  const list = async <Item>(
    { group, version, plural }: Listed,
    namespace: string | undefined,
    parse: (json: unknown) => Item | undefined,
    signal: AbortSignal,
  ): Promise<readonly Item[]> => {
    const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
    const where = namespace === undefined ? '' : `/namespaces/${encodeURIComponent(namespace)}`;
    const resource = group === '' ? plural : `${plural}.${group}`;
    const scope = namespace === undefined ? {} : { namespace };
    const items = await api.list(
      { path: `${root}${where}/${plural}`, verb: 'list', resource, ...scope },
      signal,
    );
    return items.map(parse).filter((item) => item !== undefined);
  };
  return {
    workloads: (kind, namespace, signal) =>
      list(workloadKindFacts(kind), namespace, (json) => parseReadWorkload(kind, json), signal),
    pods: (namespace, signal) => list(core('pods'), namespace, parseReadPod, signal),
    serviceAccounts: (namespace, signal) =>
      list(core('serviceaccounts'), namespace, parseServiceAccount, signal),
    async roleBindings(namespace, signal) {
      const [own, ofCluster] = await Promise.all([
        list(rbac('rolebindings'), namespace, (json) => parseRoleBinding('RoleBinding', json), signal),
        list(
          rbac('clusterrolebindings'),
          undefined,
          (json) => parseRoleBinding('ClusterRoleBinding', json),
          signal,
        ),
      ]);
      return [...own, ...ofCluster];
    },
    async namespaces(namespace, signal) {
      if (namespace === undefined) {
        return await list(core('namespaces'), undefined, parseNamespace, signal);
      }
      const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}`;
      const found = await api.get({ path, verb: 'get', resource: 'namespaces', namespace }, signal);
      const parsed = parseNamespace(found);
      return parsed === undefined ? [] : [parsed];
    },
    disruptionBudgets: (namespace, signal) =>
      list(
        { group: 'policy', version: 'v1', plural: 'poddisruptionbudgets' },
        namespace,
        parseDisruptionBudget,
        signal,
      ),
    providerClasses: (namespace, signal) =>
      list(
        { group: 'secrets-store.csi.x-k8s.io', version: 'v1', plural: 'secretproviderclasses' },
        namespace,
        parseProviderClass,
        signal,
      ),
    async triggers(signal) {
      const [own, ofCluster] = await Promise.all([
        list(
          keda('triggerauthentications'),
          undefined,
          (json) => parseTrigger('TriggerAuthentication', json),
          signal,
        ),
        list(
          keda('clustertriggerauthentications'),
          undefined,
          (json) => parseTrigger('ClusterTriggerAuthentication', json),
          signal,
        ),
      ]);
      return [...own, ...ofCluster];
    },
    async webhook(signal) {
      const kind = {
        group: 'admissionregistration.k8s.io',
        version: 'v1',
        plural: 'mutatingwebhookconfigurations',
      };
      const found = await list(kind, undefined, (json) => json, signal);
      return found.some(isWorkloadIdentityWebhook);
    },
  };
}

interface Listed {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
}

function core(plural: string): Listed {
  return { group: '', version: 'v1', plural };
}

function rbac(plural: string): Listed {
  return { group: 'rbac.authorization.k8s.io', version: 'v1', plural };
}

function keda(plural: string): Listed {
  return { group: 'keda.sh', version: 'v1alpha1', plural };
}
