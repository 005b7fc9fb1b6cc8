import type { EntryKey } from '../../domain/entries/pod-identity.ts';
import type { ObjectRef } from '../../domain/kubernetes/kube-object.ts';
import { type WorkloadKind, workloadKindFacts } from '../../domain/kubernetes/workloads.ts';
import {
  type MigrationWrites,
  migrationManager,
  type WorkloadChange,
} from '../../domain/migrate/apply/migration-writes.ts';
import { isWorkloadKind } from '../../domain/migrate/workload-commands.ts';
import { isRecord, recordAt, recordsAt, stringAt } from '../../validate/json-record.ts';
import { parseLiveWorkload } from '../../validate/kubernetes/live-workload.ts';
import { isWorkloadIdentityWebhook } from '../../validate/kubernetes/migration-objects.ts';
import { type KubeRest, mergeContent, objectPath, unusableAnswer } from '../client/kube-rest.ts';
import { mapKubeError } from '../client/map-kube-error.ts';
import { writeTerms } from '../client/write-terms.ts';
import { attemptOf } from '../objects/owned-objects.ts';
import { annotateAccount } from './annotate-account.ts';
import { podsOfWorkload } from './pods-of-workload.ts';
import type { WorkloadApi } from './workload-api.ts';

/** Label of everything that belongs to the webhook, in AKS's form and in upstream's. */
const webhookLabel = 'azure-workload-identity.io/system=true';

export function writeMigration(rest: KubeRest, api: WorkloadApi): MigrationWrites {
  return {
    annotateAccount: annotateAccount(rest, api),
    async workload({ kind, namespace, name }, signal) {
      if (!isWorkloadKind(kind)) {
        return undefined;
      }
      const ref = workloadRef(kind, { namespace, name });
      const found = await api.get({ path: objectPath(ref), ...attemptOf('get', ref), verb: 'get' }, signal);
      return parseLiveWorkload(kind, found);
    },
    podsOf: (workload, signal) => podsOfWorkload(api, workload, signal),
    async change(workload, change, signal) {
      const { resourceVersion, uid } = workload;
      // It was read as one of them.
      const kind = workload.kind as WorkloadKind;
      const ref = workloadRef(kind, workload);
      const { failure, body } = await rest(
        {
          method: 'PATCH',
          path: objectPath(ref),
          query: { fieldManager: migrationManager },
          contentType: mergeContent,
          body: patchOf(kind, change, { resourceVersion, uid }),
        },
        signal,
      );
      if (failure?.httpStatus === 404 || failure?.httpStatus === 409) {
        return 'conflict';
      }
      if (failure !== undefined) {
        throw mapKubeError(failure, attemptOf('patch', ref), writeTerms);
      }
      const changed = parseLiveWorkload(kind, body);
      if (changed === undefined) {
        throw unusableAnswer('the address of the kubeconfig');
      }
      return changed;
    },
    async webhook(signal) {
      const configurations = await api.list(
        {
          path: '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations',
          verb: 'list',
          resource: 'mutatingwebhookconfigurations.admissionregistration.k8s.io',
        },
        signal,
      );
      const [deployment] = await api.list(
        {
          path: '/apis/apps/v1/deployments',
          query: { labelSelector: webhookLabel },
          verb: 'list',
          resource: 'deployments.apps',
        },
        signal,
      );
      const registered = configurations.some(isWorkloadIdentityWebhook);
      return isRecord(deployment) ? { registered, deployment: standingOf(deployment) } : { registered };
    },
  };
}

function standingOf(deployment: Readonly<Record<string, unknown>>) {
  const metadata = recordAt(deployment, 'metadata');
  const ready = recordAt(deployment, 'status')['readyReplicas'];
  const pod = recordAt(recordAt(recordAt(deployment, 'spec'), 'template'), 'spec');
  return {
    namespace: stringAt(metadata, 'namespace') ?? '',
    name: stringAt(metadata, 'name') ?? '',
    ready: typeof ready === 'number' ? ready : 0,
    image: stringAt(recordsAt(pod, 'containers')[0] ?? {}, 'image') ?? '',
  };
}

/** One patch, so that no half of it is ever seen; null takes a member away. */
function patchOf(
  kind: WorkloadKind,
  { templateLabels, templateAnnotations, annotations, paused, partition, rolling }: WorkloadChange,
  version: { readonly resourceVersion: string; readonly uid: string },
): object {
  const template =
    templateLabels === undefined && templateAnnotations === undefined
      ? {}
      : workloadKindFacts(kind)
          .template.toReversed()
          .reduce<object>((inner, member) => ({ [member]: inner }), {
            metadata: {
              ...(templateLabels === undefined ? {} : { labels: templateLabels }),
              ...(templateAnnotations === undefined ? {} : { annotations: templateAnnotations }),
            },
          });
  return {
    metadata: { ...version, ...(annotations === undefined ? {} : { annotations }) },
    spec: {
      ...template,
      ...(paused === undefined ? {} : { paused }),
      ...(partition === undefined ? {} : { updateStrategy: { rollingUpdate: { partition } } }),
      ...(rolling === undefined ? {} : { strategy: { rollingUpdate: rolling } }),
    },
  };
}

function workloadRef(kind: WorkloadKind, { namespace, name }: EntryKey): ObjectRef {
  const { group, version, plural } = workloadKindFacts(kind);
  return { apiVersion: group === '' ? version : `${group}/${version}`, kind, plural, namespace, name };
}
