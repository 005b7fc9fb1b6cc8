import { nextCommand } from '../../../domain/hints/next-command.ts';
import { crdMissingCode } from '../../../domain/kubernetes/cluster-objects.ts';
import { type Check, fail, pass, unread } from '../check.ts';
import { withAddonToo } from '../mend.ts';

/** Whether the cluster knows the kinds that agents read. */
export const definitions: Check = {
  name: 'definitions',
  behind: [],
  judge(evidence) {
    const { objects, subject } = evidence;
    if (objects.kind === 'read') {
      return pass(
        'The definitions (CRDs) of AzureIdentity, AzureIdentityBinding and the other identity kinds are installed.',
      );
    }
    if (!objects.error.details.some(({ code }) => code === crdMissingCode)) {
      return unread(objects.error);
    }
    return fail(
      'The definitions (CRDs) of the identity kinds are not installed, so agents have nothing to read.',
      withAddonToo(nextCommand('nmi install', subject.cluster), evidence),
    );
  },
};
