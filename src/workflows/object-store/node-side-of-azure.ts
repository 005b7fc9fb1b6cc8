import type { Deps } from '../../domain/deps.ts';
import type { Azure } from '../../domain/ports.ts';
import { eachConcurrently } from '../../domain/time/each-concurrently.ts';
import { isPodidError } from '../../errors/podid-error.ts';
import { assignToNodes } from '../nodes/assign-to-nodes.ts';
import { checkAssignRights } from '../nodes/check-assign-rights.ts';
import { findMachines } from '../nodes/find-machines.ts';
import { everyLinuxPool } from '../nodes/node-request.ts';
import type { NodeSide } from './node-side.ts';

/** The machines of every Linux pool of the cluster. */
export function nodeSideOfAzure(deps: Omit<Deps, 'deadline'>): NodeSide {
  const { azure, report } = deps;
  let isReported = false;
  return {
    async machines(cluster, signal) {
      try {
        return await findMachines({ azure, signal }, cluster, everyLinuxPool);
      } catch (error) {
        if (isPodidError(error, 'NodePoolNotFound', 'NoLinuxScaleSetPool')) {
          return [];
        }
        if (!isPodidError(error, 'Forbidden')) {
          throw error;
        }
        if (!isReported) {
          report.warn(`The identities on the nodes cannot be read: ${error.message}`);
        }
        isReported = true;
        return undefined;
      }
    },
    async checkRights(machines, resourceIds, signal) {
      await checkAssignRights({ azure, signal }, machines, { assigned: [] });
      return await forbiddenAmong(azure, resourceIds, signal);
    },
    async assign({ id }, identityIds, options) {
      const request = { cluster: id, nodes: everyLinuxPool, identityIds };
      const whole = { dryRun: false, noWait: false, skipRoleAssignment: true, mirror: 'off' as const };
      const { done } = await assignToNodes(deps, request, { ...options, ...whole });
      if (done?.failure !== undefined) {
        throw done.failure;
      }
    },
  };
}

async function forbiddenAmong(azure: Azure, resourceIds: readonly string[], signal: AbortSignal) {
  const found = await eachConcurrently(resourceIds, async (resourceId) => {
    try {
      await checkAssignRights({ azure, signal }, [], { assigned: [resourceId] });
      return [];
    } catch (error) {
      if (isPodidError(error, 'AssignForbidden')) {
        return [{ resourceId, error }];
      }
      throw error;
    }
  });
  return found.flat();
}
