/** What podid reads of a part of the chart's schema. */
export interface Schema {
  readonly type?: TypeName | readonly TypeName[];
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly pattern?: string;
  readonly description?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
}

type TypeName = 'boolean' | 'integer' | 'number' | 'string' | 'object' | 'array' | 'null';

/**
 * What a part of the chart's schema asks for, as the end of "… has to be": `true or false, or empty`. A pattern speaks through
 * the description beside it.
 */
export function ruleOf(schema: Schema): string {
  const { pattern, description } = schema;
  if (pattern !== undefined && description !== undefined) {
    return description;
  }
  const branches = schema.anyOf ?? [schema];
  const kinds = [...new Set(branches.flatMap(kindsOf))];
  // Beside numbers and booleans a text is their other spelling.
  const isSpelling = (kind: string) => schema.anyOf !== undefined && kind === text && kinds.length > 1;
  const told = kinds.filter((kind) => kind !== '' && !isSpelling(kind));
  return `${told.join(' or ')}${branches.some(mayBeEmpty) ? ', or empty' : ''}`;
}

const text = 'a text';

function kindsOf(schema: Schema): readonly string[] {
  if (schema.enum !== undefined) {
    const words = schema.enum.filter((word) => word !== '' && word !== null).map(String);
    const isBoolean = words.join() === 'true,false';
    return [isBoolean ? 'true or false' : `one of ${words.join(', ')}`];
  }
  return [schema.type ?? []].flat().map((type) => {
    if (type === 'integer' || type === 'number') {
      return numberRule(schema, type);
    }
    return type === 'string' ? lengthRule(schema) : names[type];
  });
}

const names = { boolean: 'true or false', object: 'a map', array: 'a list', null: '' } as const;

function numberRule({ minimum, maximum, exclusiveMinimum }: Schema, type: 'integer' | 'number'): string {
  const kind = type === 'integer' ? 'a whole number' : 'a number';
  if (exclusiveMinimum !== undefined) {
    return `${kind} above ${exclusiveMinimum}`;
  }
  return maximum === undefined ? `${kind} from ${minimum} on` : `${kind} from ${minimum} to ${maximum}`;
}

function lengthRule({ minLength, maxLength }: Schema): string {
  return minLength === undefined ? text : `${text} of ${minLength} to ${maxLength} characters`;
}

/** As `""`; null, which takes a default away, goes without saying. */
function mayBeEmpty({ enum: words = [], pattern }: Schema): boolean {
  return words.includes('') || (pattern !== undefined && new RegExp(pattern).test(''));
}
