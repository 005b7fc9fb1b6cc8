import type { Clock } from '../../domain/time/clock.ts';
import { createHttpServer } from '../../runtime/http-server.ts';
import type { Listener } from '../../runtime/keep-listening.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { Agent } from '../agent.ts';
import type { NmiSettings } from '../nmi-settings.ts';
import { createHealthHandler } from './routes/health.ts';
import { createMetricsHandler } from './routes/metrics.ts';

export interface SideServersOptions {
  readonly settings: NmiSettings;
  readonly agent: Agent;
  /** Everything that keeps the agent from being what it should. */
  readonly whyNotReady: () => readonly string[];
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Probes and metrics, each on a port of its own: a flood of pods must not make the agent look dead. */
export function createSideServers(options: SideServersOptions): Listener[] {
  const { settings, agent, clock, logger } = options;
  const { flags } = settings;
  const limits = {
    headerBytes: 16 * 1024,
    requestMs: 5_000,
    idleMs: 60_000,
    connections: 100,
    connectionsPerPeer: 20,
  };
  // Read by one Prometheus, or a few, over a connection each; and each may leave a whole answer unread.
  const ofMetrics = { ...limits, connections: 20, connectionsPerPeer: 4 };
  const onFault = (error: unknown) => logger.error({ error: String(error) }, 'a fault of the agent');
  const health = createHealthHandler(options.whyNotReady);
  return [
    {
      what: 'probes',
      server: createHttpServer({ limits, clock, handle: health, onFault }),
      address: flags['probe-address'],
      port: flags['http-probe-port'],
    },
    {
      what: 'metrics',
      server: createHttpServer({
        limits: ofMetrics,
        clock,
        handle: createMetricsHandler(agent.metrics, clock),
        onFault,
      }),
      address: flags['metrics-address'],
      port: flags['prometheus-port'],
    },
  ];
}
