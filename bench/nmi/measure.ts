import { loadavg } from 'node:os';
import { bundlePrograms } from '../../test/node/bundled-programs.ts';
import type { Bench, BenchOptions } from './bench-options.ts';
import { type Peer, peers } from './peers.ts';
import { printAttack } from './tables/attack.ts';
import { printMemory } from './tables/memory.ts';
import { printRates } from './tables/rates.ts';
import { printRealImds } from './tables/real-imds.ts';
import { printRest } from './tables/rest.ts';
import { printStart } from './tables/start.ts';
import { printStorm } from './tables/storm.ts';
import { upstreamNmi } from './upstream.ts';

/** By the names that `--only` takes. */
const tables: Readonly<Record<string, (bench: Bench) => Promise<void>>> = {
  cpu: printRates,
  imds: printRealImds,
  memory: printMemory,
  start: printStart,
  storm: printStorm,
  rest: printRest,
  attack: printAttack,
};

/**
 * Prints the figures of the agent as Markdown tables, beside a bare server and upstream's NMI, in the same run on
 * the same machine.
 * @throws Error when no table has one of the names that `only` holds
 */
export async function measureNmi(options: BenchOptions): Promise<void> {
  const unknown = options.only.filter((name) => !Object.hasOwn(tables, name));
  if (unknown.length > 0) {
    throw new Error(`There is no table ${unknown.join(', ')}; there are: ${Object.keys(tables).join(', ')}.`);
  }
  const programs = await bundlePrograms(options.root);
  try {
    const upstream = upstreamNmi();
    const wanted = (all: readonly Peer[]) => all.slice(1).filter(({ name }) => name.includes(options.peers));
    const { sharedNode } = options;
    const all = peers({ programs, upstream, sharedNode });
    const limited = wanted(peers({ programs, upstream, sharedNode, limits: [] }));
    const agents = wanted(all);
    // All is told beside the floor.
    const bench = { ...options, programs, all: [...all.slice(0, 1), ...agents], agents, limited };
    for (const [name, print] of Object.entries(tables)) {
      if (options.only.length === 0 || options.only.includes(name)) {
        console.log(`\n### ${name} (load average ${loadavg()[0]?.toFixed(1)})\n`);
        await print(bench);
      }
    }
  } finally {
    programs.remove();
  }
}
