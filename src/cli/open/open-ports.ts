import type { ClusterId } from '../../domain/clusters/cluster.ts';
import type { Kube } from '../../domain/deps.ts';
import { shellWord } from '../../domain/hints/next-command.ts';
import type { Azure, Confirm } from '../../domain/ports.ts';
import { plainText } from '../../terminal/plain-text.ts';
import { tenantRule } from '../../validate/flags/azure-names.ts';
import type { Session } from '../run/session.ts';

/**
 * Azure, as the sign-in that the global flags name sees it.
 *
 * @param subscription id or name of the subscription whose tenant is meant; undefined: the sign-in's own
 */
export function openAzure(session: Session, subscription: string | undefined): Promise<Azure> {
  const { context, global, report } = session;
  return context.connectAzure({
    cloud: global.cloud ?? (context.env['PODID_CLOUD'] || undefined),
    auth: global.auth,
    tenant: global.tenant,
    subscription,
    debug: global.debug ? (text) => void context.stderr.write(`${plainText(text)}\n`) : undefined,
    verbose: global.verbose || global.debug ? report.note : undefined,
  });
}

/** Faults in the flags about the sign-in and the result; the next `checkUsage` reports them. */
export function checkGlobalFlags(
  { faults, global }: Session,
  { rawCluster = false }: { readonly rawCluster?: boolean } = {},
): void {
  if (global.tenant !== undefined) {
    faults.check('--tenant', global.tenant, 'a tenant', tenantRule);
  }
  // az prints the whole cluster, so its queries begin at the profile; podid's results are the entries.
  const { query = '' } = global;
  if (!rawCluster && /^\s*podIdentityProfile\b/.test(query)) {
    faults.add(
      '--query',
      `--query begins with podIdentityProfile, as for az. For the cluster as az prints it: --raw-cluster --query ${shellWord(query)}. Else query the entries themselves, such as: --query "[].name"`,
    );
  }
}

export interface WayToCluster {
  readonly cluster: ClusterId;
  /** Undefined: Azure hands out the cluster's own credentials. */
  readonly kubeconfigPath: string | undefined;
  /** Of the kubeconfig. */
  readonly context?: string | undefined;
  /** The objects are reached by commands that Azure runs in the cluster, whose ends are polled for. */
  readonly runCommand?: { readonly pollIntervalMs: number };
}

/** The cluster's own API, by a kubeconfig, by credentials from Azure, or by commands that Azure runs in it. */
export function openKube({ context, report }: Session, azure: Azure, way: WayToCluster): Kube {
  const { cluster, kubeconfigPath, runCommand } = way;
  const connect: Kube['connect'] = (signal) =>
    context.connectCluster({
      ...(kubeconfigPath === undefined ? {} : { kubeconfigPath }),
      ...(way.context === undefined ? {} : { context: way.context }),
      fetchUserKubeconfig: (inner) =>
        azure.clusters.userKubeconfig(cluster, AbortSignal.any([inner, signal])),
      entraToken: azure.entraToken,
      warn: report.warn,
      signal,
    });
  if (runCommand === undefined) {
    return { connect, objects: connect };
  }
  const { pollIntervalMs } = runCommand;
  const objects: Kube['objects'] = () =>
    context.connectByCommand((command, signal) =>
      azure.clusters.runCommand(cluster, command, { pollIntervalMs, signal }),
    );
  return { connect, objects };
}

export interface ConfirmNeeds {
  /** stdin was read to its end, so no answer can come from there. */
  readonly stdinIsRead?: boolean;
  /** What a no means; absent: that nothing was changed. */
  readonly refused?: string;
}

/** Asks at the terminal of the session. @param yes `--yes`: nobody is asked */
export function openConfirm(
  { context, report }: Session,
  yes: boolean,
  { stdinIsRead = false, refused = 'Nothing was changed.' }: ConfirmNeeds = {},
): Confirm {
  return async (question) => {
    const { confirmOnTerminal } = await import('../../terminal/ask.ts');
    const confirm = confirmOnTerminal({
      interactive: context.interactive && !stdinIsRead,
      yes,
      signal: context.signal,
      before: report.stop,
      refused: () => report.note(refused),
    });
    return await confirm(question);
  };
}
