import { type Command, command } from '../../errors/hint.ts';
import { withImage } from '../kubernetes/agent-image.ts';
import { type AgentInstallation, keyVaultDriverPort } from '../kubernetes/agent-installation.ts';

/**
 * Gives podid's agent further values where it stands, by the image that it has: the other values are not kept by the
 * cluster, so that whoever installed it has to give them again.
 *
 * @param values each as `--set` takes it
 */
export function changeAgent(
  { release, namespace, port, image }: AgentInstallation,
  ...values: readonly string[]
): Command {
  const set = values.flatMap((value) => ['--set', value]);
  if (release !== undefined) {
    return command('helm upgrade --reuse-values', release.name, 'CHART', '-n', release.namespace, ...set);
  }
  const alongside = port === keyVaultDriverPort ? [] : ['--alongside'];
  return withImage(command('podid nmi install --namespace', namespace, ...alongside, ...set), image);
}
