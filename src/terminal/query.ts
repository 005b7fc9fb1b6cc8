import { PodidError } from '../errors/podid-error.ts';

/** A compiled `--query`. */
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

/** Some faults show only on a value: a function called with the wrong type. */
function applyQuery(expression: string, search: () => unknown): unknown {
  try {
    return search();
  } catch (error) {
    throw invalidQuery(expression, error);
  }
}

function invalidQuery(expression: string, error: unknown): PodidError {
  const reason = error instanceof Error ? error.message : String(error);
  return new PodidError(
    'InvalidUsage',
    `--query: ${JSON.stringify(expression)} is not a JMESPath expression: ${reason}`,
    {
      hint: 'the language is described at https://jmespath.org',
      details: [{ code: 'InvalidUsage', flag: '--query', message: reason }],
      cause: error,
    },
  );
}
