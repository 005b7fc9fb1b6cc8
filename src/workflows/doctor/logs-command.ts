import { type Command, command } from '../../errors/hint.ts';
import type { AgentProbe } from './evidence.ts';

/** As podid installs it. */
const usual = { namespace: 'kube-system', daemonSet: 'podid-nmi' };

/** Shows the log of the agents; those of one cluster are of one DaemonSet. */
export function logsCommand([first]: readonly AgentProbe[]): Command {
  const { namespace, daemonSet } = first?.agent ?? usual;
  return command('kubectl logs -n', namespace, `daemonset/${daemonSet}`);
}
