import {
  type ControllerPod,
  type ControllerProgram,
  type ControllerStanding,
  standingOf,
} from '../../../domain/standard-mode/controller.ts';
import { command } from '../../../errors/hint.ts';
import type { AgentDeps } from '../agent-deps.ts';

/** How the controller of standard mode stands. Members are in the documented order. */
export interface ControllerStatus {
  /** Whose: podid's, or upstream's where no instance of podid's is there. */
  readonly program: ControllerProgram;
  readonly instances: number;
  readonly ready: number;
  /** The pod that leads, or what leads outside of the cluster; empty while nobody does. */
  readonly leader: string;
}

/**
 * Reads the controller's pods and its lock, and reports what keeps identities off machines.
 *
 * @param namespace where the agent is
 * @throws PodidError Forbidden | ClusterUnreachable
 */
export async function readControllerStatus(
  deps: AgentDeps,
  namespace: string,
  signal: AbortSignal,
): Promise<ControllerStatus> {
  const { standardMode, clock } = deps;
  const pods = await standardMode.controllers(signal);
  const locks = await standardMode.locks(pods, signal);
  const standing = standingOf(pods, locks, clock.now());
  const program = programOf(pods, standing);
  const own = pods.filter((pod) => pod.program === program);
  const lock = standing.leading.find((each) => each.program === program);
  const status = {
    program,
    instances: own.length,
    ready: own.filter(({ ready }) => ready).length,
    leader: lock === undefined ? '' : podOf(lock.holder),
  };
  const other = standing.leading.find((each) => each.program !== program);
  report(deps, status, { namespace, other: other?.place, isAbsent: standing.isAbsent });
  return status;
}

/** Without any pod it is whoever leads. */
function programOf(pods: readonly ControllerPod[], { leading }: ControllerStanding): ControllerProgram {
  const seen = (pods.length > 0 ? pods : leading).map(({ program }) => program);
  return seen.length === 0 || seen.includes('podid-mic') ? 'podid-mic' : 'aad-pod-identity';
}

/** `podid-mic-5c9d-abcde_0b8f…`: each start of an instance is a holder of its own. */
function podOf(holder: string): string {
  return holder.replace(/_[0-9a-f-]{36}$/, '');
}

interface Around {
  readonly namespace: string;
  /** The lock of the other program, where that leads. */
  readonly other: string | undefined;
  readonly isAbsent: boolean;
}

function report(
  { report: to }: AgentDeps,
  { program, instances, ready, leader }: ControllerStatus,
  { namespace, other, isAbsent }: Around,
): void {
  const logs = command('kubectl logs -n', namespace, 'deployment/podid-mic');
  if (isAbsent) {
    to.warn(
      'Standard mode, and no controller runs: no identity gets onto a machine, and pods that have none yet get no token.',
      command('podid nmi install --namespace', namespace, '--set', 'operationMode=standard').again(),
    );
  } else if (other !== undefined && leader === '') {
    to.note(`The other controller leads (${other}), and ${program} stands by until that one is gone.`);
  } else if (leader === '') {
    to.warn(
      `The controller ${program} has ${ready} of ${instances} instances ready, and none leads: no identity gets onto a machine.`,
      logs,
    );
  } else if (instances === 0) {
    to.note(`Controller ${program}: ${leader} leads, and runs outside of the cluster.`);
  } else {
    to.note(`Controller ${program}: ${ready} of ${instances} instances ready, ${leader} leads.`);
  }
}
