import { type Command, command } from '../../errors/hint.ts';
import { withImage } from '../kubernetes/agent-image.ts';
import { type AgentInstallation, keyVaultDriverPort } from '../kubernetes/agent-installation.ts';
import { exchangeAudience } from '../migrate/workload-identity-words.ts';

/** What its DaemonSet shows of what it was installed with, each as `--set` takes it; the rest is in nobody's memory. */
export function shownValues(agent: AgentInstallation): readonly string[] {
  const { mode, exchange, rulesBackend, bootGuard, startupTaint } = agent;
  return [
    ...(mode === 'standard' ? ['operationMode=standard'] : []),
    ...(exchange === undefined
      ? []
      : [
          'podid.exchange.enabled=true',
          ...(exchange.source === 'imds' ? [] : [`podid.exchange.default=${exchange.source}`]),
          ...(exchange.subject === 'agent' ? [] : [`podid.exchange.subject=${exchange.subject}`]),
          ...(exchange.audience === exchangeAudience ? [] : [`podid.exchange.audience=${exchange.audience}`]),
          ...(exchange.tenantId === '' ? [] : [`podid.exchange.tenantID=${exchange.tenantId}`]),
        ]),
    ...(rulesBackend === 'iptables' ? ['podid.rulesBackend=iptables'] : []),
    ...(bootGuard ? ['podid.bootGuard.enabled=true'] : []),
    ...(startupTaint === undefined
      ? []
      : ['podid.startupTaint.enabled=true', `podid.startupTaint.key=${startupTaint}`]),
  ];
}

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
