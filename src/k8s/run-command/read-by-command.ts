import type { RunCommand } from '../../domain/azure/run-command.ts';
import { advice } from '../../errors/hint.ts';
import { PodidError } from '../../errors/podid-error.ts';
import type { ObjectKind } from '../objects/render-objects.ts';
import { explainReadFailure } from './explain-kubectl.ts';
import { namespacesCommand, type ReadScope, readCommand } from './kubectl-text.ts';
import { parseObjects, readOutput } from './read-output.ts';

export const allKinds: readonly ObjectKind[] = [
  'AzureIdentity',
  'AzureIdentityBinding',
  'AzurePodIdentityException',
];

/**
 * All objects of the three kinds, as JSON. What does not fit into one output is asked for kind by kind, and
 * then namespace by namespace.
 *
 * @throws PodidError MirrorFailed, and what `run` throws
 */
export async function readByCommand(run: RunCommand, signal: AbortSignal): Promise<readonly unknown[]> {
  const whole = await readScope(run, { kinds: allKinds }, signal);
  if (whole !== undefined) {
    return whole;
  }
  const objects: unknown[] = [];
  for (const kind of allKinds) {
    objects.push(
      ...((await readScope(run, { kinds: [kind] }, signal)) ?? (await readByNamespace(run, kind, signal))),
    );
  }
  return objects;
}

/** Undefined when the output was cut off. */
async function readScope(
  run: RunCommand,
  scope: ReadScope,
  signal: AbortSignal,
): Promise<readonly unknown[] | undefined> {
  const end = await run(readCommand(scope), signal);
  const { objects, said } = readOutput(end);
  if (end.exitCode !== 0) {
    throw explainReadFailure(said);
  }
  return objects && parseObjects(objects);
}

async function readByNamespace(
  run: RunCommand,
  kind: ObjectKind,
  signal: AbortSignal,
): Promise<readonly unknown[]> {
  const { objects: names } = readOutput(await run(namespacesCommand([kind]), signal));
  if (names === undefined) {
    throw tooLong(kind);
  }
  const objects: unknown[] = [];
  for (const namespace of new Set(names)) {
    const found = await readScope(run, { kinds: [kind], namespace }, signal);
    if (found === undefined) {
      throw tooLong(kind, namespace);
    }
    objects.push(...found);
  }
  return objects;
}

function tooLong(kind: ObjectKind, namespace?: string): PodidError {
  const where = namespace === undefined ? '' : ` in namespace ${namespace}`;
  return new PodidError(
    'MirrorFailed',
    `The objects of kind ${kind}${where} are larger than the 512 kB of a command's output that Azure returns.`,
    { hint: advice`Mirror from inside the network of the cluster, with --kubeconfig FILE.` },
  );
}
