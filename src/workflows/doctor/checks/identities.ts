import { entryText, type PodIdentity } from '../../../domain/entries/pod-identity.ts';
import { nextCommand } from '../../../domain/hints/next-command.ts';
import { isUsableId } from '../../../domain/kubernetes/identity-credential.ts';
import { advice, command, joinHints } from '../../../errors/hint.ts';
import { type Check, fail, listed, pass, unread, type Verdict } from '../check.ts';
import { entriesInQuestion, isGone } from '../chosen-entries.ts';
import type { Evidence } from '../evidence.ts';
import { entryCommand, isModeCluster } from '../mend.ts';

/**
 * Whether the entries' managed identities exist, and still are the ones that were added: one made anew has
 * other ids.
 */
export const identities: Check = {
  name: 'identities',
  behind: ['add-on'],
  judge(evidence) {
    const all = entriesInQuestion(evidence);
    const gone = all.filter((entry) => isGone(evidence, entry.identity.resourceId));
    const changed = all.filter((entry) => hasOtherIds(evidence, entry));
    if (gone.length > 0) {
      return goneVerdict(evidence, gone);
    }
    if (changed.length > 0) {
      return changedVerdict(evidence, changed);
    }
    const unreadable = all
      .map((entry) => evidence.identities.get(entry.identity.resourceId.toLowerCase()))
      .find((probed) => probed?.kind === 'unread');
    if (unreadable?.kind === 'unread') {
      return unread(unreadable.error);
    }
    return pass(
      all.length === 0
        ? 'There is no identity to check.'
        : 'All managed identities exist, with the ids in the entries.',
    );
  },
};

function goneVerdict(evidence: Evidence, gone: readonly PodIdentity[]): Verdict {
  const names = listed(gone.map((entry) => `${entryText(entry)} (${entry.identity.resourceId})`));
  const message = `The managed identity is gone: ${names}.`;
  // Among the Failed ones of mode cluster are those that their nodes lack, so that each is named.
  return isModeCluster(evidence)
    ? fail(
        `${message} Pods that are bound to it get no token.`,
        joinHints(
          gone.map(({ namespace, name }) => entryCommand('delete', evidence, { namespace, name })),
          ' && ',
        ),
      )
    : fail(
        `${message} Such an entry keeps Azure from any change of the cluster's pod identities.`,
        advice`${nextCommand('delete --failed', evidence.subject.cluster)}  # or: ${command('podid doctor --fix').again()}`,
      );
}

function changedVerdict(evidence: Evidence, [first, ...more]: readonly PodIdentity[]): Verdict {
  if (first === undefined) {
    return pass('All managed identities exist.');
  }
  const names = listed([first, ...more].map(entryText));
  const add = entryCommand('add', evidence, {
    namespace: first.namespace,
    name: first.name,
    'identity-resource-id': first.identity.resourceId,
    'binding-selector': first.bindingSelector || undefined,
  });
  return fail(
    `The managed identity has other ids than the entry, because it was deleted and created again or because the entry is of another one: ${names}. The agent asks for a client id that this identity does not have.`,
    // An object takes the new ids in one step; Azure's entry does not.
    isModeCluster(evidence)
      ? add
      : advice`${entryCommand('delete', evidence, { namespace: first.namespace, name: first.name })} && ${add}`,
  );
}

function hasOtherIds(evidence: Evidence, { identity }: PodIdentity): boolean {
  const probed = evidence.identities.get(identity.resourceId.toLowerCase());
  if (probed === undefined || probed.kind === 'unread') {
    return false;
  }
  const differs = (held: string, real: string) =>
    isUsableId(held) && held.toLowerCase() !== real.toLowerCase();
  return (
    differs(identity.clientId, probed.value.clientId) || differs(identity.objectId, probed.value.principalId)
  );
}
