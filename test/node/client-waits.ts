import { setTimeout as passing } from 'node:timers/promises';
import { type AgentWorld, identities, podObject } from './agent-world.ts';
import type { Program } from './program.ts';
import type { ClientCommand, WaitingClient } from './waiting-clients.ts';

/** A trouble that is over after a while. */
export interface Wait {
  readonly what: string;
  /** Makes the trouble, before the clients ask. */
  begin(situation: Situation): Promise<void>;
  readonly lastsMs: number;
  /** Ends it. */
  heal(situation: Situation): Promise<void>;
  /** Whom it may cost. */
  readonly mayLose?: (client: WaitingClient) => boolean;
}

/** A node on which one pod asks, of which neither the pod nor its binding is there when it begins. */
interface Situation {
  readonly world: AgentWorld;
  readonly agent: NodeAgent;
  bind(): Promise<void>;
  /** The pod as the kubelet has just taken it. */
  comes(): Promise<void>;
}

/** The agent whose clients wait: podid's, or upstream's in its place. */
export interface NodeAgent {
  start(): Promise<void>;
  stop(): Promise<void>;
}

export const waits: readonly Wait[] = [
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
      await agent.stop();
    },
    lastsMs: 1_000,
    heal: ({ agent }) => agent.start(),
    // Nobody listens, and so nobody answers their probes.
    mayLose: ({ probes }) => probes === true,
  },
  {
    what: 'an agent that ends while it holds the request',
    begin: ({ comes }) => comes(),
    lastsMs: 4_000,
    async heal({ agent, bind }) {
      await agent.stop();
      await bind();
      await agent.start();
    },
    mayLose: ({ probes, endsAtReset }) => probes === true || endsAtReset === true,
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
];

/**
 * Lets all clients load, makes the trouble, lets them ask at once, and ends it.
 * @returns by client: `served`, or what it came to
 */
export async function letClientsWait(
  wait: Wait,
  { world, agent }: Pick<Situation, 'world' | 'agent'>,
  commands: ReadonlyMap<WaitingClient, ClientCommand>,
): Promise<ReadonlyMap<WaitingClient, string>> {
  await world.remove('Pod', 'shop', 'plain-0');
  const turn = await nextTurn();
  const clients = [...commands].map(([client, [command, ...args]], at) => ({
    client,
    program: world.unbound.start(command, [...args, `https://r${at}.example`], { listens: true }),
  }));
  await Promise.all(clients.map(({ program }) => program.line(/^loaded$/)));
  const situation: Situation = {
    world,
    agent,
    bind: () => world.seed(lateBinding),
    comes: () => world.seed(youngPod(world.unbound.address)),
  };
  await wait.begin(situation);
  // Who probes first, since a probe of half a second fails where the client itself has no core in that time.
  for (const { client, program } of clients.toSorted((one, other) => earliest(one) - earliest(other))) {
    program.say('ask');
    await passing(client.probes === true ? probeMs : 0);
  }
  await passing(Math.min(askMs, wait.lastsMs));
  turn.end();
  await passing(Math.max(0, wait.lastsMs - askMs));
  await wait.heal(situation);
  return new Map(
    await Promise.all(clients.map(async ({ client, program }) => [client, await outcome(program)] as const)),
  );
}

const probeMs = 300;
/** In which those who do not probe have asked. */
const askMs = 1_000;

function earliest({ client }: { readonly client: WaitingClient }): number {
  return client.probes === true ? 0 : 1;
}

let turns = Promise.resolve();

/** One wait at a time loads its clients and lets them ask, which takes all cores; what follows takes none. */
async function nextTurn(): Promise<{ end(): void }> {
  const before = turns;
  let end: () => void = () => undefined;
  turns = new Promise((resolve) => {
    end = resolve;
  });
  await before;
  return { end };
}

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

const selector = 'late';

function youngPod(address: string): object {
  const pod = podObject('late-0', address, { aadpodidbinding: selector });
  return {
    ...pod,
    metadata: { ...pod.metadata, creationTimestamp: new Date().toISOString().replace(/\.\d+/, '') },
  };
}

const lateBinding = {
  apiVersion: 'aadpodidentity.k8s.io/v1',
  kind: 'AzureIdentityBinding',
  metadata: { name: 'late-binding', namespace: 'shop' },
  spec: { azureIdentity: 'web', selector },
};
