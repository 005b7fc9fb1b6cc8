import { advice } from '../errors/hint.ts';
import { PodidError } from '../errors/podid-error.ts';

/**
 * A compiled `--query`. @throws PodidError QueryFailed on a value that it does not fit: a function called
 * with the wrong type
 */
export type Query = (value: unknown) => unknown;

/**
 * Reads an expression as az does, whose library is another: a literal may stand without its quotes (`` `web` ``), texts
 * have an order, as dates need it, and a lone `=` is a mistake.
 *
 * @throws PodidError InvalidUsage when the expression is not JMESPath, or calls a function that does not exist, or not
 * with what it takes, whether or not a result ever leads there; which is before any request
 */
export async function compileQuery(expression: string): Promise<Query> {
  const jmespath = await import('@jmespath-community/jmespath');
  const { compile, TreeInterpreter } = jmespath;
  try {
    for (const [name, compare] of Object.values(comparisons)) {
      const any = { types: [jmespath.TYPE_ANY] };
      jmespath.registerFunction(name, ([one, other]) => compared(compare, one, other), [any, any], {
        override: true,
      });
    }
    const typed = compile(expression, { enable_legacy_literals: true });
    for (const call of callsOf(typed)) {
      checkCall(call, TreeInterpreter.runtime._functionTable, jmespath.TYPE_EXPREF);
    }
    const tree = asAz(typed) as ReturnType<typeof compile>;
    return (value) => applyQuery(expression, () => TreeInterpreter.search(tree, value as never));
  } catch (error) {
    throw invalidQuery(expression, error);
  }
}

type Comparison = (one: number | string, other: number | string) => boolean;

/** By the library's names, with the function that stands in for each. */
const comparisons: Readonly<Record<string, readonly [string, Comparison]>> = {
  GT: ['podid_gt', (one, other) => one > other],
  GTE: ['podid_gte', (one, other) => one >= other],
  LT: ['podid_lt', (one, other) => one < other],
  LTE: ['podid_lte', (one, other) => one <= other],
};

function compared(compare: Comparison, one: unknown, other: unknown): boolean | null {
  const areNumbers = typeof one === 'number' && typeof other === 'number';
  const areTexts = typeof one === 'string' && typeof other === 'string';
  return areNumbers || areTexts ? compare(one, other) : null;
}

/** The tree of an expression, with what az reads in another way put in its place. */
function asAz(node: unknown, isInLet = false): unknown {
  if (Array.isArray(node)) {
    return node.map((each) => asAz(each, isInLet));
  }
  if (typeof node !== 'object' || node === null) {
    return node;
  }
  const tree = node as Readonly<Record<string, unknown>>;
  if (tree['type'] === 'Literal') {
    return node;
  }
  if (tree['type'] === 'Binding' && !isInLet) {
    throw new Error('= compares nothing; write ==, and a text in single quotes');
  }
  const copy = Object.fromEntries(
    Object.entries(tree).map(([key, value]) => [
      key,
      asAz(value, tree['type'] === 'LetExpression' && key === 'bindings'),
    ]),
  );
  const [name] = (tree['type'] === 'Comparator' && comparisons[String(tree['name'])]) || [];
  return name === undefined ? copy : { type: 'Function', name, children: [copy['left'], copy['right']] };
}

interface Call {
  readonly name: string;
  readonly children: readonly { readonly type: string }[];
}

/** Every function that is called somewhere in the tree. */
function callsOf(node: unknown): readonly Call[] {
  if (typeof node !== 'object' || node === null) {
    return [];
  }
  // What a literal holds is data.
  if (!Array.isArray(node) && 'type' in node && node.type === 'Literal') {
    return [];
  }
  const isCall = !Array.isArray(node) && 'type' in node && node.type === 'Function';
  return [...(isCall ? [node as unknown as Call] : []), ...Object.values(node).flatMap(callsOf)];
}

type Signatures = Readonly<
  Record<
    string,
    | {
        readonly _signature: readonly {
          readonly types: readonly number[];
          readonly variadic?: boolean;
          readonly optional?: boolean;
        }[];
      }
    | undefined
  >
>;

/** What the library itself finds only on a result that leads to the call. */
function checkCall({ name, children }: Call, functions: Signatures, expression: number): void {
  const known = Object.keys(functions).filter((each) => !each.startsWith('podid_'));
  const signature = known.includes(name) ? functions[name]?._signature : undefined;
  if (signature === undefined) {
    throw new Error(`there is no function ${name}(); there are ${known.sort().join(', ')}`);
  }
  const least = signature.filter(({ optional }) => !optional).length;
  const most = signature.some(({ variadic }) => variadic) ? Number.POSITIVE_INFINITY : signature.length;
  if (children.length < least || children.length > most) {
    const count =
      most === least ? `${least}` : most > signature.length ? `${least} or more` : `${least} to ${most}`;
    const noun = most === 1 ? 'argument' : 'arguments';
    throw new Error(`${name}() takes ${count} ${noun}, not ${children.length}`);
  }
  for (const [at, { types }] of signature.entries()) {
    const isExpression = children[at]?.type === 'ExpressionReference';
    if (children[at] !== undefined && types.includes(expression) !== isExpression) {
      throw new Error(
        `argument ${at + 1} of ${name}() is ${isExpression ? 'a value, without &' : 'an expression, such as &name'}`,
      );
    }
  }
}

function applyQuery(expression: string, search: () => unknown): unknown {
  try {
    return search();
  } catch (cause) {
    const message = `--query: ${JSON.stringify(expression)} does not fit the result: ${reasonOf(cause)}`;
    throw new PodidError('QueryFailed', message, { hint: queryHint, cause });
  }
}

function invalidQuery(expression: string, cause: unknown): PodidError {
  const reason = reasonOf(cause);
  return new PodidError(
    'InvalidUsage',
    `--query: ${JSON.stringify(expression)} is not a JMESPath expression: ${reason}`,
    {
      hint: queryHint,
      details: [{ code: 'InvalidUsage', flag: '--query', message: reason }],
      cause,
    },
  );
}

const queryHint = advice`the language is described at https://jmespath.org`;

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
