import type { Machine } from '../../domain/machines.ts';
import type { Azure, Reporter } from '../../domain/ports.ts';
import { isPodidError } from '../../errors/podid-error.ts';
import type { NodeSide } from './node-side.ts';

/** The Linux pools of the cluster, in Azure. */
export function nodeSideOfAzure(azure: Azure, report: Reporter): NodeSide {
  let told = false;
  return {
    async machines({ id, nodeResourceGroup }, signal): Promise<readonly Machine[] | undefined> {
      try {
        const all = await azure.machines.scaleSets(id.subscriptionId, nodeResourceGroup ?? '', signal);
        return all.filter(({ osType }) => osType.toLowerCase() === 'linux');
      } catch (error) {
        if (!isPodidError(error, 'Forbidden')) throw error;
        if (!told) report.warn(`Which identities are on the nodes cannot be seen: ${error.message}`);
        told = true;
        return undefined;
      }
    },
    async assign() {
      throw new Error('waits for the part nodes');
    },
  };
}
