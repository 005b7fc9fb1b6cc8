import { type Command, command } from '../../errors/hint.ts';
import type { AgentProbe } from './evidence.ts';

/** Shows the log of the agents; those of one cluster are of one DaemonSet. */
export function logsCommand([first]: readonly AgentProbe[]): Command {
  const { namespace = 'NAMESPACE', daemonSet = 'NAME' } = first?.agent ?? {};
  return command('kubectl logs -n', namespace, `daemonset/${daemonSet}`);
}
