// The redirect rules without the rest of the agent. Arguments: keep | once | remove, and the options as JSON.

import { heartbeatFile, installRulesOnce, removeRules, runRules } from '../../../src/nmi/rules/run-rules.ts';
import { rulesTextFile } from '../../../src/nmi/rules/text/rules-text.ts';
import { createLogger } from '../../../src/runtime/logger.ts';
import { systemClock } from '../../../src/runtime/system-clock.ts';

const [word, json = '{}'] = process.argv.slice(2);
const { heartbeat, ...given } = JSON.parse(json) as Record<string, unknown> & { heartbeat?: string };
const options = {
  listenAddress: '127.0.0.1',
  port: 2579,
  metadataIp: '169.254.169.254',
  metadataPort: 80,
  blockWireserver: false,
  newConnectionsPerSec: 200,
  closedPorts: [9090, 8080],
  openPorts: [],
  backend: 'nft' as const,
  intervalMs: 1000,
  addressGuard: 'auto' as const,
  cniResultsDir: '/nonexistent',
  ...given,
};
const logger = createLogger({ level: 'info', format: 'json', destination: process.stderr });
const leaving = new AbortController();
process.on('SIGTERM', () => leaving.abort());
if (word === 'keep') {
  const publish = heartbeat === undefined ? async () => undefined : heartbeatFile(heartbeat);
  const text = heartbeat === undefined ? {} : { text: rulesTextFile(heartbeat) };
  await runRules(options, { clock: systemClock(), logger, publish, ...text }, leaving.signal);
} else if (word === 'once') {
  await installRulesOnce(options, logger);
} else {
  await removeRules(options, logger);
}
