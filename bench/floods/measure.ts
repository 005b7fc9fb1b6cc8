import { loadavg } from 'node:os';
import type { AgentWorld } from '../../test/node/agent-world.ts';
import { bundlePrograms } from '../../test/node/bundled-programs.ts';
import { type Peer, pinned, startUpstream } from '../nmi/peers.ts';
import { upstreamNmi } from '../nmi/upstream.ts';
import { printHead, printRow } from '../tables.ts';
import { attacks, measureAttack } from './attacks.ts';

export interface FloodsOptions {
  /** The repository. */
  readonly root: string;
  /** Of each flood. */
  readonly seconds: number;
  /** A word of the name of a peer or a flood; empty for all. */
  readonly only: string;
}

/**
 * Prints as a Markdown table what a pod waits for its token, 50 times a second and each time on a new connection,
 * while its neighbour on the node floods the agent.
 */
export async function measureFloods({ root, seconds, only }: FloodsOptions): Promise<void> {
  const programs = await bundlePrograms(root);
  const isWanted = (...names: readonly string[]) => names.some((name) => name.includes(only));
  console.log(`load average ${loadavg()[0]?.toFixed(1)}, ${seconds} seconds each\n`);
  printHead(
    ...['flood of one pod', 'agent', 'p50 ms', 'p99 ms', 'longest ms', 'answers', 'failures'],
    ...["agent's peak RSS MB", 'answers to the flood'],
  );
  try {
    const both = agents(upstreamNmi());
    for (const attack of attacks) {
      for (const peer of both.filter(({ name }) => isWanted(name, attack.name))) {
        const met = await measureAttack(programs, { attack, peer, seconds });
        const times = [0.5, 0.99, 1].map((share) => met.at(share).toFixed(1));
        const rest = [met.answers, met.failures, met.peakMb.toFixed(0), met.toAttacker];
        printRow(attack.name, peer.name, ...times, ...rest);
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
