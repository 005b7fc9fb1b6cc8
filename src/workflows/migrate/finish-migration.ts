import type { ClusterId } from '../../domain/clusters/cluster.ts';
import type { Deps } from '../../domain/deps.ts';
import type { PodIdentitiesFile } from '../../domain/entries/pod-identities-file.ts';
import { nextCommand } from '../../domain/hints/next-command.ts';
import { agentHome } from '../../domain/kubernetes/own-agents/agent-maker.ts';
import { ownAgents } from '../../domain/kubernetes/own-agents/own-agents.ts';
import type { MigrationFacts, Reading } from '../../domain/migrate/migration-facts.ts';
import type { PlannedWorkload } from '../../domain/migrate/planned-workload.ts';
import { workloadText } from '../../domain/migrate/workload-commands.ts';
import { advice } from '../../errors/hint.ts';
import { PodidError } from '../../errors/podid-error.ts';
import { disableAddon } from '../addon/disable-addon.ts';
import type { AddonStatus } from '../addon/read-status.ts';
import type { Outcome } from '../change/outcome.ts';
import type { ChangeOptions } from '../change/start-change.ts';
import { gatherFacts } from './gather-facts.ts';
import { type PlanRequest, planFacts } from './plan-migration.ts';

export interface FinishRequest extends Pick<PlanRequest, 'sha256'> {
  readonly cluster: ClusterId;
  /** Keeps the entries that are there, before they go. */
  readonly save?: (file: PodIdentitiesFile) => Promise<void>;
}

/**
 * Turns the add-on off, once no workload has pod identity any more, and says what is left of podid's agent. What could not
 * be read may have it.
 *
 * @throws PodidError WorkloadsLeft, and as `gatherFacts` and `disableAddon`
 */
export async function finishMigration(
  deps: Omit<Deps, 'deadline'>,
  { cluster, save, sha256 }: FinishRequest,
  options: ChangeOptions,
): Promise<Outcome<AddonStatus>> {
  const api = await deps.kube.connect(deps.signal);
  const facts = await gatherFacts({ ...deps, kube: { ...deps.kube, connect: async () => api } }, { cluster });
  refuseUnread(facts);
  const { workloads } = planFacts(deps, facts, sha256);
  if (workloads.length > 0) {
    throw workloadsLeft(workloads, cluster);
  }
  const off = { cluster, unregisterFeature: false, ...(save === undefined ? {} : { save }) };
  const outcome = await disableAddon(deps, off, options);
  const agents = ownAgents(await api.agent.installations(agentHome, deps.signal));
  for (const { namespace } of agents) {
    deps.report.note(
      advice`podid's agent is still on the nodes, and keeps pods from the nodes' own identities. To take it away, as the last step: ${nextCommand('nmi uninstall', cluster, { namespace })}`,
    );
  }
  return outcome;
}

/** @throws PodidError of the first reading without which nobody knows who is left */
function refuseUnread({ objects, workloads, pods }: MigrationFacts): void {
  // The entries of the add-on do not know the bindings that others made.
  const readings: readonly Reading<unknown>[] = [objects, ...workloads.values(), pods];
  for (const reading of readings) {
    if (reading.kind === 'unread') {
      throw reading.error;
    }
  }
}

function workloadsLeft(workloads: readonly PlannedWorkload[], cluster: ClusterId): PodidError {
  const names = workloads.map((workload) => `${workloadText(workload)} (${workload.state})`);
  return new PodidError(
    'WorkloadsLeft',
    `${workloads.length === 1 ? 'One workload still has' : `${workloads.length} workloads still have`} pod identity: ${names.join(', ')}. Nothing was turned off.`,
    {
      hint: nextCommand('migrate plan', cluster),
      details: workloads.map((workload) => ({
        code: workload.state,
        message: workloadText(workload),
      })),
    },
  );
}
