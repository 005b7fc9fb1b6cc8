import type { AgentPool } from '../../../domain/clusters/cluster.ts';
import { azFlags } from '../../../domain/hints/next-command.ts';
import { command } from '../../../errors/hint.ts';
import { type Check, fail, judging, listed, pass, warn } from '../check.ts';

/**
 * Whether there are nodes that can carry identities at all. AKS puts those of the add-on on scale sets alone; podid and
 * the controller of standard mode put them on virtual machines too.
 */
export const nodePools: Check = {
  name: 'node-pools',
  behind: ['cluster'],
  judge: ({ cluster: probed }) =>
    judging(probed, ({ id, pools, profile }) => {
      const useless = pools.filter((pool) => !isLinux(pool) || (profile.enabled && !isOnScaleSets(pool)));
      const names = listed(useless.map((pool) => `${pool.name} (${pool.osType}, ${pool.type})`));
      if (pools.length > 0 && useless.length === pools.length) {
        return fail(
          `No node pool can use pod identity: ${names}. It needs Linux nodes${profile.enabled ? ' on scale sets' : ''}.`,
          command('az aks nodepool add', ...azFlags(id, '--cluster-name'), '-n', 'linux1'),
        );
      }
      if (useless.length > 0) {
        return warn(`Pods on these pools get no tokens: ${names}.`);
      }
      const where = pools.every(isOnScaleSets) ? ' on scale sets' : '';
      return pass(`${pools.length === 1 ? 'The node pool is' : 'All node pools are'} Linux${where}.`);
    }),
};

function isLinux({ osType }: AgentPool): boolean {
  return osType.toLowerCase() === 'linux';
}

function isOnScaleSets({ type }: AgentPool): boolean {
  return type.toLowerCase() === 'virtualmachinescalesets';
}
