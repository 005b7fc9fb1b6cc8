import type { Machine } from '../../domain/azure/machines.ts';
import { parseResourceId } from '../../domain/azure/resource-id.ts';
import { counted } from '../../domain/counted.ts';
import { advice, command } from '../../errors/hint.ts';
import { isPodidError } from '../../errors/podid-error.ts';
import type { ChangeDeps } from '../change/start-change.ts';
import { followMachine } from './follow-machine.ts';
import { laggingInstances, type WantedChange } from './machine-change.ts';

/**
 * Brings the instances of a scale set with manual upgrades to its model, as far as this change has left them
 * behind. One whose upgrade would re-image its node is reported and left.
 *
 * @throws PodidError MachineBusy | AssignForbidden | AssignRefused | EntryFailed | Unavailable, and the
 * signal's reason
 */
export async function upgradeLagging(
  deps: ChangeDeps,
  scaleSet: Machine,
  wanted: WantedChange,
): Promise<void> {
  const { options, deadline } = deps;
  if (scaleSet.kind !== 'vmss' || scaleSet.upgradeMode?.toLowerCase() !== 'manual') {
    return;
  }
  for (let upgraded = false; ; ) {
    const instances = await deps.azure.machines.instances(scaleSet.resourceId, deps.signal);
    const { safe, wouldReimage } = laggingInstances(scaleSet, instances, wanted);
    if (safe.length === 0 || upgraded) {
      if (wouldReimage.length > 0) {
        reportReimaging(deps, scaleSet, wouldReimage);
      }
      return;
    }
    deps.report.progress(`Upgrading ${counted(safe.length, 'instance')} of ${scaleSet.name}`);
    try {
      const operation = await deps.azure.machines.upgradeInstances(scaleSet.resourceId, safe, deps.signal);
      if (operation !== undefined) {
        await followMachine(deps, scaleSet, operation);
      }
      upgraded = true;
    } catch (error) {
      if (!isPodidError(error, 'MachineBusy', 'Unavailable') || deadline.passed()) {
        throw error;
      }
      await deadline.pause(options.pollIntervalMs, error.retryAfterMs);
    }
  }
}

function reportReimaging(deps: ChangeDeps, scaleSet: Machine, ids: readonly string[]): void {
  const id = parseResourceId(scaleSet.resourceId, 'Microsoft.Compute/virtualMachineScaleSets');
  deps.report.warn(
    `Instances ${ids.join(', ')} of ${scaleSet.name} have another image than their scale set, so their upgrade would re-image the nodes; they are not upgraded.`,
    advice`Upgrade the pool's node image when it suits you, or: ${command('az vmss update-instances -g', id?.resourceGroup ?? 'GROUP', '-n', scaleSet.name, '--subscription', id?.subscriptionId ?? 'SUBSCRIPTION', '--instance-ids', ...ids)}`,
  );
}
