import type { EntryKey } from '../../domain/entries/pod-identity.ts';
import { migrationManager } from '../../domain/migrate/apply/migration-writes.ts';
import type {
  ReadDisruptionBudget,
  ReadNamespace,
  ReadProviderClass,
  ReadRoleBinding,
  ReadServiceAccount,
  ReadTrigger,
} from '../../domain/migrate/migration-facts.ts';
import { isRecord, type JsonRecord, recordAt, recordsAt, stringAt, stringMapAt } from '../json-record.ts';
import { namesAt } from './pod-template.ts';
import { parseLabelSelector } from './workloads.ts';

/*
 * What stands around workloads, as far as a migration looks at it. Tolerant: what is missing is empty, and undefined is
 * what has no name.
 */

export function parseServiceAccount(json: unknown): ReadServiceAccount | undefined {
  const key = keyOf(json);
  const metadata = isRecord(json) ? recordAt(json, 'metadata') : {};
  const uid = stringAt(metadata, 'uid');
  const managers = recordsAt(metadata, 'managedFields').map((each) => stringAt(each, 'manager'));
  return key && isRecord(json)
    ? {
        ...key,
        ...(uid === undefined ? {} : { uid }),
        annotations: stringMapAt(metadata, 'annotations') ?? {},
        ...(managers.includes(migrationManager) ? { migrated: true } : {}),
        imagePullSecrets: namesAt(json, 'imagePullSecrets'),
        secrets: namesAt(json, 'secrets'),
      }
    : undefined;
}

export function parseNamespace(json: unknown): ReadNamespace | undefined {
  const metadata = isRecord(json) ? recordAt(json, 'metadata') : {};
  const name = stringAt(metadata, 'name');
  return name ? { name, labels: stringMapAt(metadata, 'labels') ?? {} } : undefined;
}

export function parseRoleBinding(kind: ReadRoleBinding['kind'], json: unknown): ReadRoleBinding | undefined {
  const metadata = isRecord(json) ? recordAt(json, 'metadata') : {};
  const name = stringAt(metadata, 'name');
  const namespace = stringAt(metadata, 'namespace');
  if (!isRecord(json) || !name) {
    return undefined;
  }
  const role = recordAt(json, 'roleRef');
  return {
    kind,
    ...(namespace ? { namespace } : {}),
    name,
    role: `${stringAt(role, 'kind') ?? ''}/${stringAt(role, 'name') ?? ''}`,
    accounts: recordsAt(json, 'subjects')
      .filter((subject) => subject['kind'] === 'ServiceAccount')
      .map((subject) => ({
        namespace: stringAt(subject, 'namespace') || namespace || '',
        name: stringAt(subject, 'name') ?? '',
      })),
  };
}

export function parseDisruptionBudget(json: unknown): ReadDisruptionBudget | undefined {
  const key = keyOf(json);
  if (key === undefined || !isRecord(json)) {
    return undefined;
  }
  const allowed = recordAt(json, 'status')['disruptionsAllowed'];
  return {
    ...key,
    selector: parseLabelSelector(recordAt(recordAt(json, 'spec'), 'selector')),
    allowed: typeof allowed === 'number' ? allowed : 0,
  };
}

/** The Key Vault provider reads the member as Go's ParseBool does. */
export function parseProviderClass(json: unknown): ReadProviderClass | undefined {
  const key = keyOf(json);
  if (key === undefined || !isRecord(json)) {
    return undefined;
  }
  const spec = recordAt(json, 'spec');
  const asked = stringAt(recordAt(spec, 'parameters'), 'usePodIdentity') ?? '';
  const isAzure = spec['provider'] === 'azure';
  return { ...key, usesPodIdentity: isAzure && ['1', 't', 'T', 'true', 'TRUE', 'True'].includes(asked) };
}

export function parseTrigger(kind: ReadTrigger['kind'], json: unknown): ReadTrigger | undefined {
  const metadata = isRecord(json) ? recordAt(json, 'metadata') : {};
  const name = stringAt(metadata, 'name');
  const namespace = stringAt(metadata, 'namespace');
  if (!isRecord(json) || !name) {
    return undefined;
  }
  const provider = stringAt(recordAt(recordAt(json, 'spec'), 'podIdentity'), 'provider') ?? '';
  return { kind, ...(namespace ? { namespace } : {}), name, provider };
}

/** Whether a MutatingWebhookConfiguration is Workload Identity's, by the name of the webhook in it. */
export function isWorkloadIdentityWebhook(json: unknown): boolean {
  const webhooks: readonly JsonRecord[] = isRecord(json) ? recordsAt(json, 'webhooks') : [];
  return webhooks.some(({ name }) => name === 'mutation.azure-workload-identity.io');
}

function keyOf(json: unknown): EntryKey | undefined {
  const metadata = isRecord(json) ? recordAt(json, 'metadata') : {};
  const [namespace, name] = [stringAt(metadata, 'namespace'), stringAt(metadata, 'name')];
  return namespace && name ? { namespace, name } : undefined;
}
