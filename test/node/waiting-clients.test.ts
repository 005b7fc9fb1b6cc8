import { beforeAll, describe, expect, inject, it } from 'vitest';
import { type AgentWorld, inAgentWorld } from './agent-world.ts';
import { programsIn } from './bundled-programs.ts';
import { letClientsWait, type NodeAgent, waits } from './client-waits.ts';
import {
  type ClientCommand,
  installClient,
  isUnreachable,
  type WaitingClient,
  waitingClients,
} from './waiting-clients.ts';

const programs = programsIn(inject('programsFolder'));

const commands = new Map<WaitingClient, ClientCommand>();

beforeAll(async () => {
  const all = await Promise.all(
    waitingClients.map(async (client) => [client, await commandOf(client)] as const),
  );
  for (const [client, command] of all) {
    if (command !== undefined) {
      commands.set(client, command);
    }
  }
}, 15 * 60_000);

async function commandOf(client: WaitingClient): Promise<ClientCommand | undefined> {
  try {
    return await installClient(client);
  } catch (error) {
    if (process.env['CI'] !== undefined || !isUnreachable(error)) {
      throw new Error(
        `${client.name} cannot be installed: ${String((error as { stderr?: string }).stderr ?? error)}`,
      );
    }
    process.stdout.write(`skipped: ${client.name}, since its registry cannot be reached\n`);
    return undefined;
  }
}

describe('a client, unmodified, that asks too soon', () => {
  it.concurrent.each(waits)('waits for $what', { timeout: 10 * 60_000 }, async (wait) => {
    await inAgentWorld(programs, { kind: 'routed' }, async (world) => {
      const agent = podidOn(world);
      await agent.start();
      const outcomes = await letClientsWait(wait, { world, agent }, commands);
      const named = Object.fromEntries([...outcomes].map(([{ name }, outcome]) => [name, outcome]));
      process.stdout.write(`measured: ${wait.what}: ${JSON.stringify(named, null, 1)}\n`);
      const lost = [...outcomes].filter(
        ([client, outcome]) =>
          outcome !== 'served' && !(outcome.startsWith('lost') && wait.mayLose?.(client)),
      );
      expect(lost.map(([{ name }, outcome]) => `${name}: ${outcome}`)).toEqual([]);
      expect(outcomes.size).toBe(commands.size);
    });
  });
});

function podidOn(world: AgentWorld): NodeAgent {
  let running: Awaited<ReturnType<AgentWorld['startAgent']>> | undefined;
  return {
    async start() {
      running = await world.startAgent();
    },
    async stop() {
      await running?.stop('SIGTERM');
    },
  };
}
