import { clientIdAnnotation } from '../../../domain/migrate/workload-identity-words.ts';
import type { Move, MoveDeps, MoveFailure } from '../apply/move.ts';

/** Gives back the annotation of the account, unless others with the label run as it. What others wrote on it stays. */
export async function releaseAccount(
  { api, report, signal }: MoveDeps,
  move: Move,
  sharing: readonly string[],
): Promise<MoveFailure | undefined> {
  const { namespace, serviceAccount } = move.workload;
  const about = `service account ${namespace}/${serviceAccount}`;
  if (sharing.length > 0) {
    report.note(
      `The annotation of ${about} stays: ${sharing.join(', ')} ${sharing.length === 1 ? 'needs' : 'need'} it.`,
    );
    return undefined;
  }
  const account = { namespace, name: serviceAccount };
  const write = await api.migrationWrites.annotateAccount(account, {}, { force: false, signal });
  if (write.kind === 'written') {
    const { former } = write;
    move.wrote.push(
      former === undefined
        ? `${about}: without ${clientIdAnnotation}`
        : `${about}: ${clientIdAnnotation} is ${former} again`,
    );
  }
  return undefined;
}
