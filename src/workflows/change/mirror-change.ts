import type { Cluster } from '../../domain/clusters/cluster.ts';
import { nextCommand } from '../../domain/hints/next-command.ts';
import {
  type MirrorRequest,
  namespaceMissing,
  type ObjectChange,
} from '../../domain/kubernetes/cluster-objects.ts';
import { advice, Command, command, type Hint } from '../../errors/hint.ts';
import { isPodidError, PodidError } from '../../errors/podid-error.ts';
import type { ChangeDeps } from './start-change.ts';

/** What of a change concerns the objects in the cluster. */
export type MirroredChange = Partial<
  Pick<MirrorRequest, 'identities' | 'exceptions' | 'goneIdentities' | 'goneExceptions' | 'prune'>
>;

export interface Mirrored {
  readonly objects: readonly ObjectChange[];
  /** Set under `--require-mirror` only: otherwise what went wrong is a warning. */
  readonly failure?: PodidError;
}

/**
 * Brings the cluster's own objects in line with a change that Azure holds. Best effort: the change stands
 * whatever the cluster says, since with the add-on on AKS writes these objects itself.
 */
export async function mirrorChange(
  deps: ChangeDeps,
  cluster: Cluster,
  change: MirroredChange,
): Promise<Mirrored> {
  const { options } = deps;
  if (options.mirror === 'off') {
    return { objects: [] };
  }
  try {
    deps.report.progress('Reading the objects in the cluster');
    const api = await deps.kube.objects(deps.signal);
    const { force, dryRun } = options;
    const request = {
      identities: [],
      exceptions: [],
      goneIdentities: [],
      goneExceptions: [],
      prune: false,
      force,
      dryRun,
      ...change,
    };
    const objects = await api.mirror(request, deps.signal);
    const failure = asFailure(objects);
    return { objects, ...(failure ? reported(deps, cluster, failure, true) : {}) };
  } catch (error) {
    if (!isPodidError(error) || deps.signal.aborted) {
      throw error;
    }
    return { objects: [], ...reported(deps, cluster, error) };
  }
}

/** Objects that could not be brought in line, as one failure; undefined when there are none. */
export function asFailure(objects: readonly ObjectChange[]): PodidError | undefined {
  const open = objects.filter(({ action }) => action === 'foreign' || action === 'pending');
  const [first] = open;
  if (first === undefined) {
    return undefined;
  }
  const alike = open.filter((each) => each.reason === first.reason && each.namespace === first.namespace);
  const { text, hint } = openText(first, alike.length);
  const told = lacksNamespace(first) ? alike.length : 1;
  const others = open.length > told ? ` (and ${open.length - told} more)` : '';
  const details = told === open.length && lacksNamespace(first) ? [] : detailsOf(open);
  return new PodidError('MirrorFailed', `${text}${others}.`, { hint, details });
}

function lacksNamespace({ namespace, reason }: ObjectChange): boolean {
  return reason === namespaceMissing(namespace);
}

/** One of each object, and one of all those that wait for the same namespace. */
function detailsOf(open: readonly ObjectChange[]): { readonly message: string }[] {
  const waiting = open.filter(lacksNamespace);
  const namespaces = [...new Set(waiting.map(({ namespace }) => namespace))];
  const messages = [
    ...namespaces.map((namespace) => {
      const { length } = waiting.filter((each) => each.namespace === namespace);
      return `${namespaceMissing(namespace)} (${length === 1 ? 'one object' : `${length} objects`})`;
    }),
    ...open
      .filter((object) => !lacksNamespace(object))
      .map(({ kind, namespace, name, action, reason = action }) => `${kind} ${namespace}/${name}: ${reason}`),
  ];
  return messages.map((message) => ({ message }));
}

/** Why an object is not as podid wants it, and what to do. @param count those of its namespace with its reason */
function openText(object: ObjectChange, count: number): { readonly text: string; readonly hint: Hint } {
  const { kind, namespace, name, action, reason = action } = object;
  if (lacksNamespace(object)) {
    const objects = count === 1 ? 'One object is' : `${count} objects are`;
    return {
      text: `${objects} not in the cluster yet, because it has no namespace ${namespace}`,
      hint: command('kubectl create namespace', namespace),
    };
  }
  if (action === 'pending') {
    return {
      text: `${kind} ${namespace}/${name} is not in the cluster yet: ${reason}`,
      hint: advice`Run the same command again.`,
    };
  }
  return {
    text: `${kind} ${namespace}/${name} is not podid's, and stays as it is. ${reason}`,
    hint: advice`${command('podid mirror --dry-run')}  # shows what differs; to take the objects over: ${command('podid mirror --force')}`,
  };
}

/** @param isOfObjects the message is about the objects, and needs no words before it */
function reported(
  deps: ChangeDeps,
  cluster: Cluster,
  error: PodidError,
  isOfObjects = false,
): { failure?: PodidError } {
  if (deps.options.mirror !== 'required') {
    const again = nextCommand('mirror', cluster.id);
    const tried = deps.options.dryRun
      ? 'The objects in the cluster would not be brought in line'
      : 'The objects in the cluster were not brought in line';
    deps.report.warn(
      isOfObjects ? error.message : `${tried}: ${error.message}`,
      hintBefore(again, error.hint),
    );
    return {};
  }
  return { failure: mirrorFailed(error) };
}

/** Two commands and nothing else are joined so that a shell takes the line as it is: `; then` is a syntax error there. */
function hintBefore(again: Command, hint: Hint | undefined): Hint {
  if (hint === undefined || hint.names('podid mirror')) {
    return hint ?? again;
  }
  return hint instanceof Command
    ? advice`${hint}; ${again}`
    : advice`${hint.withoutFullStop()}; then ${again}`;
}

/** The failure of a mirror that counts: 6 when something was forbidden, 5 when Azure refused a command, else 7. */
export function mirrorFailed(error: PodidError): PodidError {
  const { code, exitCode, hint, details, target } = error;
  const isVerdict = exitCode === 6 || code === 'AzureRefused';
  return new PodidError('MirrorFailed', error.message, {
    exitCode: isVerdict ? exitCode : 7,
    details,
    cause: error,
    ...(hint ? { hint } : {}),
    ...(target ? { target } : {}),
  });
}
