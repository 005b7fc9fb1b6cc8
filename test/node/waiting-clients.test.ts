import { setTimeout as passing } from 'node:timers/promises';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { type AgentWorld, identities, inAgentWorld, podObject } from './agent-world.ts';
import { programsIn } from './bundled-programs.ts';
import type { Program } from './program.ts';
import { installClient, isUnreachable, type WaitingClient, waitingClients } from './waiting-clients.ts';

const programs = programsIn(inject('programsFolder'));

/** Clients that run at once: their starts must not take longer than a hold. */
const atOnce = 3;
const selector = 'late';

interface Wait {
  readonly what: string;
  /** Makes the trouble, before the client asks. */
  begin(situation: Situation): Promise<void>;
  readonly lastsMs: number;
  /** Ends it. */
  heal(situation: Situation): Promise<void>;
  /**
   * Whom it may cost, and upstream's agent no less: that one answers 403 at once for an identity that IMDS does not
   * know, and where it ends it breaks the connection and opens the node's own identities to whoever asks.
   */
  readonly mayLose?: (client: WaitingClient) => boolean;
}

interface Situation {
  readonly world: AgentWorld;
  readonly agent: { running: Program };
  bind(): Promise<void>;
  /** The pod as the kubelet has just taken it. */
  comes(): Promise<void>;
}

const waits: readonly Wait[] = [
  {
    what: 'a binding that is late by 6 s',
    begin: ({ comes }) => comes(),
    lastsMs: 6_000,
    heal: ({ bind }) => bind(),
  },
  {
    what: 'a pod that is unknown for 3 s',
    begin: ({ bind }) => bind(),
    lastsMs: 3_000,
    heal: ({ comes }) => comes(),
  },
  {
    what: 'an agent that is being restarted',
    async begin({ agent, bind, comes }) {
      await bind();
      await comes();
      await agent.running.stop('SIGTERM');
    },
    lastsMs: 1_000,
    async heal({ world, agent }) {
      agent.running = await world.startAgent();
    },
    // Nobody listens, and so nobody answers their probes.
    mayLose: ({ probes }) => probes === true,
  },
  {
    what: 'an agent that ends while it holds the request',
    begin: ({ comes }) => comes(),
    lastsMs: 4_000,
    async heal({ world, agent, bind }) {
      await agent.running.stop('SIGTERM');
      await bind();
      agent.running = await world.startAgent();
    },
    mayLose: ({ probes, endsAtOnce }) => probes === true || endsAtOnce === true,
  },
  {
    what: 'an IMDS that answers 429 for 6 s',
    async begin({ world, bind, comes }) {
      await bind();
      await comes();
      world.imds({ faults: [{ kind: '429', retryAfterSec: 10 }] });
    },
    lastsMs: 6_000,
    heal: async ({ world }) => world.imds({}),
  },
  {
    what: 'an identity that is not on the node for 20 s',
    async begin({ world, bind, comes }) {
      await bind();
      await comes();
      world.imds({ identities: [] });
    },
    lastsMs: 20_000,
    heal: async ({ world }) => world.imds({}),
    mayLose: ({ endsAtOnce }) => endsAtOnce === true,
  },
];

const commands = new Map<WaitingClient, readonly [string, ...string[]]>();

beforeAll(() => {
  for (const client of waitingClients) {
    try {
      commands.set(client, installClient(client));
    } catch (error) {
      if (process.env['CI'] !== undefined || !isUnreachable(error)) {
        throw new Error(
          `${client.name} cannot be installed: ${String((error as { stderr?: string }).stderr ?? error)}`,
        );
      }
      process.stdout.write(`skipped: ${client.name}, since its registry cannot be reached\n`);
    }
  }
}, 15 * 60_000);

interface Said {
  readonly token?: string;
  readonly error?: string;
}

/** Served, or the first words of what it said. */
async function outcome(program: Program): Promise<string> {
  const { token, error = 'no token' } = JSON.parse(await program.line(/^\{/)) as Said;
  if (token === undefined || token === '') {
    return `lost: ${error.replaceAll(/\s+/g, ' ').slice(0, 160)}`;
  }
  const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as {
    appid: string;
  };
  return claims.appid === identities.web.clientId ? 'served' : `the token of ${claims.appid}`;
}

describe('a client, unmodified, that asks too soon', () => {
  it.each(waits)('waits for $what', { timeout: 10 * 60_000 }, async (wait) => {
    await inAgentWorld(programs, { kind: 'routed' }, async (world) => {
      const agent = { running: await world.startAgent() };
      await world.remove('Pod', 'shop', 'plain-0');
      const outcomes: Record<string, string> = {};
      const clients = [...commands];
      for (let from = 0; from < clients.length; from += atOnce) {
        const resource = `https://r${from}.example`;
        const situation: Situation = {
          world,
          agent,
          bind: () => world.seed(bindingTo(selector)),
          comes: () => world.seed(youngPod(from, world.unbound.address)),
        };
        await wait.begin(situation);
        const asked = clients.slice(from, from + atOnce).map(([client, [command, ...args]]) => ({
          client,
          program: world.unbound.start(command, [...args, resource]),
        }));
        await passing(wait.lastsMs);
        await wait.heal(situation);
        for (const { client, program } of asked) {
          outcomes[client.name] = await outcome(program);
        }
        await world.remove('Pod', 'shop', `late-${from}`);
        await world.remove('AzureIdentityBinding', 'shop', 'late-binding');
      }
      process.stdout.write(`measured: ${wait.what}: ${JSON.stringify(outcomes, null, 1)}\n`);
      const bearable = clients.filter(([client]) => wait.mayLose?.(client)).map(([client]) => client.name);
      const lost = Object.entries(outcomes).filter(([, said]) => said !== 'served');
      expect(lost.filter(([name, said]) => !bearable.includes(name) || !said.startsWith('lost'))).toEqual([]);
      expect(Object.keys(outcomes)).toHaveLength(clients.length);
    });
  });
});

function youngPod(turn: number, address: string): object {
  const pod = podObject(`late-${turn}`, address, { aadpodidbinding: selector });
  return {
    ...pod,
    metadata: { ...pod.metadata, creationTimestamp: new Date().toISOString().replace(/\.\d+/, '') },
  };
}

function bindingTo(label: string): object {
  return {
    apiVersion: 'aadpodidentity.k8s.io/v1',
    kind: 'AzureIdentityBinding',
    metadata: { name: 'late-binding', namespace: 'shop' },
    spec: { azureIdentity: 'web', selector: label },
  };
}
