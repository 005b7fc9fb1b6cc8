import type {
  AzureAssignedIdentity,
  AzureIdentity,
  AzureIdentityBinding,
  AzurePodIdentityException,
  ObjectMeta,
} from '../../domain/kubernetes/identity-resources.ts';
import { isRecord, type JsonRecord, stringAt, stringMapAt } from '../json-record.ts';
import { nameInAnyCase } from '../json-shape.ts';

/*
 * Upstream's CRDs promise types and nothing else, and objects written before their structural schema may
 * break even that. So these are tolerant: a member of the wrong type is absent, and only what has no name or
 * namespace is not an object. Members of a spec are read in any case, for releases before 1.6.0 wrote `ClientID`,
 * `AzureIdentity` and the like; the spelling of today wins. Ids lose the white space around them, which files leave
 * there and which is part of no id.
 */

export function parseAzureIdentity(json: unknown): AzureIdentity | undefined {
  const object = parseObject(json);
  if (object === undefined) {
    return undefined;
  }
  const { metadata, spec } = object;
  const type = typeOf(inAnyCase(spec, 'type'));
  const secret = inAnyCase(spec, 'clientPassword');
  const tenants = inAnyCase(spec, 'auxiliaryTenantIDs');
  return {
    metadata,
    spec: {
      ...(type === undefined ? {} : { type }),
      ...textsOf(spec, ['resourceID', 'clientID', 'tenantID', 'adEndpoint'], (id) => id.trim()),
      ...(isRecord(secret) ? { clientPassword: textsOf(secret, ['name', 'namespace']) } : {}),
      ...(Array.isArray(tenants)
        ? { auxiliaryTenantIDs: tenants.filter((id) => typeof id === 'string').map((id) => id.trim()) }
        : {}),
    },
  };
}

/** A number, also written as text; what is neither is a type that there is not. */
function typeOf(value: unknown): number | undefined {
  if (value === undefined || value === null || typeof value === 'number') {
    return value ?? undefined;
  }
  return typeof value === 'string' && /^\s*\d+\s*$/.test(value) ? Number(value) : Number.NaN;
}

export function parseAzureIdentityBinding(json: unknown): AzureIdentityBinding | undefined {
  const object = parseObject(json);
  return object && { metadata: object.metadata, spec: textsOf(object.spec, ['azureIdentity', 'selector']) };
}

export function parseAzurePodIdentityException(json: unknown): AzurePodIdentityException | undefined {
  const object = parseObject(json);
  if (object === undefined) {
    return undefined;
  }
  const podLabels = stringMapAt({ podLabels: inAnyCase(object.spec, 'podLabels') }, 'podLabels');
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
      ...strings(json['metadata'], ['uid', 'resourceVersion', 'creationTimestamp', 'deletionTimestamp']),
      ...(labels ? { labels } : {}),
      ...(annotations ? { annotations } : {}),
    },
    spec: isRecord(json['spec']) ? json['spec'] : {},
  };
}

/** The member of this name, else the first that is spelt so in another case. */
export function inAnyCase(record: JsonRecord, name: string): unknown {
  const key = Object.hasOwn(record, name) ? name : nameInAnyCase(Object.keys(record), name);
  return key === undefined ? undefined : record[key];
}

function textsOf<Key extends string>(
  record: JsonRecord,
  keys: readonly Key[],
  edit = (text: string) => text,
): { [K in Key]?: string } {
  const found = keys.map((key) => [key, inAnyCase(record, key)] as const);
  const texts = found.flatMap(([key, value]) => (typeof value === 'string' ? [[key, edit(value)]] : []));
  return Object.fromEntries(texts);
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
