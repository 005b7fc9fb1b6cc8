import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../../domain/time/clock.ts';
import { createHttpServer } from '../../runtime/http-server.ts';
import type { Listener } from '../../runtime/keep-listening.ts';
import type { Logger } from '../../runtime/logger.ts';
import { createMetricsHandler } from '../../runtime/metrics-handler.ts';
import { metricsLimits, probeLimits } from '../../runtime/side-limits.ts';
import type { Agent } from '../agent.ts';
import type { NmiSettings } from '../nmi-settings.ts';
import { createHealthHandler } from './routes/health.ts';
import { createRecordHandler } from './routes/record.ts';

export interface SideServersOptions {
  readonly settings: NmiSettings;
  readonly agent: Agent;
  /** Everything that keeps the agent from being what it should. */
  readonly whyNotReady: () => readonly string[];
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Probes, and metrics with the record of pods, each on a port of its own: a flood of pods must not make the agent look dead. */
export function createSideServers(options: SideServersOptions): Listener[] {
  const { settings, agent, clock, logger } = options;
  const { flags } = settings;
  const onFault = (error: unknown) => logger.error({ error: String(error) }, 'a fault of the agent');
  const health = createHealthHandler(options.whyNotReady);
  return [
    {
      what: 'probes',
      server: createHttpServer({ limits: probeLimits, clock, handle: health, onFault }),
      address: flags['probe-address'],
      port: flags['http-probe-port'],
    },
    {
      what: 'metrics',
      server: createHttpServer({
        limits: metricsLimits,
        clock,
        handle: metricsAndRecord(agent, clock),
        onFault,
      }),
      address: flags['metrics-address'],
      port: flags['prometheus-port'],
    },
  ];
}

function metricsAndRecord({ metrics, record }: Agent, clock: Clock) {
  const onMetrics = createMetricsHandler(metrics, clock);
  const onRecord = createRecordHandler(record, clock);
  return (request: IncomingMessage, response: ServerResponse): void | Promise<void> =>
    (request.url ?? '').split('?')[0] === '/record'
      ? onRecord(request, response)
      : onMetrics(request, response);
}
