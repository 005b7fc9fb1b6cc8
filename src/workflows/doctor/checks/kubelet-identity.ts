import { sameResource } from '../../../domain/azure/resource-id.ts';
import type { Cluster } from '../../../domain/clusters/cluster.ts';
import { entryText } from '../../../domain/entries/pod-identity.ts';
import { nextCommand } from '../../../domain/hints/next-command.ts';
import type { AzureIdentity } from '../../../domain/kubernetes/identity-resources.ts';
import { advice } from '../../../errors/hint.ts';
import { type Check, judging, listed, pass, skip, warn } from '../check.ts';

/** Whether an AzureIdentity names the kubelet's identity, which is on every node without having been assigned there. */
export const kubeletIdentity: Check = {
  name: 'kubelet-identity',
  behind: ['definitions'],
  judge: ({ cluster, objects, subject }) =>
    judging(cluster, (known) =>
      judging(objects, ({ resources }) => {
        if (known.kubeletIdentityResourceId === undefined && !known.kubeletIdentityIds?.clientId) {
          return skip('Azure names no identity of the kubelet.');
        }
        const { namespace } = subject;
        const found = (resources?.identities ?? []).filter(
          (identity) =>
            (namespace === undefined || identity.metadata.namespace === namespace) &&
            namesKubelet(identity, known),
        );
        if (found.length === 0) {
          return pass("No AzureIdentity names the kubelet's identity.");
        }
        const names = listed(found.map(({ metadata }) => entryText(metadata)));
        return warn(
          `AzureIdentity ${names} names the kubelet's identity. Pods that are bound to it have the rights of every node, such as pulling images.`,
          advice`Give them an identity of their own. To have agents refuse the kubelet's: ${nextCommand('nmi install', subject.cluster)}`,
        );
      }),
    ),
};

function namesKubelet(
  { spec: { clientID, resourceID } }: AzureIdentity,
  { kubeletIdentityIds, kubeletIdentityResourceId }: Cluster,
): boolean {
  const own = kubeletIdentityIds?.clientId ?? '';
  return (
    (own !== '' && clientID?.toLowerCase() === own.toLowerCase()) ||
    (kubeletIdentityResourceId !== undefined && sameResource(resourceID ?? '', kubeletIdentityResourceId))
  );
}
