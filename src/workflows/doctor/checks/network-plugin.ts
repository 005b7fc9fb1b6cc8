import { isKubenet, kubenetConsentMissing } from '../../../domain/clusters/check-cluster.ts';
import { nextCommand } from '../../../domain/hints/next-command.ts';
import { advice } from '../../../errors/hint.ts';
import { type Check, fail, judging, pass, warn } from '../check.ts';

/** Whether the cluster's network lets an address stand for a pod. */
export const networkPlugin: Check = {
  name: 'network-plugin',
  behind: ['cluster'],
  judge: ({ cluster: probed }) =>
    judging(probed, (cluster) => {
      if (!isKubenet(cluster)) {
        return pass(`The network plugin is ${cluster.networkPlugin || 'not named'}.`);
      }
      if (cluster.profile.allowNetworkPluginKubenet) {
        return warn(
          'The network plugin is kubenet, with consent: a pod with NET_RAW can pose as another pod and be given its token.',
          advice`${nextCommand('policy kubenet', cluster.id, { apply: true })} denies NET_RAW to pods (docs/kubenet.md)`,
        );
      }
      const { message, hint } = kubenetConsentMissing(cluster);
      return fail(message, hint);
    }),
};
