import { entryText, type PodIdentity } from '../../../domain/entries/pod-identity.ts';
import { grantCommand } from '../../../domain/hints/grant-command.ts';
import { advice } from '../../../errors/hint.ts';
import { type Check, listed, pass, unread, warn } from '../check.ts';
import { livingEntries } from '../chosen-entries.ts';
import type { Evidence } from '../evidence.ts';

/** Whether the identities may do anything: a token without a role is a token that everybody refuses. */
export const ownRoles: Check = {
  name: 'own-roles',
  behind: ['add-on'],
  judge(evidence) {
    const probes = livingEntries(evidence).map((entry) => ({
      entry,
      probed: evidence.ownRoles.get(entry.identity.resourceId.toLowerCase()),
    }));
    const idle = probes.filter(({ probed }) => probed?.kind === 'read' && probed.value.length === 0);
    const [first] = idle;
    if (first !== undefined) {
      return warn(
        `No role in the cluster's subscription: ${listed(idle.map(({ entry }) => `the identity of ${entryText(entry)}`))}. Unless it has a role elsewhere, or rights other than Azure roles, its tokens give access to nothing.`,
        advice`${grantCommand('ROLE', objectIdOf(evidence, first.entry), 'SCOPE')}  # with what the pods need for ROLE (Reader, for one) and the id of the resource for SCOPE`,
      );
    }
    for (const { probed } of probes) {
      if (probed?.kind === 'unread') {
        return unread(probed.error);
      }
    }
    return pass(
      probes.length === 0 ? 'There is no identity to check.' : 'The identities have roles of their own.',
    );
  },
};

/** Objects in the cluster do not hold it, and Azure knows it better than an entry. */
function objectIdOf({ identities }: Evidence, { identity }: PodIdentity): string {
  const probed = identities.get(identity.resourceId.toLowerCase());
  return probed?.kind === 'read' ? probed.value.principalId : identity.objectId;
}
