import type { Deps } from '../../domain/deps.ts';
import type { Outcome } from '../change/outcome.ts';
import { type ChangeOptions, readUsableCluster, startChange } from '../change/start-change.ts';
import { changeNodes, planNodes } from './change-nodes.ts';
import { checkAssignRights } from './check-assign-rights.ts';
import { refuseOwnIdentities, refuseStillBound } from './check-removable.ts';
import { forgetInLedger, refuseManaged, warnOfPutBack } from './controller-ledger.ts';
import { findMachines } from './find-machines.ts';
import { idsToSend, type WantedChange } from './machine-change.ts';
import type { NodeIdentities, NodeRequest } from './node-request.ts';
import { readNodes } from './read-nodes.ts';
import { reportNodes } from './report-nodes.ts';

/**
 * Takes identities from the machines of nodes; those that the cluster runs with never, those that a binding
 * or entry still needs only with `options.force`. It asks. Identities that are gone in Azure can be taken
 * away as well.
 *
 * @throws PodidError IdentityInUse | NodePoolNotFound | MachineNotFound | NoLinuxScaleSetPool |
 * AssignForbidden | ConfirmationRequired, before anything is sent, and those of `changeNodes`
 */
export async function unassignFromNodes(
  deps: Omit<Deps, 'deadline'>,
  request: NodeRequest,
  options: ChangeOptions,
): Promise<Outcome<readonly NodeIdentities[]>> {
  const started = startChange(deps, options);
  const reads = { azure: deps.azure, signal: deps.signal };
  const cluster = await readUsableCluster(deps, request.cluster);
  refuseOwnIdentities(cluster, request.identityIds);
  const machines = await findMachines(reads, cluster, request.nodes);
  const { identityIds, upgradeInstances } = request;
  const wanted: WantedChange = { action: 'remove', identityIds, upgradeInstances };
  const touched = machines.filter((machine) => idsToSend(machine, wanted).length > 0);
  if (touched.length > 0 && !options.force) {
    await refuseStillBound(deps, cluster, request.identityIds, deps.signal);
    await refuseManaged(deps, cluster, touched, identityIds);
  } else if (touched.length > 0) {
    await warnOfPutBack(deps, cluster, identityIds);
  }
  reportNodes(started, machines, wanted);
  await checkAssignRights(reads, touched, { assigned: [], upgradeInstances });
  if (options.dryRun) {
    return { plan: planNodes(machines, wanted) };
  }
  if (touched.length > 0) {
    for (const { name, ...machine } of touched) {
      deps.report.note(`will happen: ${name} loses ${idsToSend(machine, wanted).join(', ')}`);
    }
    if (
      !(await deps.confirm(
        `Remove these identities from ${touched.length === 1 ? 'this machine' : `these ${touched.length} machines`}?`,
      ))
    ) {
      return { done: { result: await readNodes({ ...reads, report: deps.report }, machines), cluster } };
    }
  }
  const done = await changeNodes(started, cluster, machines, wanted);
  if (touched.length > 0) {
    await forgetInLedger(deps, touched, identityIds);
  }
  return { done };
}
