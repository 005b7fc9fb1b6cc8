import type {
  AzureAssignedIdentity,
  AzureIdentity,
  AzureIdentityBinding,
  AzurePodIdentityException,
  ObjectMeta,
} from '../../domain/kubernetes/identity-resources.ts';
import { isRecord, type JsonRecord, stringAt, stringMapAt } from '../json-record.ts';

/*
 * Upstream's CRDs promise types and nothing else, and objects written before their structural schema may
 * break even that. So these are tolerant: a member of the wrong type is absent, and only what has no name or
 * namespace is not an object.
 */

export function parseAzureIdentity(json: unknown): AzureIdentity | undefined {
  const object = parseObject(json);
  if (object === undefined) {
    return undefined;
  }
  const { metadata, spec } = object;
  const secret = isRecord(spec['clientPassword']) ? spec['clientPassword'] : undefined;
  const tenants = spec['auxiliaryTenantIDs'];
  return {
    metadata,
    spec: {
      ...(typeof spec['type'] === 'number' ? { type: spec['type'] } : {}),
      ...strings(spec, ['resourceID', 'clientID', 'tenantID', 'adEndpoint']),
      ...(secret ? { clientPassword: strings(secret, ['name', 'namespace']) } : {}),
      ...(Array.isArray(tenants)
        ? { auxiliaryTenantIDs: tenants.filter((id) => typeof id === 'string') }
        : {}),
    },
  };
}

export function parseAzureIdentityBinding(json: unknown): AzureIdentityBinding | undefined {
  const object = parseObject(json);
  return object && { metadata: object.metadata, spec: strings(object.spec, ['azureIdentity', 'selector']) };
}

export function parseAzurePodIdentityException(json: unknown): AzurePodIdentityException | undefined {
  const object = parseObject(json);
  if (object === undefined) {
    return undefined;
  }
  const podLabels = stringMapAt(object.spec, 'podLabels');
  return { metadata: object.metadata, spec: podLabels ? { podLabels } : {} };
}

export function parseAzureAssignedIdentity(json: unknown): AzureAssignedIdentity | undefined {
  const object = parseObject(json);
  if (object === undefined || !isRecord(json)) {
    return undefined;
  }
  const { metadata, spec } = object;
  const identity = parseAzureIdentity(spec['azureIdentityRef']);
  const binding = parseAzureIdentityBinding(spec['azureBindingRef']);
  const status = isRecord(json['status']) ? stringAt(json['status'], 'status') : undefined;
  return {
    metadata,
    spec: {
      ...(identity ? { azureIdentityRef: identity } : {}),
      ...(binding ? { azureBindingRef: binding } : {}),
      ...strings(spec, ['pod', 'podNamespace', 'nodename']),
    },
    ...(status === undefined ? {} : { status: { status } }),
  };
}

function parseObject(json: unknown): { metadata: ObjectMeta; spec: JsonRecord } | undefined {
  if (!isRecord(json) || !isRecord(json['metadata'])) {
    return undefined;
  }
  const name = stringAt(json['metadata'], 'name');
  const namespace = stringAt(json['metadata'], 'namespace');
  if (!name || !namespace) {
    return undefined;
  }
  const labels = stringMapAt(json['metadata'], 'labels');
  const annotations = stringMapAt(json['metadata'], 'annotations');
  return {
    metadata: {
      name,
      namespace,
      ...strings(json['metadata'], ['uid', 'resourceVersion', 'creationTimestamp']),
      ...(labels ? { labels } : {}),
      ...(annotations ? { annotations } : {}),
    },
    spec: isRecord(json['spec']) ? json['spec'] : {},
  };
}

function strings<Key extends string>(record: JsonRecord, keys: readonly Key[]): { [K in Key]?: string } {
  const found: { [K in Key]?: string } = {};
  for (const key of keys) {
    const value = stringAt(record, key);
    if (value !== undefined) {
      found[key] = value;
    }
  }
  return found;
}
