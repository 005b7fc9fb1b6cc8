import { createServer } from 'node:http';
import { networkInterfaces } from 'node:os';
import { createRecordHandler } from '../../src/nmi/http/routes/record.ts';
import { systemClock } from '../../src/runtime/system-clock.ts';

/** What an agent on this machine saw, at its metrics' port. */
export interface AgentsRecord {
  readonly address: string;
  readonly port: number;
  stop(): Promise<void>;
}

/**
 * The agent's own code answers an API server of this machine: pod `demo/web-1` asked on the last day of November 2026.
 *
 * @throws where the machine has no address but loopback, to which an API server takes nobody
 */
export async function serveRecord(): Promise<AgentsRecord> {
  const address = Object.values(networkInterfaces())
    .flat()
    .find((each) => each?.family === 'IPv4' && !each.internal)?.address;
  if (address === undefined) {
    throw new Error('This machine has no IPv4 address but loopback.');
  }
  const answer = createRecordHandler({ document: () => ({ ...document, pods }) }, systemClock());
  const server = createServer(answer).listen(0, address);
  await new Promise((resolve, reject) => server.on('listening', resolve).on('error', reject));
  const at = server.address();
  return {
    address,
    port: typeof at === 'object' && at !== null ? at.port : 0,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const document = { node: 'node-1', since: '2026-11-01T00:00:00.000Z', forgotten: [] };
const use = {
  sdk: 'azsdk-python-identity',
  version: '1.15.0',
  resource: 'https://vault.azure.net',
  chosenBy: 'client-id',
  outcome: 'answered',
  lastAsked: '2026-11-30T10:00:00.000Z',
} as const;
const pods = [{ uid: 'web-1', namespace: 'demo', name: 'web-1', requests: 1, uses: [use] }];
