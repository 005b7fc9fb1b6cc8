import { loadavg } from 'node:os';
import { setTimeout as passing } from 'node:timers/promises';
import { type AgentWorld, inAgentWorld, podObject, type WorldOptions } from '../../test/node/agent-world.ts';
import { type BundledPrograms, bundlePrograms } from '../../test/node/bundled-programs.ts';
import { type Asked, startAsking } from '../../test/node/drill.ts';
import { forgetPeak, peakMbOf } from '../nmi/memory.ts';
import { type Peer, pinned, startUpstream } from '../nmi/peers.ts';
import { upstreamNmi } from '../nmi/upstream.ts';

export interface FloodsOptions {
  /** The repository. */
  readonly root: string;
  /** Of each flood. */
  readonly seconds: number;
  /** A word of the name of a peer or a flood; empty for all. */
  readonly only: string;
}

interface Row {
  readonly name: string;
  /** Of `test/node/programs/flood.ts`; empty for none. */
  readonly kind: string;
  readonly port?: number;
}

const rows: readonly Row[] = [
  { name: 'none', kind: '' },
  { name: 'valid tokens', kind: 'tokens' },
  { name: '`%5c` paths', kind: 'encoded-paths' },
  { name: '2,200 headers', kind: 'headers' },
  { name: '/metadata/instance', kind: 'instance' },
  { name: 'new resources', kind: 'resources' },
  { name: '/metrics', kind: 'metrics', port: 9090 },
  { name: 'slow clients', kind: 'slow' },
  { name: '200 busy and 600 that come and go', kind: 'come-and-go' },
];

/** As fast as the real one, but without its quota: upstream, which keeps no tokens, would wait for that alone. */
const patientImds: WorldOptions = { latencyMs: 10 };
const askEveryMs = 20;

/**
 * Prints as a Markdown table what a pod waits for its token, 50 times a second and each time on a new connection,
 * while its neighbour on the node floods the agent. The agent has one core; both pods and IMDS have the other.
 */
export async function measureFloods({ root, seconds, only }: FloodsOptions): Promise<void> {
  const programs = await bundlePrograms(root);
  const isWanted = (...names: readonly string[]) => names.some((name) => name.includes(only));
  console.log(
    `load average ${loadavg()[0]?.toFixed(1)}, ${seconds} seconds each\n\n| flood of one pod | agent | p50 ms | p99 ms | longest ms | answers | failures | agent's peak RSS MB | answers to the flood |\n|---|---|---|---|---|---|---|---|---|`,
  );
  try {
    const both = agents(upstreamNmi());
    for (const row of rows) {
      for (const peer of both) {
        if (isWanted(peer.name, row.name)) {
          await inAgentWorld(programs, patientImds, (world) =>
            measureRow(world, programs, { row, peer, seconds }),
          );
        }
      }
    }
  } finally {
    programs.remove();
  }
}

/** With its metrics where upstream has them: on every address of the node. */
function agents(upstream: string | undefined): readonly Peer[] {
  const extra = ['--metrics-address=0.0.0.0'];
  return [
    { name: 'podid', start: async (world) => [await world.startAgent({ through: pinned.server, extra })] },
    ...(upstream === undefined
      ? []
      : [{ name: 'upstream 1.8.17', start: (world: AgentWorld) => startUpstream(world, upstream) }]),
  ];
}

async function measureRow(
  world: AgentWorld,
  programs: BundledPrograms,
  { row, peer, seconds }: { readonly row: Row; readonly peer: Peer; readonly seconds: number },
): Promise<void> {
  // The one that floods has a pod's every right.
  await world.seed(podObject('plain-0', world.unbound.address, { aadpodidbinding: 'web' }));
  const agent = await peer.start(world);
  const warming = await startAsking(world.bound, programs.path('asker'), askEveryMs);
  await warming.program.line(/"status":200/);
  await warming.finish();
  const flood = row.kind === '' ? undefined : startFlood(world, programs, row);
  await flood?.line(/^flooding$/);
  forgetPeak(agent);
  const asking = await startAsking(world.bound, programs.path('asker'), askEveryMs);
  await passing(seconds * 1000);
  const peakMb = peakMbOf(agent);
  const { answers } =
    flood === undefined ? { answers: 0 } : (JSON.parse(flood.lines.at(-1) ?? '{}') as { answers: number });
  await flood?.stop('SIGKILL');
  print(row, peer.name, await asking.finish(), [peakMb.toFixed(0), answers]);
}

function startFlood(world: AgentWorld, programs: BundledPrograms, { kind, port }: Row) {
  const target = port === undefined ? [] : ['10.244.0.1', String(port)];
  const [command, ...core] = ['nice', '-n', '10', ...pinned.load];
  return world.unbound.start(command ?? '', [
    ...core,
    process.execPath,
    programs.path('flood'),
    kind,
    ...target,
  ]);
}

function print({ name }: Row, peer: string, asked: Asked, rest: readonly (string | number)[]): void {
  const times = asked.answers.map(({ ms }) => ms).toSorted((a, b) => a - b);
  const at = (share: number) =>
    (times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0).toFixed(1);
  const failures = asked.answers.filter(({ status }) => status !== 200).length;
  console.log(
    `| ${[name, peer, at(0.5), at(0.99), at(1), asked.answers.length, failures, ...rest].join(' | ')} |`,
  );
}
