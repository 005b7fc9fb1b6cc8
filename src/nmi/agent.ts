import type { Clock } from '../domain/time/clock.ts';
import type { WritingConnection } from '../k8s/client/api-connection.ts';
import { createHttpServer, type HttpServer } from '../runtime/http-server.ts';
import type { Logger } from '../runtime/logger.ts';
import { createMetrics, type Metrics } from '../runtime/metrics.ts';
import { processMetrics } from '../runtime/process-metrics.ts';
import { type ClusterView, type ClusterViewOptions, createClusterView } from './cluster/cluster-view.ts';
import { namespaceOfPeer, namespaceOfUid, podOfPeer } from './cluster/pod-index.ts';
import { createPodLookup, unknownPeersOf } from './cluster/pod-lookup.ts';
import { podsAsNode } from './cluster/pods-as-node.ts';
import { createDecide } from './decide/choose-identity.ts';
import { holdMs } from './decide/passing-reasons.ts';
import { createTokenJson, createWholeAnswers } from './http/answer.ts';
import { createHeldRequests, type HeldRequests } from './http/held-requests.ts';
import { type ConnectionOwners, createConnectionOwners } from './http/lost-addresses.ts';
import { recordRefused } from './http/record-refused.ts';
import { createHostTokenRoute } from './http/routes/host-token.ts';
import { createInstanceMetadataRoute } from './http/routes/instance-metadata.ts';
import { createTokenRoute } from './http/routes/token.ts';
import { createNmiHandler, type NmiRoutes } from './http/server.ts';
import { createTokenRequestReader } from './http/token-request.ts';
import type { NmiSettings } from './nmi-settings.ts';
import { createDecisionLog, type DecisionLog } from './observe/decision-log.ts';
import { createRefusalEvents, type RefusalEvents } from './observe/events/refusal-events.ts';
import { exchangeCounters, exchangeGauges } from './observe/exchange-gauges.ts';
import { createNmiMetrics, measuredSources, type NmiMetrics, tokenCounters } from './observe/nmi-metrics.ts';
import { createPodRecord, type PodRecord } from './observe/record/pod-record.ts';
import { stateGauges } from './observe/state-gauges.ts';
import { createKubenetGate, type KubenetGate } from './rules/guard/kubenet-gate.ts';
import { nodeUptimeMs } from './rules/heartbeat.ts';
import { createRecentStamps } from './rules/recent-stamps.ts';
import { createRulesWatch, type RulesWatch } from './rules/rules-watch.ts';
import { createWorkloadGuard, type WorkloadGuard } from './tokens/exchange/workload-guard.ts';
import { createMetadataBudget } from './tokens/imds/metadata-budget.ts';
import { createMetadataSource } from './tokens/imds/metadata-source.ts';
import type { TokenCache } from './tokens/token-cache.ts';
import { createTokenService } from './tokens/token-service.ts';
import { createTokens } from './tokens/token-sources.ts';

/** Everything that serves, put together and not yet started. */
export interface Agent {
  readonly view: ClusterView;
  readonly tokens: TokenCache;
  /** What confines tokens of the pods' own accounts. */
  readonly guard: WorkloadGuard;
  readonly server: HttpServer;
  readonly rules: RulesWatch;
  readonly gate: KubenetGate;
  readonly log: DecisionLog;
  readonly metrics: Metrics;
  readonly counters: NmiMetrics;
  readonly record: PodRecord;
  readonly events: RefusalEvents;
}

export interface AgentPorts {
  readonly connection: WritingConnection;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly userAgent: string;
  /** Nobody is answered before the address guard stands. */
  readonly needsGuard: boolean;
  /** Aborted when the process is to end. */
  readonly ending: AbortSignal;
}

/** For the headers of a request, and for its client to read the answer. */
const requestMs = 10_000;
/** For which a connection on which nothing is asked is kept. */
const idleMs = 120_000;

export function createAgent(settings: NmiSettings, ports: AgentPorts): Agent {
  const { clock, logger, connection, userAgent } = ports;
  const metrics = createMetrics();
  const counters = createNmiMetrics(metrics);
  const log = createDecisionLog(logger, clock);
  const owners = createConnectionOwners();
  const onAddressLost = (address: string, uid: string) => owners.lose(server, address, uid);
  const onPodGone = (uid: string) => tokens.forget(uid);
  // Only with this subject it has been given the right to act as its node.
  const pods =
    settings.exchange.defaults.subject === 'workload' ? podsAsNode(connection, settings.node) : undefined;
  const asked = { ...ports, ...(pods === undefined ? {} : { podsConnection: pods }) };
  const view: ClusterView = createView(settings, asked, { counters, onPodGone, onAddressLost });
  const guard = createWorkloadGuard({ connection, clock, logger, tokenFile: settings.exchange.tokenFile });
  const tokens: TokenCache = createTokens({
    settings,
    connection,
    userAgent,
    clock,
    metrics: tokenCounters(metrics),
    namespaceOf: namespaceOfUid(view.pods),
    podOf: (uid) => view.pods.byUid(uid),
    guard,
    measure: measuredSources(metrics, clock),
    onSecretFailure: () => counters.kubernetesError('get_secret'),
    exchangeObserver: exchangeCounters(metrics, clock),
  });
  const keepsRules = isKept(settings);
  const stamps = createRecentStamps(settings.flags['cni-results-dir'], clock);
  const rules: RulesWatch = createRulesWatch({
    uptimeMs: nodeUptimeMs,
    isKept: keepsRules,
    folderStamp: stamps.folder,
    recordStamp: stamps.record,
    onAddressLost,
    onChange: () => {
      gate.look();
      view.changed.announce();
    },
  });
  const gate = createKubenetGate(rules, { needed: ports.needsGuard, logger });
  const held = createHeldRequests({
    view,
    ...(ports.needsGuard ? { closed: gate.answer } : {}),
    times: settings.holdTimes,
    clock,
    ending: ports.ending,
    onHeld: (one) => counters.held(one),
  });
  const isThere = (uid: string) => view.pods.byUid(uid) !== undefined;
  const record = createPodRecord({ node: settings.node, clock, isThere });
  const events = createRefusalEvents({
    namespaces: settings.eventNamespaces,
    node: settings.node,
    connection,
    clock,
    logger,
    isThere,
    onOutcome: counters.event,
  });
  const observers = { log, counters, record, events };
  const routes = createRoutes(settings, ports, { view, tokens, rules, held, owners, ...observers });
  const server: HttpServer = createHttpServer({
    limits: {
      headerBytes: 16 * 1024,
      requestMs,
      idleMs,
      connections: settings.flags['max-connections'],
      connectionsPerPeer: settings.flags['max-connections-per-pod'],
    },
    unknownPeers: unknownPeersOf(view, {
      maxConnections: settings.flags['max-connections'],
      allowLoopbackPods: settings.flags['allow-loopback-pods'],
    }),
    namespaceOf: namespaceOfPeer(view.pods),
    ownerOf: podOfPeer(view.pods),
    clock,
    handle: createNmiHandler({
      routes,
      clock,
      headerRequired: settings.flags['metadata-header-required'],
      onRefused: recordRefused({ log, counters, clock }),
    }),
    onFault: (error) => {
      counters.fault();
      log.fault(error);
    },
    onRefusedConnection: () => counters.connectionRefused(),
  });
  processMetrics(metrics);
  const mode = settings.flags['operation-mode'];
  stateGauges(metrics, { view, rules, keepsRules, server, held, record, clock, mode });
  exchangeGauges(metrics, { view, guard, pods, ...settings.exchange });
  return { view, tokens, guard, server, rules, gate, metrics, ...observers };
}

function createView(
  { node, flags }: NmiSettings,
  { connection, podsConnection, clock, logger }: AgentPorts & Pick<ClusterViewOptions, 'podsConnection'>,
  parts: Pick<ClusterViewOptions, 'onPodGone' | 'onAddressLost'> & { readonly counters: NmiMetrics },
): ClusterView {
  return createClusterView({
    connection,
    ...(podsConnection === undefined ? {} : { podsConnection }),
    node,
    mode: flags['operation-mode'] === 'managed' ? 'managed' : 'standard',
    assignmentsByLabel: flags.enableScaleFeatures,
    allowLoopbackPods: flags['allow-loopback-pods'],
    takeoverNamespace: flags['takeover-namespace'],
    clock,
    logger,
    onPodGone: parts.onPodGone,
    onAddressLost: parts.onAddressLost,
    onTrouble: (resource) => parts.counters.kubernetesError(resource),
  });
}

/** Whether somebody is to report rules and addresses. */
function isKept({ word, flags }: NmiSettings): boolean {
  return word === 'all' || flags['heartbeat-file'] !== '' || !flags['redirected-by-others'];
}

interface Parts {
  readonly view: ClusterView;
  readonly tokens: TokenCache;
  readonly rules: RulesWatch;
  readonly held: HeldRequests;
  readonly owners: ConnectionOwners;
  readonly log: DecisionLog;
  readonly counters: NmiMetrics;
  readonly record: PodRecord;
  readonly events: RefusalEvents;
}

function createRoutes(settings: NmiSettings, ports: AgentPorts, parts: Parts): NmiRoutes {
  const { flags, holdTimes } = settings;
  const { clock, userAgent, ending } = ports;
  const { view, tokens, rules, held, owners, log, counters: metrics, record, events } = parts;
  const lookup = createPodLookup({
    pods: view.pods,
    relist: () => view.relistPods(),
    evidenceOf: rules.evidenceOf,
    clock,
    ending,
  });
  const decide = createDecide(
    view,
    {
      mode: flags['operation-mode'] === 'managed' ? 'managed' : 'standard',
      forceNamespaced: settings.forceNamespaced,
      requireChoice: flags['require-identity-choice'],
      secretPairs: settings.secretPairs,
      exchange: settings.exchange.defaults,
    },
    clock,
  );
  const service = createTokenService({
    view,
    decide,
    tokens,
    clock,
    refused: settings.refusedClientIds,
  });
  const json = createTokenJson();
  const shared = {
    lookup,
    service,
    held,
    log,
    metrics,
    record,
    events,
    clock,
    read: createTokenRequestReader(),
    json,
  };
  return {
    token: createTokenRoute({
      ...shared,
      whole: createWholeAnswers(json, idleMs),
      owners,
      mayPass: (answer) => holdMs(answer, holdTimes) > 0,
      allowLoopbackPods: flags['allow-loopback-pods'],
    }),
    hostToken: createHostTokenRoute({ ...shared, pods: view.pods, isOff: flags['host-token'] === 'off' }),
    metadata: createInstanceMetadataRoute({
      lookup,
      decide,
      held,
      metrics,
      onRefused: recordRefused({ log, counters: metrics, clock }),
      rules: {
        blockInstance: flags['block-instance-metadata'],
        allowAttestedDocument: flags['allow-attested-document'],
        allowScheduledEvents: flags['allow-scheduled-events'],
      },
      source: createMetadataSource({
        address: flags['metadata-ip'],
        port: flags['metadata-port'],
        userAgent,
        budget: createMetadataBudget({ clock, namespaceOf: namespaceOfUid(view.pods) }),
      }),
    }),
  };
}
