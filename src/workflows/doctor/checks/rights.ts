import { allowsAction } from '../../../domain/azure/operator-role.ts';
import { nextCommand } from '../../../domain/hints/next-command.ts';
import { advice } from '../../../errors/hint.ts';
import { type Check, judging, pass, warn } from '../check.ts';

const write = 'Microsoft.ContainerService/managedClusters/write';

/** Whether whoever is signed in may change the cluster; to look it takes less. */
export const rights: Check = {
  name: 'rights',
  behind: ['cluster'],
  judge: ({ cluster: probed, permissions }) =>
    judging(probed, (cluster) =>
      judging(permissions, (found) =>
        allowsAction({ id: '', roleName: '', permissions: found }, write)
          ? pass('You may change the cluster.')
          : warn(
              `You may read the cluster but not change it: ${write} is missing on ${cluster.resourceId}.`,
              advice`Ask an owner for it, or to run the commands that podid prints. What works without it: ${nextCommand('status', cluster.id)}`,
            ),
      ),
    ),
};
