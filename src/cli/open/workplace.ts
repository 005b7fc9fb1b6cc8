import { stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { isLoopbackHost } from '../../domain/azure/loopback-host.ts';
import type { ClusterId } from '../../domain/clusters/cluster.ts';
import { startEmulatorCommand } from '../../domain/hints/emulator-command.ts';
import { shellWord } from '../../domain/hints/next-command.ts';
import type { ConnectedCluster } from '../../domain/kubernetes/workloads.ts';
import type { Deps } from '../../domain/ports.ts';
import { isPodidError, PodidError } from '../../errors/podid-error.ts';
import type { FlagValues } from '../../flags/flag-table.ts';
import { confirmOnTerminal } from '../../terminal/ask.ts';
import { plainText } from '../../terminal/plain-text.ts';
import { principalIdRule, tenantRule } from '../../validate/flags/azure-names.ts';
import { parseCustomHeaders } from '../../validate/flags/custom-headers.ts';
import { durationOf } from '../../validate/flags/duration.ts';
import type { ChangeOptions } from '../../workflows/change/change-options.ts';
import type { clusterFlags } from '../flags/cluster-flags.ts';
import { checkModeFlags, inClusterMode } from '../flags/mode-flags.ts';
import type { Session } from '../run/session.ts';
import { type ChosenCluster, chooseCluster, resolveCluster } from './cluster-choice.ts';

export interface Work {
  readonly deps: Deps;
  readonly cluster: ClusterId;
  /** The cluster's own API, whose objects the workplace has; each call signs in anew. */
  readonly connect: (id: ClusterId, signal: AbortSignal) => Promise<ConnectedCluster>;
}

type ClusterFlags = FlagValues<typeof clusterFlags>;

/** Flags that some commands have and others lack. */
interface MoreFlags {
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
  readonly via?: string | undefined;
  readonly yes?: boolean;
  readonly rawCluster?: boolean;
  readonly timeout?: string | undefined;
  readonly pollInterval?: string | undefined;
  readonly aksCustomHeaders?: readonly string[] | undefined;
  readonly dryRun?: boolean;
  readonly exitCode?: boolean;
  readonly noWait?: boolean;
  readonly noMirror?: boolean;
  readonly requireMirror?: boolean;
  readonly skipRoleAssignment?: boolean;
  readonly force?: boolean;
  /** Of the doctor, who asks about each thing by itself. */
  readonly fix?: boolean;
  /** stdin was read to its end, so no answer can come from there. */
  readonly nobodyToAsk?: boolean;
  /** Where the entries live; commands about something else have no such flag. */
  readonly mode?: string | undefined;
  /** In mode cluster the command needs nothing of Azure: a kubeconfig alone will do. */
  readonly azureOptional?: boolean;
  /** Of the one entry that the command is about. */
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
}

/**
 * Checks all that is left to check, and opens what a command works with.
 *
 * @throws PodidError InvalidUsage with every fault of the command, before anything was sent
 */
export async function openDeps(session: Session, flags: ClusterFlags & MoreFlags): Promise<Work> {
  const { context, faults } = session;
  checkSignIn(session, flags);
  checkModeFlags({ ...flags }, faults);
  const chosen = byKubeconfigAlone(flags, context.env)
    ? undefined
    : await chooseCluster(flags, context, faults);
  const kubeconfigPath = await readKubeconfigPath(session, flags);
  session.checkUsage();
  const { deps, connect } = await connectDeps(session, flags, {
    subscription: chosen?.subscription,
    kubeconfigPath,
  });
  const cluster = chosen ? await clusterIdOf(session, chosen, deps.azure) : reachedBy(flags, kubeconfigPath);
  if (!inClusterMode(flags)) {
    return { deps, connect, cluster };
  }
  const { entriesInCluster } = await import('../../workflows/object-store/entries-in-cluster.ts');
  const { namespace, name } = flags;
  const about = { ...(namespace === undefined ? {} : { namespace }), ...(name ? { name } : {}) };
  return {
    deps: { ...deps, entries: entriesInCluster(deps, { azure: chosen !== undefined, about }) },
    connect,
    cluster: { ...cluster, mode: 'cluster' },
  };
}

/** Nothing names a cluster of Azure's, and a kubeconfig is named on purpose. */
function byKubeconfigAlone(flags: ClusterFlags & MoreFlags, env: Session['context']['env']): boolean {
  const named =
    flags.clusterId ?? flags.clusterName ?? flags.resourceGroup ?? (env['PODID_CLUSTER_NAME'] || undefined);
  const reached = flags.via === undefined ? (flags.kubeconfig ?? flags.context) : undefined;
  return inClusterMode(flags) && flags.azureOptional === true && named === undefined && reached !== undefined;
}

function reachedBy({ context }: MoreFlags, kubeconfig: string | undefined): ClusterId {
  const reach = {
    ...(kubeconfig === undefined ? {} : { kubeconfig }),
    ...(context === undefined ? {} : { context }),
  };
  return { subscriptionId: '', resourceGroup: '', name: context ?? kubeconfig ?? '', reach };
}

/** Flags about the sign-in and the result; faults in them are the next `checkUsage`'s to tell. */
export function checkSignIn(session: Session, flags: MoreFlags): void {
  const { faults, global } = session;
  if (global.tenant !== undefined) {
    faults.check('--tenant', global.tenant, 'a tenant', tenantRule);
  }
  checkRawQuery(session, flags);
}

/**
 * Opens what a command works with, from the tenant of one subscription. @param way.subscription undefined:
 * the sign-in's own
 */
export async function connectDeps(
  session: Session,
  flags: MoreFlags,
  way: { readonly subscription: string | undefined; readonly kubeconfigPath: string | undefined },
): Promise<Omit<Work, 'cluster'>> {
  const { context, global } = session;
  const { kubeconfigPath } = way;
  const azure = await context.connectAzure({
    cloud: global.cloud ?? (context.env['PODID_CLOUD'] || undefined),
    auth: global.auth,
    tenant: global.tenant,
    subscription: way.subscription,
    debug: global.debug ? (text) => void context.stderr.write(`${plainText(text)}\n`) : undefined,
    verbose: global.verbose || global.debug ? session.report.note : undefined,
  });
  const connect: Work['connect'] = (id, signal) =>
    context.connectCluster({
      ...(kubeconfigPath === undefined ? {} : { kubeconfigPath }),
      ...(flags.context === undefined ? {} : { context: flags.context }),
      fetchUserKubeconfig: (inner) => azure.clusters.userKubeconfig(id, AbortSignal.any([inner, signal])),
      entraToken: azure.entraToken,
      warn: session.report.warn,
      signal,
    });
  const { pollIntervalMs } = waitTimes(session, flags);
  const byCommand: Deps['objects'] = (id) =>
    context.connectByCommand((command, signal) =>
      azure.clusters.runCommand(id, command, { pollIntervalMs, signal }),
    );
  const deps: Deps = {
    azure,
    objects: flags.via === 'run-command' ? byCommand : connect,
    clock: context.clock,
    report: session.report,
    confirm: confirmOnTerminal({
      interactive: context.interactive && !flags.nobodyToAsk,
      yes: flags.yes ?? false,
      signal: context.signal,
      before: session.report.stop,
      refused: () => session.report.note(flags.fix ? 'Left as it is.' : 'Nothing was changed.'),
    }),
  };
  return { deps, connect };
}

/** The options that every change has; faults in them are the next `openDeps`'s to tell. */
export function changeOptions(session: Session, flags: MoreFlags): ChangeOptions {
  const { context, faults, global } = session;
  if (flags.exitCode && !flags.dryRun) {
    faults.add('--exit-code', '--exit-code goes with --dry-run alone.');
  }
  if (flags.noMirror && flags.requireMirror) {
    faults.add('--require-mirror', '--require-mirror and --no-mirror contradict each other.');
  }
  const inCluster = inClusterMode(flags);
  const principal = global.clusterPrincipalId;
  if (principal !== undefined) {
    faults.check('--cluster-principal-id', principal, 'a principal id', principalIdRule);
  }
  return {
    signal: context.signal,
    ...waitTimes(session, flags),
    headers: flags.aksCustomHeaders === undefined ? {} : parseCustomHeaders(faults, flags.aksCustomHeaders),
    dryRun: flags.dryRun ?? false,
    noWait: flags.noWait ?? false,
    skipRoleAssignment: inCluster || (flags.skipRoleAssignment ?? false),
    mirror: inCluster || flags.noMirror ? 'off' : flags.requireMirror ? 'required' : 'best-effort',
    force: flags.force ?? false,
    ...(principal === undefined ? {} : { clusterPrincipalId: principal }),
  };
}

export function waitTimes(
  session: Session,
  flags: MoreFlags,
): { readonly timeoutMs: number; readonly pollIntervalMs: number } {
  const { context, faults } = session;
  const byVariable = context.env['PODID_POLL_INTERVAL'] || undefined;
  const source = flags.pollInterval === undefined ? 'PODID_POLL_INTERVAL' : '--poll-interval';
  return {
    timeoutMs: durationOf(faults, '--timeout', flags.timeout, 30 * 60_000),
    pollIntervalMs: durationOf(faults, source, flags.pollInterval ?? byVariable, 5000),
  };
}

/** az prints the whole cluster, so its queries begin at the profile; podid's results are the entries. */
function checkRawQuery({ faults, global }: Session, flags: MoreFlags): void {
  if (flags.rawCluster || !/^\s*podIdentityProfile\b/.test(global.query ?? '')) {
    return;
  }
  faults.add(
    '--query',
    `--query begins with podIdentityProfile, as for az. For the cluster as az prints it: --raw-cluster --query ${shellWord(global.query ?? '')}. Else query the entries themselves, such as: --query "[].name"`,
  );
}

/**
 * The kubeconfig to use instead of the cluster's own credentials. KUBECONFIG alone does not choose it in the
 * wide world, where it often leads to another cluster than the one named here; with an ARM endpoint of one's
 * own (a lab, an emulator) it does.
 */
export async function readKubeconfigPath(session: Session, flags: MoreFlags): Promise<string | undefined> {
  // Commands that never ask the cluster's own API have no such flag, and load no client for it.
  if (!('kubeconfig' in flags) || (flags.noMirror && !inClusterMode(flags))) {
    return undefined;
  }
  if (flags.via !== undefined) {
    checkVia(session, flags);
    return undefined;
  }
  const { env } = session.context;
  const byVariable =
    flags.context !== undefined || env['PODID_ARM_ENDPOINT'] ? env['KUBECONFIG'] || undefined : undefined;
  const byDefault = flags.context === undefined ? undefined : `${homedir()}/.kube/config`;
  const path = flags.kubeconfig ?? byVariable ?? byDefault;
  if (path === undefined) {
    return undefined;
  }
  if (path === '') {
    session.faults.add('--kubeconfig', '--kubeconfig is empty.');
  } else {
    await checkKubeconfig(session, path, flags);
  }
  return path;
}

/** Azure knows the cluster and signs in to it, so a kubeconfig has nothing to say. */
function checkVia({ faults }: Session, { kubeconfig, context }: MoreFlags): void {
  for (const [flag, value] of Object.entries({ '--kubeconfig': kubeconfig, '--context': context })) {
    if (value !== undefined) {
      faults.add(flag, `${flag} and --via run-command contradict each other.`);
    }
  }
}

async function checkKubeconfig(session: Session, path: string, flags: MoreFlags): Promise<void> {
  try {
    await session.context.checkKubeconfig(path, flags.context);
  } catch (error) {
    if (!isPodidError(error, 'InvalidKubeconfig')) {
      throw error;
    }
    if (!session.faults.any) {
      throw flags.kubeconfig === undefined ? await ofEmulator(session, path, error) : error;
    }
    session.faults.add(flags.kubeconfig === undefined ? 'KUBECONFIG' : '--kubeconfig', error.message);
  }
}

/** An emulator takes its kubeconfig along when it ends, and leaves the variables behind. */
async function ofEmulator({ context }: Session, path: string, error: PodidError): Promise<PodidError> {
  const endpoint = context.env['PODID_ARM_ENDPOINT'] ?? '';
  const isEmulator = URL.canParse(endpoint) && isLoopbackHost(new URL(endpoint).hostname);
  const isThere = await stat(path).then(
    () => true,
    () => false,
  );
  if (!isEmulator || isThere) {
    return error;
  }
  const message = `The kubeconfig ${path} (KUBECONFIG) is gone, and with it probably the emulator at PODID_ARM_ENDPOINT (${endpoint}).`;
  return new PodidError('InvalidKubeconfig', message, {
    hint: startEmulatorCommand,
    target: path,
    cause: error,
  });
}

function clusterIdOf(session: Session, chosen: ChosenCluster, azure: Deps['azure']): Promise<ClusterId> {
  return resolveCluster(chosen, azure.subscriptions, session.context.signal);
}
