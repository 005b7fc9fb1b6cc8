import type { RedirectOptions, RedirectTarget } from './redirect-options.ts';
import { mustRun, type RunTool } from './run-tool.ts';

/** Who talks through whom, of one TCP entry of the connection tracker. */
export interface TrackedConnection {
  readonly source: string;
  readonly replySource: string;
}

/** Reads what `conntrack -L -p tcp` prints; other lines are left out. */
export function parseConnections(listing: string): readonly TrackedConnection[] {
  return listing.split('\n').flatMap((line) => {
    const [source, replySource] = [...line.matchAll(/\bsrc=(\S+)/g)].map((match) => match[1]);
    return source && replySource ? [{ source, replySource }] : [];
  });
}

/**
 * Forgets connections to IMDS, and to the agent's own port on the node, that go anywhere but to the agent: a
 * kept-alive connection has its destination from its first packet on, whatever rules came later. Those that
 * lead to the agent stay, so that writing the rules anew breaks no answer in flight; so do the node's own to
 * IMDS. One command a pod, since a busy pod leaves thousands of entries.
 * @param nodeAddresses the node's own addresses
 * @returns how many pairs of pod and destination were forgotten
 */
export async function forgetOtherConnections(
  run: RunTool,
  { options, target, nodeAddresses }: OtherConnections,
): Promise<number> {
  const paths = [
    {
      address: options.metadataIp,
      port: options.metadataPort,
      answeredBy: target.address,
      spared: nodeAddresses,
    },
    { address: '127.0.0.1', port: target.port, answeredBy: '127.0.0.1', spared: [] },
  ];
  let forgotten = 0;
  for (const { address, port, answeredBy, spared } of paths) {
    const path = ['-p', 'tcp', '--orig-dst', address, '--orig-port-dst', String(port)];
    const tracked = parseConnections(await mustRun(run, 'conntrack', ['-L', ...path]));
    const others = tracked.filter(
      ({ source, replySource }) => replySource !== answeredBy && !spared.includes(source),
    );
    for (const { source, replySource } of distinct(others)) {
      // They may have ended by themselves meanwhile; conntrack then says so with exit code 1.
      const { code } = await run('conntrack', [
        '-D',
        ...path,
        '--orig-src',
        source,
        '--reply-src',
        replySource,
      ]);
      forgotten += code === 0 ? 1 : 0;
    }
  }
  return forgotten;
}

export interface OtherConnections {
  readonly options: RedirectOptions;
  readonly target: RedirectTarget;
  readonly nodeAddresses: readonly string[];
}

function distinct(connections: readonly TrackedConnection[]): readonly TrackedConnection[] {
  return [...new Map(connections.map((one) => [`${one.source} ${one.replySource}`, one])).values()];
}
