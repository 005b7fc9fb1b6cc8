import { advice } from '../errors/hint.ts';
import { PodidError } from '../errors/podid-error.ts';

/**
 * A compiled `--query`. @throws PodidError QueryFailed on a value that it does not fit: a function called
 * with the wrong type
 */
export type Query = (value: unknown) => unknown;

/** @throws PodidError InvalidUsage when the expression is no JMESPath, which is before any request */
export async function compileQuery(expression: string): Promise<Query> {
  const { compile, TreeInterpreter } = await import('@jmespath-community/jmespath');
  try {
    const tree = compile(expression);
    return (value) => applyQuery(expression, () => TreeInterpreter.search(tree, value as never));
  } catch (error) {
    throw invalidQuery(expression, error);
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
