import { setMaxListeners } from 'node:events';
import { isLoopbackHost } from '../domain/azure/loopback-host.ts';
import type { Clock } from '../domain/time/clock.ts';
import { withinTime } from '../domain/time/time-limit.ts';
import { advice } from '../errors/hint.ts';
import { PodidError } from '../errors/podid-error.ts';
import { type ApiConnection, createApiConnection } from '../k8s/client/api-connection.ts';
import { inClusterEndpoint } from '../k8s/client/api-endpoint.ts';
import type { ReadEndpoint } from '../k8s/client/live-endpoint.ts';
import { createListeners, type Listeners } from '../runtime/keep-listening.ts';
import type { Logger } from '../runtime/logger.ts';
import { type Agent, createAgent } from './agent.ts';
import { isLoopback } from './cluster/pod-index.ts';
import { removeNodeTaint } from './cluster/remove-node-taint.ts';
import { removeStartupTaint } from './cluster/startup-taint.ts';
import { createSideServers } from './http/side-servers.ts';
import type { NmiSettings } from './nmi-settings.ts';
import { whyNotReady } from './observe/readiness.ts';
import { needsAddressGuard } from './rules/guard/kubenet-gate.ts';
import { followHeartbeatFile } from './rules/rules-watch.ts';
import { rulesOptions, runRules } from './rules/run-rules.ts';
import { type RulesText, rulesTextFile, rulesTextInMemory } from './rules/text/rules-text.ts';
import { version } from './version.ts';

export interface NmiPorts {
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * How long the server waits for the rules before it listens all the same: a node without them is closed, not
 * open.
 */
const rulesTimeoutMs = 5_000;
/**
 * An answer with `Connection: close` is what ends a client's connection; closing the listener first broke
 * each of them in drills.
 */
const drainTimes = { idleMs: 100, mostMs: 5_000 };

/**
 * Rules, then listening, then the caches, then the rules read back; only then `/readyz` says yes. Serves
 * until the signal is aborted, and drains. The rules stay.
 * @throws PodidError for what no waiting fixes: settings, kubeconfig, kubenet
 */
export async function runNmi(settings: NmiSettings, ports: NmiPorts, signal: AbortSignal): Promise<void> {
  const { clock, logger } = ports;
  const needsGuard = await needsAddressGuard(settings, logger);
  const suffix = settings.flags['custom-user-agent'];
  const userAgent = `podid-nmi/${version}${suffix === '' ? '' : ` ${suffix}`}`;
  const readEndpoint = await endpointReader(settings);
  const endpoint = await readEndpoint();
  if (settings.flags['allow-loopback-pods']) {
    requireOwnMachine(endpoint.server);
  }
  const connection = createApiConnection({
    endpoint,
    readAgain: readEndpoint,
    network: settings.network,
    userAgent,
    timeoutMs: 30_000,
    clock,
  });
  const agent = createAgent(settings, { connection, clock, logger, userAgent, needsGuard, ending: signal });
  agent.gate.look();
  const listeners = createListeners({ clock, logger, signal });
  const notReady = () =>
    whyNotReady({
      notListening: listeners.faults,
      watches: agent.view.watches,
      held: heldKinds(agent.view),
      redirectedByOthers: settings.flags['redirected-by-others'] && settings.word === 'serve',
      rules: agent.rules,
      gateClosed: agent.gate.whyClosed(),
      draining: agent.server.draining,
      nowMs: clock.monotonic(),
    });
  const rulesText = isKeptByAnother(settings)
    ? rulesTextFile(settings.flags['heartbeat-file'])
    : rulesTextInMemory();
  const sideServers = createSideServers({
    settings,
    agent,
    whyNotReady: notReady,
    rulesText,
    clock,
    logger,
  });
  // What the server needs while it drains ends after it.
  const ended = new AbortController();
  // Every watch, and every request that waits, listens to them.
  setMaxListeners(0, ended.signal, signal);

  const rules = followRules(settings, { ...ports, agent, text: rulesText }, ended.signal);
  // Nobody is answered out of caches that are not full, so that they may begin at once.
  const watching = agent.view.run(ended.signal);
  await Promise.all(sideServers.map((side) => listeners.open(side)));
  if (settings.word === 'all') {
    await withinTime({ clock, ms: rulesTimeoutMs }, signal, (inTime) => firstHeartbeat(agent, inTime)).catch(
      () => undefined,
    );
  }
  await listen(settings, agent, listeners);
  const rest = [
    rules,
    watching,
    agent.log.run(ended.signal),
    agent.events.run(ended.signal),
    ...(settings.exchange.defaults.subject === 'workload' ? [agent.guard.run(ended.signal)] : []),
    listenWhereRulesSay(settings, { agent, listeners }, ended.signal),
    letPodsIn(settings, { ...ports, connection, isReady: () => notReady().length === 0 }, signal),
  ];
  await whenAborted(signal);
  logger.info({ reason: String(signal.reason) }, 'ending: answering what is under way');
  await agent.server.drain(drainTimes);
  ended.abort(signal.reason);
  agent.tokens.close();
  connection.close();
  await Promise.all([...rest, ...sideServers.map(({ server }) => server.close())]);
  logger.info({}, 'ended; the redirect rules stay');
}

function heldKinds({ watches, hold }: Agent['view']): ReadonlySet<string> {
  return new Set([...watches.keys()].filter((kind) => hold.standsIn(kind)));
}

/**
 * A pod with an address of loopback would speak for the processes of its node, so only the cluster of a demonstration,
 * whose API server is on this very machine, may have such pods.
 *
 * @throws PodidError InvalidUsage
 */
function requireOwnMachine(server: string): void {
  if (!isLoopbackHost(new URL(server).hostname)) {
    const message = `--allow-loopback-pods is for demonstrations, whose API server is on loopback; this one is ${server}.`;
    throw new PodidError('InvalidUsage', message, { hint: advice`leave --allow-loopback-pods out` });
  }
}

/** Where nodes begin with a taint that keeps pods away until the agent is there. */
async function letPodsIn(
  { flags, node }: NmiSettings,
  ports: NmiPorts & { readonly connection: ApiConnection; isReady(): boolean },
  signal: AbortSignal,
): Promise<void> {
  const key = flags['remove-startup-taint'];
  if (key === '') {
    return;
  }
  const { connection, isReady, clock, logger } = ports;
  const remove = (until: AbortSignal) => removeNodeTaint(connection, { node, key }, until);
  await removeStartupTaint(key, { isReady, remove, clock, logger }, signal);
}

async function endpointReader({
  kubeconfig,
  kubernetesHost,
  kubernetesPort,
}: NmiSettings): Promise<ReadEndpoint> {
  if (kubeconfig === '') {
    return () => inClusterEndpoint({ host: kubernetesHost, port: kubernetesPort });
  }
  // The YAML reader is needed here alone, and costs memory.
  const { kubeconfigReader } = await import('../k8s/client/kubeconfig-endpoint.ts');
  return kubeconfigReader(kubeconfig);
}

/** By the container beside this one. */
function isKeptByAnother({ word, flags }: NmiSettings): boolean {
  return word !== 'all' && flags['heartbeat-file'] !== '';
}

function followRules(
  settings: NmiSettings,
  { agent, clock, logger, text }: NmiPorts & { readonly agent: Agent; readonly text: RulesText },
  ended: AbortSignal,
): Promise<void> {
  const publish: Agent['rules']['publish'] = (heartbeat) => agent.rules.publish(heartbeat);
  if (settings.word === 'all') {
    return runRules(rulesOptions(settings), { clock, logger, publish, text }, ended);
  }
  return isKeptByAnother(settings)
    ? followHeartbeatFile(settings.flags['heartbeat-file'], { clock, publish }, ended)
    : Promise.resolve();
}

async function firstHeartbeat({ rules, view }: Agent, signal: AbortSignal): Promise<void> {
  while (rules.latest?.rules.intact !== true) {
    await view.changed.next(signal);
  }
}

/** The chosen address; and 127.0.0.1 beside it, where the Key Vault driver looks for the agent. */
async function listen({ flags }: NmiSettings, { server }: Agent, listeners: Listeners): Promise<void> {
  const address = flags['nmi-listen-address'];
  const port = flags['nmi-port'];
  await listeners.open({ what: 'pods', server, address, port });
  if (address !== '0.0.0.0' && !isLoopback(address)) {
    await listeners.open({ what: 'pods', server, address: '127.0.0.1', port });
  }
}

/**
 * The keeper of the rules may have chosen another address of the node: where the kernel does not route to
 * 127.0.0.0/8.
 */
async function listenWhereRulesSay(
  { flags }: NmiSettings,
  { agent, listeners }: { readonly agent: Agent; readonly listeners: Listeners },
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted && flags['nmi-listen-address'] !== '0.0.0.0') {
    for (const address of agent.rules.latest?.listenOn ?? []) {
      await listeners.open({ what: 'pods', server: agent.server, address, port: flags['nmi-port'] });
    }
    await agent.view.changed.next(signal).catch(() => undefined);
  }
}

function whenAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
    } else {
      signal.addEventListener('abort', () => resolve(), { once: true });
    }
  });
}
