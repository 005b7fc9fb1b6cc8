import { clientIdAnnotation } from '../../../domain/migrate/workload-identity-words.ts';
import type { Move, MoveDeps } from '../apply/move.ts';

/** Puts back what was taken away. */
export type PutBack = () => Promise<void>;

/**
 * Gives back the annotation of the account. What others wrote on it stays.
 *
 * @returns how to put it back; undefined where nothing was written
 */
export async function releaseAccount({ api, signal }: MoveDeps, move: Move): Promise<PutBack | undefined> {
  const { namespace, serviceAccount } = move.workload;
  const about = `service account ${namespace}/${serviceAccount}`;
  const account = { namespace, name: serviceAccount };
  const accounts = await api.migration.serviceAccounts(namespace, signal);
  const clientId = accounts.find(({ name }) => name === serviceAccount)?.annotations[clientIdAnnotation];
  const write = await api.migrationWrites.annotateAccount(account, {}, { force: false, signal });
  if (write.kind !== 'written') {
    return undefined;
  }
  const { former } = write;
  move.wrote.push(
    former === undefined
      ? `${about}: without ${clientIdAnnotation}`
      : `${about}: ${clientIdAnnotation} is ${former} again`,
  );
  return async () => {
    if (clientId === undefined) {
      return;
    }
    // What was given back to others a moment ago is taken over from them again.
    const force = former !== undefined;
    const own = { [clientIdAnnotation]: clientId };
    await api.migrationWrites.annotateAccount(account, own, { force, signal });
    move.wrote.push(`${about}: ${clientIdAnnotation} is ${clientId} again`);
  };
}
