import type { Hint } from '../../errors/hint.ts';
import { type ErrorDetail, PodidError } from '../../errors/podid-error.ts';
import { grantMirrorCommand, userIn } from './rbac-rule.ts';

/**
 * What failed of single entries, as one failure; the hint is the one command that fixes all of them, where
 * there is one.
 */
export function combineMirrorFailures(first: PodidError, failures: readonly PodidError[]): PodidError {
  if (failures.length === 1) {
    return first;
  }
  const forbidden = failures.every(({ exitCode }) => exitCode === 6);
  const hint = (forbidden && grantInAll(failures)) || first.hint;
  return new PodidError(
    'MirrorFailed',
    `${failures.length} entries could not be mirrored. ${first.message}`,
    {
      ...(hint === undefined ? {} : { hint }),
      details: [...failures.map(({ code, message }) => ({ code, message })), ...saidBehind(failures)],
      exitCode: forbidden ? 6 : 7,
    },
  );
}

/** What stands behind the failures, each once: the rule that is missing is the same for all. */
function saidBehind(failures: readonly PodidError[]): readonly ErrorDetail[] {
  const said = failures.flatMap(({ details }) => details);
  return [...new Map(said.map((detail) => [detail.message, detail])).values()];
}

/** Undefined when one namespace is all it is about: the first failure's own hint is narrower. */
function grantInAll(failures: readonly PodidError[]): Hint | undefined {
  const namespaces = new Set(failures.map(({ target }) => target?.split('/')[0]));
  if (namespaces.size < 2) {
    return undefined;
  }
  const said = failures.flatMap(({ details }) => details.map(({ message }) => message));
  return grantMirrorCommand(undefined, said.map(userIn).find(Boolean));
}
