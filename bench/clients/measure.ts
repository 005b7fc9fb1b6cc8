import { join } from 'node:path';
import { type AgentWorld, inAgentWorld } from '../../test/node/agent-world.ts';
import { type BundledPrograms, bundlePrograms } from '../../test/node/bundled-programs.ts';
import { letClientsWait, type NodeAgent, type Wait, waits } from '../../test/node/client-waits.ts';
import type { Program } from '../../test/node/program.ts';
import {
  type ClientCommand,
  installClient,
  type WaitingClient,
  waitingClients,
} from '../../test/node/waiting-clients.ts';
import { runUpstream } from '../nmi/peers.ts';
import { upstreamNmi } from '../nmi/upstream.ts';

interface Peer {
  readonly name: string;
  start(world: AgentWorld): Promise<Program>;
}

type Commands = ReadonlyMap<WaitingClient, ClientCommand>;

/**
 * Prints a Markdown table of the clients that each wait costs, with podid's agent and with upstream's in the same run.
 * @param root the repository
 */
export async function measureClients(root: string): Promise<void> {
  const programs = await bundlePrograms(root);
  try {
    const commands = new Map(
      await Promise.all(
        waitingClients.map(
          async (client) => [client, await installClient(client, join(root, 'test/node/clients'))] as const,
        ),
      ),
    );
    const upstream = upstreamNmi();
    const peers: readonly Peer[] = [
      { name: 'podid', start: (world) => world.startAgent() },
      ...(upstream === undefined
        ? []
        : [{ name: 'upstream 1.8.17', start: (world: AgentWorld) => runUpstream(world, upstream) }]),
    ];
    console.log(`| wait | ${peers.map(({ name }) => `served with ${name}`).join(' | ')} | not served |`);
    console.log(`|---|${'---|'.repeat(peers.length + 1)}`);
    for (const wait of waits) {
      const outcomes: Outcomes[] = [];
      for (const peer of peers) {
        outcomes.push(await outcomesOf(wait, { peer, programs, commands }));
      }
      printRow(wait, peers, outcomes);
    }
  } finally {
    programs.remove();
  }
}

type Outcomes = ReadonlyMap<WaitingClient, string>;

async function outcomesOf(
  wait: Wait,
  { peer, programs, commands }: { peer: Peer; programs: BundledPrograms; commands: Commands },
): Promise<Outcomes> {
  let outcomes: Outcomes = new Map();
  await inAgentWorld(programs, { kind: 'routed' }, async (world) => {
    const agent = agentOf(peer, world);
    await agent.start();
    outcomes = await letClientsWait(wait, { world, agent }, commands);
  });
  return outcomes;
}

function agentOf(peer: Peer, world: AgentWorld): NodeAgent {
  let running: Program | undefined;
  return {
    async start() {
      running = await peer.start(world);
    },
    async stop() {
      await running?.stop('SIGTERM');
    },
  };
}

function printRow(wait: Wait, peers: readonly Peer[], outcomes: readonly Outcomes[]): void {
  const served = outcomes.map((all) => [...all.values()].filter((outcome) => outcome === 'served').length);
  const lost = outcomes.map((all, at) => {
    const names = [...all].flatMap(([{ name }, outcome]) =>
      outcome === 'served' ? [] : [`${name} (${outcome.slice(0, 60)})`],
    );
    return names.length === 0 ? '' : `${peers[at]?.name}: ${names.join('; ')}`;
  });
  const cells = [wait.what, ...served.map((count) => `${count} of ${waitingClients.length}`)];
  console.log(`| ${[...cells, lost.filter(Boolean).join('. ')].join(' | ').replaceAll('\n', ' ')} |`);
}
