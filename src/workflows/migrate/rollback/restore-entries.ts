import { credentialOf } from '../../../domain/azure/federated-credential.ts';
import { sameResource } from '../../../domain/azure/resource-id.ts';
import type { Cluster } from '../../../domain/clusters/cluster.ts';
import { entryText, type PodIdentity } from '../../../domain/entries/pod-identity.ts';
import { subjectOf } from '../../../domain/exchange/exchange-cluster.ts';
import { modeFlags, nextCommand } from '../../../domain/hints/next-command.ts';
import type { CleanedEntry } from '../../../domain/migrate/apply/cleaned-record.ts';
import type { MigrationFacts } from '../../../domain/migrate/migration-facts.ts';
import { workloadText } from '../../../domain/migrate/workload-commands.ts';
import { advice } from '../../../errors/hint.ts';
import { findEntry } from '../../change/judge-change.ts';
import { probeNext } from '../../doctor/probe.ts';
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
  for (const entry of live.cleaned?.entries ?? []) {
    const started = openEntries(deps, cluster, deps.options);
    const before = findEntry(await started.entries.get(cluster.id, deps.signal), entry);
    // Who made it could: nothing is granted by waiting for it.
    const failure =
      before !== undefined && isEntry(before, entry)
        ? undefined
        : await notTrusted(deps, { facts, entry, subject });
    if (failure !== undefined) {
      const { code, why } = failure;
      return {
        code,
        message: `Pod identity ${entryText(entry)} was not made again: ${why}, so that nobody knows whether ${workloadText(live)} had it.`,
        hint: advice`Make it yourself, and run the same command again: ${nextCommand('add', cluster.id, { ...addFlags(entry), ...modeFlags(cluster.profile) })}`,
      };
    }
    const stopped = await restoreEntry(started, move, { cluster, entry, isNew: before === undefined });
    if (stopped !== undefined) {
      return stopped;
    }
  }
  return undefined;
}

/** Why nobody knows that the identity of an entry trusts an account: it does not, or Azure did not say. */
async function notTrusted(
  { azure, signal }: MoveDeps,
  {
    facts: { issuer },
    entry: { identity },
    subject,
  }: {
    readonly facts: Pick<MigrationFacts, 'issuer'>;
    readonly entry: CleanedEntry;
    readonly subject: string;
  },
): Promise<{ readonly code: string; readonly why: string } | undefined> {
  const known = await probeNext(signal, issuer, async (url) => {
    const credentials = url === undefined ? [] : await azure.federatedCredentials.list(identity, signal);
    return credentialOf(credentials, { issuer: url ?? '', subject });
  });
  if (known.kind === 'unread') {
    const { code, message } = known.error;
    return { code, why: `whether ${identity} trusts ${subject} could not be read (${message})` };
  }
  return known.value === undefined
    ? { code: 'NotTrusted', why: `${identity} does not trust ${subject}` }
    : undefined;
}

function isEntry({ identity, name, bindingSelector }: PodIdentity, entry: CleanedEntry): boolean {
  return sameResource(identity.resourceId, entry.identity) && (bindingSelector || name) === entry.selector;
}

/** @param wanted `isNew`: it was not there */
export async function restoreEntry(
  { options, ...started }: ReturnType<typeof openEntries>,
  move: Move,
  {
    cluster,
    entry,
    isNew,
  }: { readonly cluster: Cluster; readonly entry: CleanedEntry; readonly isNew: boolean },
): Promise<MoveFailure | undefined> {
  const { namespace, name, selector, identity } = entry;
  const request = {
    cluster: cluster.id,
    namespace,
    name,
    identityResourceId: identity,
    bindingSelector: selector,
  };
  const { done } = await addIdentity(started, request, options);
  if (isNew) {
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
