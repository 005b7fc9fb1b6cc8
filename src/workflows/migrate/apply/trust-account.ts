import type { ClusterId } from '../../../domain/clusters/cluster.ts';
import type { EntryKey } from '../../../domain/entries/pod-identity.ts';
import { subjectOf } from '../../../domain/exchange/exchange-cluster.ts';
import { reasonHint } from '../../../domain/exchange/reason-hints.ts';
import type { PlannedIdentity } from '../../../domain/migrate/planned-workload.ts';
import { exchangeAudience } from '../../../domain/migrate/workload-identity-words.ts';
import { makeCredential } from '../../exchange/make-credential.ts';
import { proveTrust } from '../prove-trust.ts';
import type { Move, MoveDeps, MoveFailure } from './move.ts';

/** What is known of a pair of identity and account: several workloads may run as one account. */
export type ProvenTrusts = Map<string, Promise<MoveFailure | undefined>>;

/**
 * Has each identity of a workload trust its account, and proves that Entra gives its token. What was proved for one
 * workload of an account is not proved again for another.
 *
 * @param issuer of the cluster, to the letter
 */
export async function trustAccount(
  deps: MoveDeps,
  move: Move,
  { cluster, issuer, proven }: Pick<Pair, 'cluster' | 'issuer'> & { readonly proven: ProvenTrusts },
): Promise<MoveFailure | undefined> {
  const { namespace, serviceAccount, identities } = move.workload;
  const account = { namespace, name: serviceAccount };
  const failures = await Promise.all(
    identities.map((identity) => {
      const key = `${identity.resourceId?.toLowerCase()} ${subjectOf(account)}`;
      const known = proven.get(key) ?? trustOne(deps, move, { identity, account, cluster, issuer });
      proven.set(key, known);
      return known;
    }),
  );
  const failure = failures.find((each) => each !== undefined);
  if (failure === undefined && move.state === 'planned') {
    move.state = 'trusted';
  }
  return failure;
}

interface Pair {
  readonly cluster: ClusterId;
  readonly identity: PlannedIdentity;
  readonly account: EntryKey;
  readonly issuer: string;
}

async function trustOne(
  deps: MoveDeps,
  move: Move,
  { identity, account, cluster, issuer }: Pair,
): Promise<MoveFailure | undefined> {
  const { api, rehearsal } = deps;
  const { resourceId, isTrusted } = identity;
  const about = `identity ${identity.namespace}/${identity.name}`;
  if (resourceId === undefined) {
    return { code: 'NoClientId', message: `Nobody knows which managed identity ${about} is.` };
  }
  const subject = subjectOf(account);
  if (!isTrusted) {
    const trust = { issuer, subject, audience: exchangeAudience };
    await makeCredential({ ...deps, kube: api.exchange }, resourceId, trust, (created) => {
      if (created) {
        move.wrote.push(`federated credential of ${subject} on ${about}`);
      }
    });
  }
  const proof = await proveTrust(deps, api.exchange, { account, issuer, resourceId, rehearsal });
  const reason = proof.kind === 'not-tried' ? proof.reason : proof.rehearsal.failure;
  if (reason === undefined) {
    return undefined;
  }
  const [code = '', ...words] = reason.split(': ');
  const hint = reasonHint(reason, { ...identity, cluster, resourceId });
  return { code, message: `${about}: ${words.join(': ')}`, ...(hint === undefined ? {} : { hint }) };
}
