import type { ControllerPod, ControllerProgram } from '../../domain/standard-mode/controller.ts';
import { isLeading } from '../../domain/standard-mode/controller.ts';
import { command } from '../../errors/hint.ts';
import type { AgentDeps } from './agent-deps.ts';

/** How the controller of standard mode stands. Members are in the documented order. */
export interface ControllerStatus {
  /** Whose: podid's, or upstream's where no instance of podid's is there. */
  readonly program: ControllerProgram;
  readonly instances: number;
  readonly ready: number;
  /** The pod that leads; empty while nobody does. */
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
  const leading = locks.filter((lock) => isLeading(lock, clock.now()));
  const program = programOf(pods);
  const own = pods.filter((pod) => pod.program === program);
  const lock = leading.find((each) => each.program === program);
  const status = {
    program,
    instances: own.length,
    ready: own.filter(({ ready }) => ready).length,
    leader: lock === undefined ? '' : podOf(lock.holder),
  };
  const other = leading.find((each) => each.program !== program);
  report(deps, status, { namespace, other: other?.place });
  return status;
}

function programOf(pods: readonly ControllerPod[]): ControllerProgram {
  const isUpstreams = pods.length > 0 && pods.every((pod) => pod.program === 'aad-pod-identity');
  return isUpstreams ? 'aad-pod-identity' : 'podid-mic';
}

/** `podid-mic-5c9d-abcde_0b8f…`: each start of an instance is a holder of its own. */
function podOf(holder: string): string {
  return holder.replace(/_[0-9a-f-]{36}$/, '');
}

interface Around {
  readonly namespace: string;
  /** The lock of the other program, where that leads. */
  readonly other: string | undefined;
}

function report(
  { report: to }: AgentDeps,
  { program, instances, ready, leader }: ControllerStatus,
  { namespace, other }: Around,
): void {
  const logs = command('kubectl logs -n', namespace, 'deployment/podid-mic');
  if (instances === 0) {
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
  } else {
    to.note(`Controller ${program}: ${ready} of ${instances} instances ready, ${leader} leads.`);
  }
}
