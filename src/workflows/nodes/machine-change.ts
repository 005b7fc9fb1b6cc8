import { carriedAmong, identitiesPerRequest, lackingOf } from '../../domain/azure/machine-identities.ts';
import type { Machine, MachineInstance } from '../../domain/azure/machines.ts';

/** What is wanted of every machine. */
export interface WantedChange {
  readonly action: 'assign' | 'remove';
  readonly identityIds: readonly string[];
  /** Also brings instances that lack the change to the model of their scale set; false when absent. */
  readonly upgradeInstances?: boolean | undefined;
}

/** What is left to send for a machine. */
export function idsToSend(
  machine: Pick<Machine, 'identityIds'>,
  { action, identityIds }: WantedChange,
): string[] {
  return action === 'assign' ? lackingOf(machine, identityIds) : carriedAmong(machine, identityIds);
}

/** How many requests that takes. */
export function requestsFor(machine: Pick<Machine, 'identityIds'>, wanted: WantedChange): number {
  return Math.ceil(idsToSend(machine, wanted).length / identitiesPerRequest);
}

/** What the machine carries afterwards. */
export function identitiesAfter(
  { identityIds }: Pick<Machine, 'identityIds'>,
  wanted: WantedChange,
): string[] {
  const sent = idsToSend({ identityIds }, wanted);
  return wanted.action === 'assign'
    ? [...identityIds, ...sent]
    : identityIds.filter((id) => !sent.includes(id));
}

/** Instances that lag behind their scale set. */
export interface LaggingInstances {
  /** Those that lack the change and nothing that would make them boot anew. */
  readonly safe: readonly string[];
  /** Those whose upgrade would also put another image on them: the node is re-imaged under its pods. */
  readonly wouldReimage: readonly string[];
}

/**
 * Which instances have to be brought to the model of their scale set for the sake of this change. One whose
 * identities are as wanted, or that has the latest model, is left alone; one of which the server does not
 * report the identities counts as lacking them.
 */
export function laggingInstances(
  scaleSet: Pick<Machine, 'image'>,
  instances: readonly MachineInstance[],
  wanted: WantedChange,
): LaggingInstances {
  const lagging = instances.filter(
    ({ latestModel, identityIds }) =>
      !latestModel && (identityIds === undefined || idsToSend({ identityIds }, wanted).length > 0),
  );
  const isSafe = ({ image }: MachineInstance) => image === '' || image === (scaleSet.image ?? '');
  const idsOf = (some: readonly MachineInstance[]) => some.map(({ instanceId }) => instanceId);
  return {
    safe: idsOf(lagging.filter(isSafe)),
    wouldReimage: idsOf(lagging.filter((one) => !isSafe(one))),
  };
}
