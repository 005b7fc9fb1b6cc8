import { nextCommand } from '../../../domain/hints/next-command.ts';
import { startDeadline } from '../../../domain/time/deadline.ts';
import { PodidError } from '../../../errors/podid-error.ts';
import { assignToNodes } from '../../nodes/assign-to-nodes.ts';
import { everyLinuxPool } from '../../nodes/node-request.ts';
import { keep, standingHold, type TakeoverRun } from '../takeover-run.ts';
import { lookAtNodes } from './look-at-nodes.ts';

/**
 * Step 6: what AKS took from the nodes, and pods still get from there, is put back. It may take it late, so that the nodes
 * count as whole when nothing was missing for a while. How long each was missing is written down.
 *
 * @throws PodidError TakeoverBlocked at the end of `--timeout`, and those of `assignToNodes`
 */
export async function giveBackNodes(run: TakeoverRun): Promise<void> {
  const { deps, request, options } = run;
  const deadline = startDeadline(deps.clock, options.timeoutMs, deps.signal);
  let quietSince: number | undefined;
  for (;;) {
    const { missing, isNews } = await lookAtNodes(run);
    if (isNews) {
      const { record, export: exported } = run.found.written;
      const hold = standingHold(run);
      await keep(run, { record, export: exported, ...(hold === undefined ? {} : { hold }) });
    }
    for (const [machine, identityIds] of missing) {
      await giveBack(run, machine, identityIds);
    }
    const nowMs = deps.clock.monotonic();
    quietSince = missing.size === 0 ? (quietSince ?? nowMs) : undefined;
    if (quietSince !== undefined && nowMs - quietSince >= request.settleMs) {
      return;
    }
    if (deadline.passed()) {
      throw new PodidError('TakeoverBlocked', 'AKS takes the identities from the nodes again and again.', {
        hint: nextCommand('node list', request.cluster),
      });
    }
    await deadline.pause(options.pollIntervalMs);
  }
}

async function giveBack(
  { deps, request, options }: TakeoverRun,
  machine: string,
  identityIds: readonly string[],
): Promise<void> {
  const nodes = nodesOf(machine);
  deps.report.note(`AKS took ${identityIds.length} of the identities from ${machine}; they are put back.`);
  const { done } = await assignToNodes(deps, { cluster: request.cluster, nodes, identityIds }, options);
  if (done?.failure !== undefined) {
    throw done.failure;
  }
}

/** That machine alone. */
export function nodesOf(machine: string): typeof everyLinuxPool {
  const isScaleSet = /\/virtualMachineScaleSets\//i.test(machine);
  return {
    ...everyLinuxPool,
    scaleSets: isScaleSet ? [machine] : [],
    virtualMachines: isScaleSet ? [] : [machine],
  };
}

/** Looks at them now and then, while Azure turns the add-on off; what it found stands in the run's record. */
export function watchNodes(run: TakeoverRun): { readonly stop: () => Promise<void> } {
  const { deps, options } = run;
  let isOver = false;
  const watching = (async () => {
    while (!isOver) {
      // A look that failed is no reason to end the change under way: step 6 looks again.
      await lookAtNodes(run).catch(() => undefined);
      await deps.clock.sleep(options.pollIntervalMs, deps.signal).catch(() => undefined);
      isOver ||= deps.signal.aborted;
    }
  })();
  return {
    async stop() {
      isOver = true;
      await watching;
    },
  };
}
