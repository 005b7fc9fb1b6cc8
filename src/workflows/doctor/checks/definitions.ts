import { nextCommand } from '../../../domain/hints/next-command.ts';
import { crdMissingCode } from '../../../domain/kubernetes/cluster-objects.ts';
import { type Check, fail, pass, unread } from '../check.ts';

/** Whether the cluster knows the kinds that agents read. */
export const definitions: Check = {
  name: 'definitions',
  behind: [],
  judge({ objects, subject }) {
    if (objects.kind === 'read') {
      return pass('The cluster knows AzureIdentity, AzureIdentityBinding and the rest.');
    }
    if (!objects.error.details.some(({ code }) => code === crdMissingCode)) {
      return unread(objects.error);
    }
    return fail(
      'The cluster does not know the identity kinds: their definitions are not installed, and agents have nothing to go by.',
      `${nextCommand('nmi install', subject.cluster)}, which brings them; or the add-on: ${nextCommand('enable', subject.cluster)}`,
    );
  },
};
