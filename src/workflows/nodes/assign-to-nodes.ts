import { carriedAmong } from '../../domain/azure/machine-identities.ts';
import { checkTenants } from '../../domain/clusters/check-cluster.ts';
import type { Cluster } from '../../domain/clusters/cluster.ts';
import type { Deps } from '../../domain/deps.ts';
import type { Azure } from '../../domain/ports.ts';
import { eachConcurrently } from '../../domain/time/each-concurrently.ts';
import { isPodidError, PodidError } from '../../errors/podid-error.ts';
import type { Outcome } from '../change/outcome.ts';
import { type ChangeOptions, readUsableCluster, startChange } from '../change/start-change.ts';
import { changeNodes, planNodes } from './change-nodes.ts';
import { checkAssignRights } from './check-assign-rights.ts';
import { keepFromController } from './controller-ledger.ts';
import { findMachines } from './find-machines.ts';
import type { WantedChange } from './machine-change.ts';
import type { NodeIdentities, NodeRequest } from './node-request.ts';
import { reportNodes } from './report-nodes.ts';

/**
 * Puts identities on the machines of nodes, so that IMDS gives tokens of them there. What a machine carries
 * already is left as it is.
 *
 * @throws PodidError IdentityNotFound | TenantMismatch | NodePoolNotFound | MachineNotFound |
 * NoLinuxScaleSetPool | AssignForbidden, before anything is sent, and those of `changeNodes`
 */
export async function assignToNodes(
  deps: Omit<Deps, 'deadline'>,
  request: NodeRequest,
  options: ChangeOptions,
): Promise<Outcome<readonly NodeIdentities[]>> {
  const started = startChange(deps, options);
  const reads = { azure: deps.azure, signal: deps.signal };
  const cluster = await readUsableCluster(deps, request.cluster);
  const [machines] = await Promise.all([
    findMachines(reads, cluster, request.nodes),
    checkIdentitiesExist(reads, cluster, request.identityIds),
  ]);
  const { identityIds, upgradeInstances } = request;
  const wanted: WantedChange = { action: 'assign', identityIds, upgradeInstances };
  const { touched } = reportNodes(started, machines, wanted);
  const there = machines.filter((machine) => carriedAmong(machine, identityIds).length > 0);
  await checkAssignRights(reads, touched, {
    assigned: touched.length === 0 ? [] : identityIds,
    upgradeInstances,
  });
  const keep = async () => {
    if (there.length > 0 && request.lookAtLedger) {
      await keepFromController(deps, there, identityIds, options.dryRun);
    }
  };
  if (options.dryRun) {
    await keep();
    return { plan: planNodes(machines, wanted) };
  }
  const done = await changeNodes(started, cluster, machines, wanted);
  await keep();
  return { done };
}

/**
 * Sees to it that the identities exist, since one that does not makes Azure refuse all of them. One that may
 * not be read is left to Azure's own answer.
 *
 * @throws PodidError IdentityNotFound, naming all that are missing | TenantMismatch
 */
export async function checkIdentitiesExist(
  { azure, signal }: { readonly azure: Pick<Azure, 'identities'>; readonly signal: AbortSignal },
  cluster: Cluster,
  identityIds: readonly string[],
): Promise<void> {
  const missing = await eachConcurrently(identityIds, async (id) => {
    try {
      checkTenants(cluster, await azure.identities.get(id, signal), undefined);
      return undefined;
    } catch (error) {
      if (isPodidError(error, 'IdentityNotFound')) {
        return error;
      }
      if (isPodidError(error, 'Forbidden', 'IdentityIncomplete')) {
        return undefined;
      }
      throw error;
    }
  });
  const found = missing.filter((error) => error !== undefined);
  const [first] = found;
  if (first === undefined) {
    return;
  }
  if (found.length === 1) {
    throw first;
  }
  throw new PodidError('IdentityNotFound', `${found.length} of the managed identities do not exist.`, {
    ...(first.hint === undefined ? {} : { hint: first.hint }),
    details: found.map(({ code, message }) => ({ code, message })),
  });
}
