import type { Opened, TokenOwner } from '../../domain/azure/metadata-service.ts';
import { grantCommand } from '../../domain/hints/grant-command.ts';
import { advice } from '../../errors/hint.ts';
import { PodidError } from '../../errors/podid-error.ts';

/**
 * What the status means for the exit code, once the answer is printed.
 *
 * @throws PodidError Forbidden (401, 403) | Unavailable (no answer, 429, 5xx) | AzureRefused (all others but 2xx)
 */
export function checkOpened(opened: Opened, { objectId }: TokenOwner): void {
  const { kind, status, shown } = opened;
  if (status === null) {
    const message = `There is a token, but nothing came back from ${shown}: ${opened.reason}`;
    throw new PodidError('Unavailable', message);
  }
  if (status >= 200 && status < 300) {
    return;
  }
  const message = `There is a token, but ${shown} answered HTTP ${status}.`;
  if (status === 401 || status === 403) {
    const grant = grantCommand('ROLE', objectId ?? 'OBJECT_ID', 'SCOPE');
    throw new PodidError('Forbidden', message, {
      ...(kind === 'metadata'
        ? {}
        : { hint: advice`The identity needs a role there, which counts after some minutes: ${grant}` }),
    });
  }
  throw new PodidError(status === 429 || status >= 500 ? 'Unavailable' : 'AzureRefused', message);
}
