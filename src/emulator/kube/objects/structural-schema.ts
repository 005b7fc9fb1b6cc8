import type { FailureCause } from '../kube-failure.ts';
import type { StructuralSchema } from './kube-kinds.ts';
import { isMap, type JsonMap, type KubeObject } from './kube-object.ts';

/**
 * A custom resource without the fields its schema does not name. Pruning is silent, as in a real API server.
 */
export function pruneObject(schema: StructuralSchema, object: KubeObject): KubeObject {
  const { metadata, ...rest } = object;
  return { ...(pruneResource(schema, rest) as KubeObject), metadata };
}

function pruneResource(schema: StructuralSchema, value: JsonMap): JsonMap {
  const { apiVersion, kind, metadata, ...rest } = value;
  const kept = prune(schema, rest) as JsonMap;
  return Object.fromEntries(
    Object.entries({ apiVersion, kind, metadata, ...kept }).filter(([, field]) => field !== undefined),
  );
}

function prune(schema: StructuralSchema, value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map((item) => prune(schema.items ?? {}, item));
  }
  if (!isMap(value)) {
    return value;
  }
  const kept: [string, unknown][] = [];
  for (const [name, field] of Object.entries(value)) {
    const own = fieldSchema(schema, name);
    if (own !== undefined) {
      const resource = own['x-kubernetes-embedded-resource'] === true && isMap(field);
      kept.push([name, resource ? pruneResource(own, field) : prune(own, field)]);
    }
  }
  return Object.fromEntries(kept);
}

/** The fields, as `spec.clientID`, that pruning has left out of an object. */
export function lostFields(object: unknown, pruned: unknown, path = ''): readonly string[] {
  if (Array.isArray(object) && Array.isArray(pruned)) {
    return object.flatMap((item, index) => lostFields(item, pruned[index], `${path}[${index}]`));
  }
  if (!isMap(object) || !isMap(pruned)) {
    return [];
  }
  return Object.entries(object).flatMap(([name, value]) => {
    const field = path === '' ? name : `${path}.${name}`;
    return Object.hasOwn(pruned, name) ? lostFields(value, pruned[name], field) : [field];
  });
}

/** Undefined when the schema does not know the field; `{}` when it lets everything through. */
function fieldSchema(schema: StructuralSchema, name: string): StructuralSchema | undefined {
  if (schema.properties !== undefined && Object.hasOwn(schema.properties, name)) {
    return schema.properties[name];
  }
  if (isMap(schema.additionalProperties)) {
    return schema.additionalProperties as StructuralSchema;
  }
  if (schema.additionalProperties === true || schema['x-kubernetes-preserve-unknown-fields'] === true) {
    return { 'x-kubernetes-preserve-unknown-fields': true, additionalProperties: true };
  }
  return undefined;
}

/**
 * Where an object breaks its schema: types, `required`, `enum`. Formats, patterns and CEL are not looked at.
 */
export function schemaFaults(schema: StructuralSchema, object: KubeObject): readonly FailureCause[] {
  const faults: FailureCause[] = [];
  const { apiVersion: _version, kind: _kind, metadata: _metadata, ...rest } = object;
  check(schema, rest, '', faults);
  return faults;
}

function check(schema: StructuralSchema, value: unknown, field: string, faults: FailureCause[]): void {
  if (value === null && schema.nullable === true) {
    return;
  }
  if (schema.type !== undefined && !isOfType(schema.type, value)) {
    const message = `must be of type ${schema.type}, not ${value === null ? 'null' : typeof value}`;
    faults.push({ reason: 'FieldValueTypeInvalid', field, message });
    return;
  }
  if (schema.enum !== undefined && !schema.enum.includes(value)) {
    faults.push({
      reason: 'FieldValueNotSupported',
      field,
      message: `must be one of ${schema.enum.join(', ')}`,
    });
  }
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      check(schema.items ?? {}, item, `${field}[${index}]`, faults);
    }
  } else if (isMap(value)) {
    checkFields(schema, value, field, faults);
  }
}

function checkFields(schema: StructuralSchema, value: JsonMap, field: string, faults: FailureCause[]): void {
  const prefix = field === '' ? '' : `${field}.`;
  const implied = schema['x-kubernetes-embedded-resource'] === true ? ['apiVersion', 'kind'] : [];
  for (const name of [...implied, ...(schema.required ?? [])]) {
    if (value[name] === undefined) {
      faults.push({ reason: 'FieldValueRequired', field: `${prefix}${name}`, message: 'is required' });
    }
  }
  for (const [name, item] of Object.entries(value)) {
    check(fieldSchema(schema, name) ?? {}, item, `${prefix}${name}`, faults);
  }
}

function isOfType(type: string, value: unknown): boolean {
  switch (type) {
    case 'object':
      return isMap(value);
    case 'array':
      return Array.isArray(value);
    case 'integer':
      return Number.isInteger(value);
    case 'number':
      return typeof value === 'number';
    default:
      return typeof value === type;
  }
}
