import type { Clock } from '../runtime/clock.ts';
import { createHttpServer } from '../runtime/http-server.ts';
import type { Logger } from '../runtime/logger.ts';
import type { Agent } from './agent.ts';
import type { Listener, Listeners } from './keep-listening.ts';
import type { NmiSettings } from './nmi-settings.ts';
import { whyNotReady } from './readiness.ts';
import { createHealthHandler } from './routes/health.ts';
import { createMetricsHandler } from './routes/metrics.ts';

export interface SideServersOptions {
  readonly settings: NmiSettings;
  readonly agent: Agent;
  readonly listeners: Listeners;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Probes and metrics, each on a port of its own: a flood of pods must not make the agent look dead. */
export function createSideServers(options: SideServersOptions): Listener[] {
  const { settings, agent, listeners, clock, logger } = options;
  const { flags, word } = settings;
  const limits = {
    headerBytes: 16 * 1024,
    requestMs: 5_000,
    idleMs: 60_000,
    connections: 200,
    connectionsPerPeer: 100,
  };
  const onFault = (error: unknown) => logger.error({ error: String(error) }, 'a fault of the agent');
  const health = createHealthHandler(() =>
    whyNotReady({
      notListening: listeners.faults,
      watches: agent.view.watches,
      redirectedByOthers: flags['redirected-by-others'] && word === 'serve',
      rules: agent.rules,
      gateClosed: agent.gate.whyClosed(),
      draining: agent.server.draining,
      nowMs: clock.monotonic(),
    }),
  );
  return [
    {
      what: 'probes',
      server: createHttpServer({ limits, clock, handle: health, onFault }),
      address: flags['probe-address'],
      port: flags['http-probe-port'],
    },
    {
      what: 'metrics',
      server: createHttpServer({ limits, clock, handle: createMetricsHandler(agent.metrics), onFault }),
      address: flags['metrics-address'],
      port: flags['prometheus-port'],
    },
  ];
}
