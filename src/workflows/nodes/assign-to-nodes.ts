import { checkClusterState } from '../../domain/clusters/check-cluster.ts';
import type { Deps } from '../../domain/ports.ts';
import type { ChangeOptions } from '../change/change-options.ts';
import { startChange } from '../change/change-session.ts';
import type { Outcome } from '../change/outcome.ts';
import { changeNodes, planNodes } from './change-nodes.ts';
import { checkAssignRights } from './check-assign-rights.ts';
import { checkIdentitiesExist } from './check-identities-exist.ts';
import { findMachines } from './find-machines.ts';
import type { WantedChange } from './machine-change.ts';
import type { NodeIdentities, NodeRequest } from './node-request.ts';
import { reportNodes } from './report-nodes.ts';

/**
 * Puts identities on the machines of nodes, so that IMDS gives tokens of them there. What a machine carries
 * already is left as it is.
 *
 * @throws PodidError IdentityNotFound | TenantMismatch | NodePoolNotFound | MachineNotFound |
 * NoLinuxScaleSetPool | AssignForbidden, before
 *   anything is sent, and those of `changeNodes`
 */
export async function assignToNodes(
  deps: Deps,
  request: NodeRequest,
  options: ChangeOptions,
): Promise<Outcome<readonly NodeIdentities[]>> {
  const session = startChange(deps, options);
  const { azure, report } = deps;
  const reads = { azure, signal: options.signal };
  report.progress(`Reading cluster ${request.cluster.name}`);
  const cluster = await azure.clusters.get(request.cluster, options.signal);
  for (const warning of checkClusterState(cluster)) {
    report.warn(warning);
  }
  const [machines] = await Promise.all([
    findMachines(reads, cluster, request.nodes),
    checkIdentitiesExist(reads, cluster, request.identityIds),
  ]);
  const wanted: WantedChange = { action: 'assign', identityIds: request.identityIds };
  const { touched } = reportNodes(session, machines, wanted);
  await checkAssignRights(reads, touched, touched.length === 0 ? [] : request.identityIds);
  if (options.dryRun) {
    return { plan: planNodes(machines, wanted) };
  }
  return { done: await changeNodes(session, cluster, machines, wanted) };
}
