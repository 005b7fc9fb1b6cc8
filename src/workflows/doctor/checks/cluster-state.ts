import { isBusy } from '../../../domain/clusters/check-cluster.ts';
import type { Cluster } from '../../../domain/clusters/cluster.ts';
import { azFlags, nextCommand } from '../../../domain/hints/next-command.ts';
import { command } from '../../../errors/hint.ts';
import { type Check, fail, pass, unread, type Verdict, warn } from '../check.ts';

/** Whether the cluster is there, and in a state in which Azure changes it and its nodes run. */
export const clusterState: Check = {
  name: 'cluster',
  behind: ['sign-in'],
  judge({ cluster }) {
    if (cluster.kind === 'read') {
      return judgeState(cluster.value);
    }
    const { code, message, hint } = cluster.error;
    return code === 'ClusterNotFound' ? fail(message, hint) : unread(cluster.error);
  },
};

function judgeState(cluster: Cluster): Verdict {
  const { id, provisioningState: state, powerState = '' } = cluster;
  if (state.toLowerCase() === 'deleting') {
    return fail(`Cluster ${id.name} is being deleted.`);
  }
  if (powerState.toLowerCase() === 'stopped') {
    const start = command('az aks start', ...azFlags(id));
    return fail(`Cluster ${id.name} is stopped: no pod runs, and Azure changes nothing.`, start);
  }
  if (isBusy(cluster)) {
    return warn(
      `Cluster ${id.name} is ${state}: what podid reads now may be incomplete.`,
      nextCommand('wait', id, { for: 'idle' }),
    );
  }
  if (['failed', 'canceled'].includes(state.toLowerCase())) {
    return warn(
      `Cluster ${id.name} is in state ${state}: its last operation failed, and Azure may refuse the next.`,
      command('az aks update', ...azFlags(id)),
    );
  }
  return pass(`Cluster ${id.name} runs, in state ${state}.`);
}
