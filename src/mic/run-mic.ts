import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { leasePlace, ledgerPlace } from '../domain/standard-mode/controller.ts';
import type { Clock } from '../domain/time/clock.ts';
import { createApiConnection, type WritingConnection } from '../k8s/client/api-connection.ts';
import { inClusterEndpoint } from '../k8s/client/api-endpoint.ts';
import type { ReadEndpoint } from '../k8s/client/live-endpoint.ts';
import { createNetwork } from '../network/network.ts';
import { createHttpServer } from '../runtime/http-server.ts';
import { createListeners, type Listeners } from '../runtime/keep-listening.ts';
import type { Logger } from '../runtime/logger.ts';
import { createMetrics, type Metrics } from '../runtime/metrics.ts';
import { createMetricsHandler } from '../runtime/metrics-handler.ts';
import { processMetrics } from '../runtime/process-metrics.ts';
import { metricsLimits, probeLimits } from '../runtime/side-limits.ts';
import { type AzureAccess, createAzureAccess } from './azure/azure-access.ts';
import { createAssignmentApi } from './cluster/assignment-api.ts';
import { createEventWriter } from './cluster/event-writer.ts';
import { createMicView, type MicView } from './cluster/mic-view.ts';
import { type ControlDeps, type ControlSettings, control, ViewRelay } from './control.ts';
import { createElection, type Election } from './lead/election.ts';
import { electionTimes } from './lead/election-times.ts';
import { createLeaseApi, type LeasePlace } from './lead/lease-api.ts';
import { createLedgerStore } from './lead/ledger-store.ts';
import { createUpstreamLock } from './lead/upstream-lock.ts';
import type { MicSettings } from './mic-settings.ts';
import { createMicMetrics } from './observe/mic-metrics.ts';
import { createProbeHandler } from './observe/probes.ts';
import { stateGauges } from './observe/state-gauges.ts';
import { version } from './version.ts';

export interface MicPorts {
  readonly clock: Clock;
  readonly logger: Logger;
}

const requestMs = 30_000;
const syncLookMs = 50;

/**
 * Watches, and controls while it leads, until the signal is aborted; then gives the lease back.
 * @throws PodidError for what no waiting fixes: settings, kubeconfig
 */
export async function runMic(settings: MicSettings, ports: MicPorts, signal: AbortSignal): Promise<void> {
  const { clock, logger } = ports;
  const metrics = createMetrics();
  const counters = createMicMetrics(metrics);
  const connect = await connector(settings, clock);
  const connection = connect();
  // The lease never waits behind a thousand other writes.
  const leaseConnection = connect();
  const azure = await createAzureAccess({
    variables: settings.environment,
    file: settings.flags.cloudconfig,
    userAgent: userAgentOf(settings),
    clock,
    logger,
    onRequest: counters.armRequest,
  });
  const relay = new ViewRelay();
  const view = createMicView({
    connection,
    clock,
    logger,
    listener: relay,
    onTrouble: counters.kubernetesError,
  });
  relay.view = view;
  const instance = `${settings.instance}_${randomUUID()}`;
  const election = createElection({
    lease: createLeaseApi(leaseConnection, leasePlace),
    upstream: createUpstreamLock(leaseConnection, upstreamPlaces(settings), clock),
    clock,
    logger,
    identity: instance,
    times: electionTimes(settings.leaseMs),
  });
  const events = createEventWriter(connection, {
    clock,
    instance,
    onFailure: () => counters.kubernetesError('event'),
  });
  processMetrics(metrics);
  stateGauges(metrics, { relay, election, view, clock });
  const ended = new AbortController();
  setMaxListeners(0, ended.signal, signal);
  const listeners = await listen(settings, { ...ports, metrics, view, election, azure, signal });
  const background = [view.run(ended.signal), azure.run(ended.signal), events.run(ended.signal)];
  const deps: ControlDeps = {
    view,
    machines: azure,
    assignments: createAssignmentApi(connection),
    ledger: createLedgerStore(connection, ledgerPlace),
    notStored: new Set(),
    events,
    metrics: counters,
    clock,
    logger,
    settings: controlSettings(settings, { azure, view }),
  };
  await untilSynced(view, clock, signal);
  await election.run((lead, leading) => control(deps, relay, lead, leading), signal);
  ended.abort(signal.reason);
  await Promise.all([...background, ...listeners.map((server) => server.close())]);
  connection.close();
  leaseConnection.close();
  logger.info({}, 'ended');
}

export function controlSettings(
  settings: MicSettings,
  {
    azure,
    view,
  }: { readonly azure: Pick<AzureAccess, 'ownClientIds'>; readonly view: Pick<MicView, 'identities'> },
): ControlSettings {
  const isListed = (text: string) =>
    text !== '' && (settings.immutable.includes(text) || azure.ownClientIds.includes(text));
  return {
    forceNamespaced: settings.forceNamespaced,
    groups: settings.groups,
    reconcileMs: settings.reconcileMs,
    removalDelayMs: settings.removalDelayMs,
    writes: { perSecond: settings.writesPerSecond, atOnce: settings.flags.createDeleteBatch },
    isProtected: (text) =>
      isListed(text) ||
      view.identities.ofResource(text).some(({ spec }) => isListed(spec.clientID?.toLowerCase() ?? '')),
  };
}

/** Makes connections to the API server that the settings name. @throws PodidError InvalidKubeconfig */
export async function connector(settings: MicSettings, clock: Clock): Promise<() => WritingConnection> {
  const readAgain = await endpointReader(settings);
  const endpoint = await readAgain();
  const userAgent = userAgentOf(settings);
  const network = createNetwork(settings.environment);
  return () => createApiConnection({ endpoint, readAgain, network, userAgent, timeoutMs: requestMs, clock });
}

async function endpointReader({ flags, kubernetesHost, kubernetesPort }: MicSettings): Promise<ReadEndpoint> {
  if (flags.kubeconfig === '') {
    return () => inClusterEndpoint({ host: kubernetesHost, port: kubernetesPort });
  }
  // The YAML reader is needed here alone, and costs memory.
  const { kubeconfigReader } = await import('../k8s/client/kubeconfig-endpoint.ts');
  return kubeconfigReader(flags.kubeconfig);
}

export function userAgentOf({ flags }: MicSettings): string {
  const suffix = flags['custom-user-agent'];
  return `podid-mic/${version}${suffix === '' ? '' : ` ${suffix}`}`;
}

/** Where upstream's flags say, and where its release would be if it were this one. */
function upstreamPlaces({ flags, ownNamespace }: MicSettings): LeasePlace[] {
  const name = flags['leader-election-name'];
  const namespaces = new Set([flags['leader-election-namespace'], 'default', ownNamespace]);
  return [...namespaces].filter((each) => each !== '').map((namespace) => ({ namespace, name }));
}

interface Listening extends MicPorts {
  readonly metrics: Metrics;
  readonly view: MicView;
  readonly election: Election;
  readonly azure: AzureAccess;
  readonly signal: AbortSignal;
}

/** Probes and metrics, each on a port of its own. @returns what to close at the end */
async function listen({ flags }: MicSettings, parts: Listening) {
  const { clock, logger, signal, election, view, azure, metrics } = parts;
  const listeners: Listeners = createListeners({ clock, logger, signal });
  const onFault = (error: unknown) => logger.error({ error: String(error) }, 'a fault of podid-mic');
  const probes = createProbeHandler(() => ({
    notListening: listeners.faults,
    watches: view.watches,
    isLeader: election.isLeader,
    leader: election.leader,
    azure,
    draining: signal.aborted,
    nowMs: clock.monotonic(),
  }));
  const servers = [
    {
      what: 'probes',
      server: createHttpServer({ limits: probeLimits, clock, handle: probes, onFault }),
      address: flags['probe-address'],
      port: flags['http-probe-port'],
    },
    {
      what: 'metrics',
      server: createHttpServer({
        limits: metricsLimits,
        clock,
        handle: createMetricsHandler(metrics, clock),
        onFault,
      }),
      address: flags['metrics-address'],
      port: flags['prometheus-port'],
    },
  ];
  await Promise.all(servers.map((each) => listeners.open(each)));
  return servers.map(({ server }) => server);
}

/** Who cannot decide does not stand for election. */
export async function untilSynced(
  view: Pick<MicView, 'synced'>,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  while (!view.synced && !signal.aborted) {
    await clock.sleep(syncLookMs, signal).catch(() => undefined);
  }
}
