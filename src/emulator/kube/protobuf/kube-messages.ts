import { kubeFields } from './kube-fields.ts';

/** How JSON has what a field holds, where it is no message. `nothing` is not read. */
const scalars = [
  'text',
  'bytes',
  'flag',
  'number',
  'time',
  'json',
  'quantity',
  'intOrText',
  'nothing',
] as const;
type Scalar = (typeof scalars)[number];

export interface Field {
  /** As in JSON. */
  readonly name: string;
  /** A scalar, or the name of a message. */
  readonly type: string;
  readonly many?: 'list' | 'map';
  /** Whether zero or empty text was set, and is not what the sender writes for nothing. */
  readonly isPointer?: boolean;
  /** Whether JSON has the message's fields in place of it. */
  readonly isInline?: boolean;
  /** By which field a strategic merge patch finds an item of the list. */
  readonly mergeKey?: string;
}

/** Fields by their number. */
export type Message = Readonly<Record<number, Field>>;

/** Around every message: `runtime.Unknown`. */
const own = `
Envelope: 1:typeMeta=TypeMeta 2:raw=bytes 3:contentEncoding 4:contentType
TypeMeta: 1:apiVersion 2:kind
`;

let parsed: ReadonlyMap<string, Message> | undefined;

export function messageNamed(name: string): Message | undefined {
  parsed ??= parseTable(own + kubeFields);
  return parsed.get(name);
}

/** The message that a body of this kind is, if it is one that the emulator knows. */
export function messageOfKind(apiVersion: string, kind: string): Message | undefined {
  const message = messageNamed(messageNameOf(apiVersion, kind));
  return message?.[1]?.type === 'ObjectMeta' || kind === 'DeleteOptions' ? message : undefined;
}

/** `Pod`, `apps.Deployment`, `autoscaling2.HorizontalPodAutoscaler` */
export function messageNameOf(apiVersion: string, kind: string): string {
  const [version = '', group = ''] = apiVersion.split('/').reverse();
  const of = `${group.split('.')[0]}${version.replace(/^v1?/, '')}`;
  return of === '' ? kind : `${of}.${kind}`;
}

export function isScalar(type: string): type is Scalar {
  return (scalars as readonly string[]).includes(type);
}

function parseTable(table: string): ReadonlyMap<string, Message> {
  const lines = table.split('\n').filter((line) => line !== '');
  return new Map(
    lines.map((line) => {
      const [name = '', ...fields] = line.split(/:? /);
      return [name, Object.fromEntries(fields.map(parseField))];
    }),
  );
}

function parseField(text: string): [number, Field] {
  const [, number, name = '', sign, type, mergeKey] =
    /^(\d+):(\w+)(?:=(\[\]|\{\}|[*+])?([\w.]*))?(?:@(\w+))?$/.exec(text) ?? [];
  const field = {
    name,
    type: type || 'text',
    ...(sign === '[]' ? { many: 'list' as const } : {}),
    ...(sign === '{}' ? { many: 'map' as const } : {}),
    ...(sign === '*' ? { isPointer: true } : {}),
    ...(sign === '+' ? { isInline: true } : {}),
    ...(mergeKey === undefined ? {} : { mergeKey }),
  };
  return [Number(number), field];
}
