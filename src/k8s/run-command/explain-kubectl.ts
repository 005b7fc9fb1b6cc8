import { crdMissingCode } from '../../domain/kubernetes/cluster-objects.ts';
import { advice, command } from '../../errors/hint.ts';
import { PodidError } from '../../errors/podid-error.ts';
import { grantMirrorCommand, mirrorRule, userIn } from '../mirror/rbac-rule.ts';

/*
 * Through runCommand an exit code and kubectl's words are all there is: the statuses of the API are lost. So
 * here, and nowhere else in the mirror, words decide; which of them are known only makes the message and the
 * way on better.
 */

/** What kubectl said when it could not read. @param said its lines */
export function explainReadFailure(said: readonly string[]): PodidError {
  const missing = said.find((line) => /the server doesn't have a resource type/.test(line));
  if (missing !== undefined) {
    return new PodidError(
      'MirrorFailed',
      'The cluster does not know the four kinds of aadpodidentity.k8s.io.',
      {
        hint: advice`${command('podid nmi install')}  # installs the definitions of the four kinds with the agent; or turn the add-on on: ${command('podid enable')}`,
        details: [{ code: crdMissingCode, message: missing }],
      },
    );
  }
  const forbidden = forbiddenIn(said, undefined);
  if (forbidden !== undefined) {
    return forbidden;
  }
  return new PodidError(
    'MirrorFailed',
    `kubectl could not read the objects in the cluster: ${lastOf(said)}`,
    {
      details: said.slice(-20).map((message) => ({ message })),
      hint: advice`Run the same command again; if the error remains: az aks command invoke -g GROUP -n CLUSTER --command "kubectl get --raw /readyz?verbose"`,
    },
  );
}

/**
 * Undefined when no line names a missing right. @param namespace where the grant is needed; undefined:
 * everywhere
 */
export function forbiddenIn(said: readonly string[], namespace: string | undefined): PodidError | undefined {
  const line = said.find(
    (each) =>
      /\(Forbidden\)/.test(each) && /cannot (?:get|list|create|update|patch|delete) resource/.test(each),
  );
  if (line === undefined) {
    return undefined;
  }
  const user = said.map((each) => userIn(each)).find(Boolean);
  return new PodidError('MirrorFailed', `The cluster forbids it: ${shown(line)}`, {
    hint: advice`Have an administrator of the cluster give the right: ${grantMirrorCommand(namespace, user)}`,
    details: [
      { code: 'Forbidden', message: shown(line) },
      { code: 'MissingRule', message: mirrorRule() },
    ],
    exitCode: 6,
  });
}

/** `namespace`, `ending` or undefined: why nothing can be created in a namespace. */
export function namespaceFault(said: readonly string[], namespace: string): 'missing' | 'ending' | undefined {
  if (said.some((line) => line.includes(`namespaces "${namespace}" not found`))) {
    return 'missing';
  }
  const isEnding = (line: string) =>
    line.includes(`unable to create new content in namespace ${namespace} because it is being terminated`);
  return said.some(isEnding) ? 'ending' : undefined;
}

/** Lines in which kubectl complains. */
export function complaintsIn(said: readonly string[]): readonly string[] {
  return said.filter((line) => /^(?:Error|error:|The \S+ "|Unable to|couldn't)/.test(line)).map(shown);
}

function lastOf(said: readonly string[]): string {
  return shown(complaintsIn(said).at(-1) ?? said.at(-1) ?? 'it printed nothing.');
}

function shown(line: string): string {
  return line.replaceAll(/\p{Cc}+/gu, ' ').slice(0, 500);
}
