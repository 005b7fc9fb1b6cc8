import type { RedirectOptions, RedirectTarget } from './redirect-options.ts';
import { mustRun, type RunTool } from './run-tool.ts';

/** One direction-pair of a TCP entry of the connection tracker; ports as printed. */
export interface TrackedConnection {
  readonly source: string;
  readonly sourcePort: string;
  readonly destination: string;
  readonly destinationPort: string;
  readonly replySource: string;
}

/** Reads what `conntrack -L -p tcp` prints; other lines are left out. */
export function parseConnections(listing: string): readonly TrackedConnection[] {
  return listing.split('\n').flatMap((line) => {
    const values = (key: string) =>
      [...line.matchAll(new RegExp(`\\b${key}=(\\S+)`, 'g'))].map((match) => match[1]);
    const [source, replySource] = values('src');
    const [destination] = values('dst');
    const [sourcePort] = values('sport');
    const [destinationPort] = values('dport');
    return source && replySource && destination && sourcePort && destinationPort
      ? [{ source, sourcePort, destination, destinationPort, replySource }]
      : [];
  });
}

/**
 * Forgets connections to IMDS, and to the agent's own port on the node, that go anywhere but to the agent: a kept-alive connection has its
 * destination from its first packet on, whatever rules came later. Those of the agent itself stay, so that writing the rules anew breaks no answer in flight.
 * @returns how many were forgotten
 */
export async function forgetForeignConnections(
  run: RunTool,
  options: RedirectOptions,
  target: RedirectTarget,
): Promise<number> {
  const paths = [
    { address: options.metadataIp, port: options.metadataPort, answeredBy: target.address },
    { address: '127.0.0.1', port: target.port, answeredBy: '127.0.0.1' },
  ];
  let forgotten = 0;
  for (const { address, port, answeredBy } of paths) {
    const listing = await mustRun(run, 'conntrack', [
      ...['-L', '-p', 'tcp', '--orig-dst', address, '--orig-port-dst', String(port)],
    ]);
    const foreign = parseConnections(listing).filter(({ replySource }) => replySource !== answeredBy);
    for (const connection of foreign) {
      // It may have ended by itself meanwhile; conntrack then says so with exit code 1.
      const { code } = await run('conntrack', deletion(connection));
      forgotten += code === 0 ? 1 : 0;
    }
  }
  return forgotten;
}

function deletion(connection: TrackedConnection): readonly string[] {
  return [
    ...['-D', '-p', 'tcp'],
    ...['--orig-src', connection.source, '--orig-port-src', connection.sourcePort],
    ...['--orig-dst', connection.destination, '--orig-port-dst', connection.destinationPort],
  ];
}
