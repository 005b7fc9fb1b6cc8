import type { ClusterId } from '../../domain/clusters/cluster.ts';
import type { Deps, Kube } from '../../domain/deps.ts';
import { profileStore } from '../../domain/entries/profile-store.ts';
import type { Azure, Confirm } from '../../domain/ports.ts';
import { keepEarly } from '../../domain/time/keep-early.ts';
import { advice, command } from '../../errors/hint.ts';
import { messageText } from '../../errors/plain-text.ts';
import { shellWord } from '../../errors/shell-word.ts';
import type { FlagValues } from '../../flags/flag-table.ts';
import { readChoice } from '../../flags/read-flags.ts';
import { tenantRule } from '../../validate/flags/azure-names.ts';
import type { clusterFlags } from '../flags/cluster-flags.ts';
import { globalFlags } from '../flags/global-flags.ts';
import { checkModeFlags, inClusterMode } from '../flags/mode-flags.ts';
import type { Session } from '../run/session.ts';
import { waitTimes } from './change-options.ts';
import { chooseCluster, resolveCluster } from './cluster-choice.ts';
import { byPublicFqdn, type KubeFlagValues, kubeconfigPath } from './kubeconfig-path.ts';

/** What a command has its workflow work with; the workflow sets the end of `--timeout`. */
export type OpenedDeps = Omit<Deps, 'deadline'>;

export interface Opened {
  readonly deps: OpenedDeps;
  readonly cluster: ClusterId;
}

/** What a command needs besides Azure. */
export interface Needs {
  /** The cluster's own API: a kubeconfig is read and checked; else none is looked for. */
  readonly kube: boolean;
  /** In mode cluster a kubeconfig alone will do, without any cluster of Azure's. */
  readonly azureOptional?: boolean;
  /** Where somebody at the terminal is asked; absent: where there is one. */
  readonly confirm?: ConfirmNeeds;
}

/** Flags that some of the commands lack; those that only the profile knows are refused in mode cluster. */
type OpenFlags = FlagValues<typeof clusterFlags> &
  KubeFlagValues & {
    readonly yes?: boolean;
    readonly rawCluster?: boolean;
    readonly pollInterval?: string | undefined;
    readonly mode?: string | undefined;
    /** Of the one entry that the command is about. */
    readonly namespace?: string | undefined;
    readonly name?: string | undefined;
  };

/**
 * Checks all that is left to check, and opens what a command works with.
 *
 * @throws PodidError InvalidUsage with every fault of the command, before anything was sent
 */
export async function openDeps(session: Session, flags: OpenFlags, needs: Needs): Promise<Opened> {
  const { context, faults, report } = session;
  checkGlobalFlags(session, flags);
  checkModeFlags({ ...flags }, faults);
  const byKubeconfig = needs.azureOptional === true && isByKubeconfigAlone(flags, context.env);
  const chosen = byKubeconfig ? undefined : await chooseCluster(flags, context, faults);
  const path = needs.kube ? await kubeconfigPath(session, flags) : undefined;
  const publicFqdn = needs.kube && byPublicFqdn(session, flags);
  session.checkUsage();
  const azure = await openAzure(session, chosen?.subscription);
  const cluster = chosen
    ? await resolveCluster(chosen, azure.subscriptions, context.signal)
    : { subscriptionId: '', resourceGroup: '', name: flags.context ?? path ?? '' };
  const runCommand = flags.via === 'run-command' ? { runCommand: waitTimes(session, flags) } : {};
  const deps: OpenedDeps = {
    azure,
    entries: profileStore(azure.clusters),
    kube: openKube(session, azure, {
      cluster,
      kubeconfigPath: path,
      context: flags.context,
      publicFqdn,
      ...runCommand,
    }),
    clock: context.clock,
    report,
    confirm: openConfirm(session, flags.yes ?? false, needs.confirm),
    signal: context.signal,
  };
  if (!inClusterMode(flags)) {
    return { deps, cluster };
  }
  const { entriesInCluster } = await import('../../workflows/object-store/entries-in-cluster.ts');
  const { namespace, name } = flags;
  const about = { ...(namespace === undefined ? {} : { namespace }), ...(name ? { name } : {}) };
  const clusterFlags = chosen ? {} : { clusterFlags: { kubeconfig: path, context: flags.context } };
  const entries = entriesInCluster(deps, { azure: chosen !== undefined, about, ...clusterFlags });
  return { deps: { ...deps, entries }, cluster };
}

/** Nothing names a cluster of Azure's, and a kubeconfig is named on purpose. */
function isByKubeconfigAlone(flags: OpenFlags, env: Session['context']['env']): boolean {
  const named =
    flags.clusterId ?? flags.clusterName ?? flags.resourceGroup ?? (env['PODID_CLUSTER_NAME'] || undefined);
  const reached = flags.via === undefined ? (flags.kubeconfig ?? flags.context) : undefined;
  return inClusterMode(flags) && named === undefined && reached !== undefined;
}

/**
 * Azure, as the sign-in that the global flags name sees it.
 *
 * @param subscription id or name of the subscription whose tenant is meant; undefined: the sign-in's own
 */
export function openAzure(session: Session, subscription: string | undefined): Promise<Azure> {
  const { context, global, report } = session;
  warnOfToken(session);
  return context.connectAzure({
    cloud: global.cloud ?? (context.env['PODID_CLOUD'] || undefined),
    auth: global.auth ?? (context.env['PODID_AUTH'] || undefined),
    tenant: global.tenant,
    subscription,
    debug: global.debug ? (text) => void context.stderr.write(`${messageText(text)}\n`) : undefined,
    prompt: (text) => void context.stderr.write(`${messageText(text)}\n`),
    note: report.note,
    verbose: global.verbose || global.debug ? report.note : undefined,
  });
}

/** A token that is given by hand is sent as it is: a sign-in that was chosen besides is not passed over in silence. */
function warnOfToken({ context: { env }, global, report }: Session): void {
  if (!env['PODID_ARM_TOKEN']) {
    return;
  }
  const chosen = {
    '--auth': global.auth,
    ...(global.auth === undefined ? { PODID_AUTH: env['PODID_AUTH'] } : {}),
    '--tenant': global.tenant,
  };
  const given = Object.entries(chosen).flatMap(([name, value]) => (value ? [`${name} ${value}`] : []));
  if (given.length > 0) {
    report.warn(
      `PODID_ARM_TOKEN is set and is sent as it is: ${given.join(' and ')} changes nothing.`,
      advice`To sign in: ${command('unset PODID_ARM_TOKEN')}`,
    );
  }
}

/** Faults in the flags about the sign-in and the result; the next `checkUsage` reports them. */
export function checkGlobalFlags(
  { context, faults, global }: Session,
  { rawCluster = false }: { readonly rawCluster?: boolean } = {},
): void {
  if (global.tenant !== undefined) {
    faults.check('--tenant', global.tenant, 'a tenant', tenantRule);
  }
  const auth = context.env['PODID_AUTH'];
  if (global.auth === undefined && auth) {
    readChoice('PODID_AUTH', auth, globalFlags.auth.choices, faults);
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
  /** Azure's credentials lead to the public name of a private cluster. */
  readonly publicFqdn?: boolean;
  /** The objects are reached by commands that Azure runs in the cluster, whose ends are polled for. */
  readonly runCommand?: { readonly pollIntervalMs: number };
}

/**
 * The cluster's own API, by a kubeconfig, by credentials from Azure, or by commands that Azure runs in it.
 */
export function openKube({ context, report }: Session, azure: Azure, way: WayToCluster): Kube {
  const { cluster, kubeconfigPath, runCommand, publicFqdn = false } = way;
  const connect: Kube['connect'] = (signal) =>
    context.connectCluster({
      ...(kubeconfigPath === undefined ? {} : { kubeconfigPath }),
      ...(way.context === undefined ? {} : { context: way.context }),
      fetchUserKubeconfig: (ofConnecting) =>
        azure.clusters.userKubeconfig(cluster, ofConnecting, { publicFqdn }),
      fetchApiServerHosts: (ofConnecting) => azure.clusters.apiServerHosts(cluster, ofConnecting),
      entraToken: azure.entraToken,
      warn: report.warn,
      signal,
    });
  if (runCommand === undefined) {
    const early = keepEarly(connect, context.clock);
    return { prepare: (_, signal) => early.prepare(signal), connect, objects: early.get };
  }
  const { pollIntervalMs } = runCommand;
  const objects: Kube['objects'] = () =>
    context.connectByCommand((command, signal) =>
      azure.clusters.runCommand(cluster, command, { pollIntervalMs, signal }),
    );
  return { prepare: (found, signal) => azure.clusters.prepareCommand(found, signal), connect, objects };
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
    const { confirmOnTerminal } = await import('../../terminal/ask/confirm.ts');
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
