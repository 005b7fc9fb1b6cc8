import { type Field, isScalar, type Message, messageNamed } from './protobuf/kube-messages.ts';

type Schemas = Record<string, object>;

/** How OpenAPI has what a field holds. */
const scalarSchemas: Readonly<Record<string, object>> = {
  text: { type: 'string' },
  bytes: { type: 'string', format: 'byte' },
  flag: { type: 'boolean' },
  number: { type: 'integer' },
  time: { type: 'string', format: 'date-time' },
  json: { type: 'object' },
  quantity: { type: 'string' },
  intOrText: { type: 'string', format: 'int-or-string' },
  nothing: { type: 'object' },
};

/** The schema of a message and of all that it holds, by name, without a word of description. */
export function schemasOfMessage(name: string): Schemas {
  const schemas: Schemas = {};
  collect(schemas, name);
  return schemas;
}

function collect(schemas: Schemas, name: string): void {
  const message = messageNamed(name);
  if (Object.hasOwn(schemas, name) || message === undefined) {
    return;
  }
  const fields = fieldsOf(message);
  schemas[name] = {
    type: 'object',
    properties: Object.fromEntries(fields.map((field) => [field.name, schemaOf(field)])),
  };
  for (const { type } of fields) {
    collect(schemas, type);
  }
}

/** With those of inlined messages in place of these. */
function fieldsOf(message: Message): Field[] {
  return Object.values(message).flatMap((field) =>
    field.isInline === true ? fieldsOf(messageNamed(field.type) ?? {}) : [field],
  );
}

function schemaOf({ type, many, mergeKey }: Field): object {
  const one = isScalar(type) ? (scalarSchemas[type] ?? {}) : { $ref: `#/components/schemas/${type}` };
  if (many === 'map') {
    return { type: 'object', additionalProperties: one };
  }
  if (many !== 'list') {
    return one;
  }
  const merged = { 'x-kubernetes-patch-merge-key': mergeKey, 'x-kubernetes-patch-strategy': 'merge' };
  return { type: 'array', items: one, ...(mergeKey === undefined ? {} : merged) };
}
