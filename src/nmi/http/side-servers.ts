import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../../domain/time/clock.ts';
import { createHttpServer } from '../../runtime/http-server.ts';
import type { Listener } from '../../runtime/keep-listening.ts';
import type { Logger } from '../../runtime/logger.ts';
import { createMetricsHandler } from '../../runtime/metrics-handler.ts';
import { metricsLimits, probeLimits } from '../../runtime/side-limits.ts';
import type { Agent } from '../agent.ts';
import type { NmiSettings } from '../nmi-settings.ts';
import type { RulesText } from '../rules/text/rules-text.ts';
import { createHealthHandler } from './routes/health.ts';
import { createRecordHandler } from './routes/record.ts';
import { createRulesHandler } from './routes/rules.ts';

export interface SideServersOptions {
  readonly settings: NmiSettings;
  readonly agent: Agent;
  /** Everything that keeps the agent from being what it should. */
  readonly whyNotReady: () => readonly string[];
  readonly rulesText: Pick<RulesText, 'read'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Probes, and metrics with the record of pods and the text of the rules, each on a port of its own: a flood of pods must
 * not make the agent look dead.
 */
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
        handle: metricsAndOthers(agent, options.rulesText, clock),
        onFault,
      }),
      address: flags['metrics-address'],
      port: flags['prometheus-port'],
    },
  ];
}

function metricsAndOthers({ metrics, record }: Agent, rulesText: Pick<RulesText, 'read'>, clock: Clock) {
  const onMetrics = createMetricsHandler(metrics, clock);
  const onRecord = createRecordHandler(record, clock);
  const onRules = createRulesHandler(rulesText, clock);
  return (request: IncomingMessage, response: ServerResponse): void | Promise<void> => {
    switch ((request.url ?? '').split('?')[0]) {
      case '/record':
        return onRecord(request, response);
      case '/rules':
        return onRules(request, response);
      default:
        return onMetrics(request, response);
    }
  };
}
