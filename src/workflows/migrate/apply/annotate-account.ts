import type { EntryKey } from '../../../domain/entries/pod-identity.ts';
import type { LiveWorkload } from '../../../domain/migrate/apply/migration-writes.ts';
import type { PlannedIdentity } from '../../../domain/migrate/planned-workload.ts';
import { clientIdAnnotation } from '../../../domain/migrate/workload-identity-words.ts';
import { advice, command } from '../../../errors/hint.ts';
import type { Move, MoveDeps, MoveFailure } from './move.ts';

/** Names the identity on the workload's service account, and touches nothing else of it. */
export async function annotateAccount(deps: MoveDeps, move: Move): Promise<MoveFailure | undefined> {
  const { api, options, signal } = deps;
  const { namespace, serviceAccount, identities } = move.workload;
  const account = { namespace, name: serviceAccount };
  const live = await liveOf(deps, move);
  if (live === undefined) {
    return gone(move);
  }
  const clientId = defaultClientId(identities, live);
  if (clientId === undefined) {
    return { code: 'NoClientId', message: 'None of its identities has a client id.' };
  }
  const { force } = options;
  const write = await api.migrationWrites.annotateAccount(
    account,
    { [clientIdAnnotation]: clientId },
    { force, signal },
  );
  if (write.kind === 'contested') {
    return contested(account, write.sentence);
  }
  if (write.kind === 'missing') {
    return {
      code: 'SaMissing',
      message: `Service account ${namespace}/${serviceAccount} was deleted, or made anew, meanwhile.`,
      hint: advice`${command('kubectl get serviceaccount', serviceAccount, '-n', namespace)}`,
    };
  }
  if (write.kind === 'written') {
    move.wrote.push(`annotation ${clientIdAnnotation} of service account ${namespace}/${serviceAccount}`);
  }
  move.state = 'annotated';
  return undefined;
}

export function liveOf(
  { api, signal }: Pick<MoveDeps, 'api' | 'signal'>,
  { workload }: Move,
): Promise<LiveWorkload | undefined> {
  return api.migrationWrites.workload(workload, signal);
}

export function gone({ workload: { kind, namespace, name } }: Move): MoveFailure {
  return { code: 'Gone', message: `${kind} ${namespace}/${name} was deleted meanwhile.` };
}

/** The one that its containers name themselves, else the first: the annotation is what holds for who names none. */
function defaultClientId(identities: readonly PlannedIdentity[], live: LiveWorkload): string | undefined {
  const named = live.template.variables.find(({ name }) => name === 'AZURE_CLIENT_ID')?.value?.toLowerCase();
  const known = identities.flatMap(({ clientId }) => clientId ?? []);
  return known.find((clientId) => clientId.toLowerCase() === named) ?? known[0];
}

function contested({ namespace, name }: EntryKey, sentence: string): MoveFailure {
  return {
    code: 'FieldManagerConflict',
    message: `Others own the annotation of service account ${namespace}/${name}, with another value: ${sentence}`,
    hint: advice`Ask them, or take it over: ${command('podid migrate apply --force').again()}`,
  };
}
