import { credentialOf } from '../../../domain/azure/federated-credential.ts';
import type { Cluster } from '../../../domain/clusters/cluster.ts';
import { entryText } from '../../../domain/entries/pod-identity.ts';
import { subjectOf } from '../../../domain/exchange/exchange-cluster.ts';
import { nextCommand } from '../../../domain/hints/next-command.ts';
import type { CleanedEntry } from '../../../domain/migrate/apply/cleaned-record.ts';
import type { MigrationFacts } from '../../../domain/migrate/migration-facts.ts';
import { workloadText } from '../../../domain/migrate/workload-commands.ts';
import { advice } from '../../../errors/hint.ts';
import { findEntry } from '../../change/judge-change.ts';
import { addIdentity } from '../../entries/add-identity.ts';
import { gone, liveOf } from '../apply/annotate-account.ts';
import { failureOf, type Move, type MoveDeps, type MoveFailure } from '../apply/move.ts';
import { openEntries } from '../open-entries.ts';

/**
 * Makes the entries again that a workload had, before its pods need them. Whoever may change the workload may write what it
 * had: so only an identity that trusts its service account comes back.
 */
export async function restoreEntries(
  deps: MoveDeps,
  move: Move,
  { cluster, facts }: { readonly cluster: Cluster; readonly facts: Pick<MigrationFacts, 'issuer'> },
): Promise<MoveFailure | undefined> {
  const live = await liveOf(deps, move);
  if (live === undefined) {
    return gone(move);
  }
  const subject = subjectOf({ namespace: live.namespace, name: live.template.serviceAccount });
  const issuer = facts.issuer.kind === 'read' ? facts.issuer.value : undefined;
  for (const entry of live.cleaned?.entries ?? []) {
    const known = await deps.azure.federatedCredentials.list(entry.identity, deps.signal);
    if (issuer === undefined || credentialOf(known, { issuer, subject }) === undefined) {
      return {
        code: 'NotTrusted',
        message: `Pod identity ${entryText(entry)} was not made again: ${entry.identity} does not trust ${subject}, so that nobody knows whether ${workloadText(live)} had it.`,
        hint: advice`Make it yourself, and run the same command again: ${nextCommand('add', cluster.id, addFlags(entry))}`,
      };
    }
    const failure = await restore(deps, move, { cluster, entry });
    if (failure !== undefined) {
      return failure;
    }
  }
  return undefined;
}

async function restore(
  deps: MoveDeps,
  move: Move,
  { cluster, entry }: { readonly cluster: Cluster; readonly entry: CleanedEntry },
): Promise<MoveFailure | undefined> {
  const { options, ...started } = openEntries(deps, cluster, deps.options);
  const { namespace, name, selector, identity } = entry;
  const before = findEntry(await started.entries.get(cluster.id, deps.signal), entry);
  const request = {
    cluster: cluster.id,
    namespace,
    name,
    identityResourceId: identity,
    bindingSelector: selector,
  };
  const { done } = await addIdentity(started, request, options);
  if (before === undefined) {
    move.wrote.push(`pod identity ${entryText(entry)}`);
  }
  return done?.failure === undefined ? undefined : failureOf(done.failure);
}

function addFlags({ namespace, name, selector, identity }: CleanedEntry) {
  return {
    namespace,
    name,
    'identity-resource-id': identity,
    ...(selector === name ? {} : { 'binding-selector': selector }),
  };
}
