import { describe, expect, inject, it } from 'vitest';
import { type AgentWorld, identities, inAgentWorld, podObject } from './agent-world.ts';
import { programsIn } from './bundled-programs.ts';
import { startAsking } from './drill.ts';
import { imdsToken, requestFrom } from './one-request.ts';

const programs = programsIn(inject('programsFolder'));
const quota = { concurrent: 5, perSecond: 20 };
const floods = ['tokens', 'encoded-paths', 'headers', 'instance', 'resources', 'slow', 'come-and-go'];

function startFlood(world: AgentWorld, ...args: readonly string[]) {
  return world.unbound.start('nice', ['-n', '10', process.execPath, programs.path('flood'), ...args]);
}

/** The other pod has an identity, too. */
function seedFlooder(world: AgentWorld): Promise<void> {
  return world.seed(podObject('plain-0', world.unbound.address, { aadpodidbinding: 'web' }));
}

/** Asks on new connections until so many answers have come, and says which ones they were. */
async function answersTo(world: AgentWorld, count: number): Promise<Readonly<Record<string, number>>> {
  const asking = await startAsking(world.bound, programs.path('asker'));
  await asking.program.lineCount(/^\{/, count);
  return (await asking.finish()).counts;
}

describe.each(['nft', 'iptables'])('the neighbour of a pod that floods the agent, with %s', (backend) => {
  it('is answered every time, and the rules stay as they are', async () => {
    await inAgentWorld(programs, { latencyMs: 10, quota }, async (world) => {
      await seedFlooder(world);
      await world.startAgent({ extra: [`--rules-backend=${backend}`] });
      for (const kind of backend === 'nft' ? floods : ['come-and-go']) {
        const flood = startFlood(world, kind);
        await flood.line(/^flooding$/);
        const counts = await answersTo(world, 40);
        await flood.stop('SIGKILL');
        expect(Object.keys(counts), kind).toEqual([`token-of-${identities.web.clientId}`]);
      }
      await world.ready();
      expect(droppedBy(world, backend)).toBeGreaterThan(0);
    });
  });
});

describe.each(['nft', 'iptables'])('metrics that are open to pods, with %s', (backend) => {
  it('have the limit of new connections that the agent has', async () => {
    await inAgentWorld(programs, { latencyMs: 10, quota }, async (world) => {
      const open = ['--metrics-address=0.0.0.0', '--open-metrics'];
      await world.startAgent({ extra: [`--rules-backend=${backend}`, ...open] });
      const flood = startFlood(world, 'come-and-go', world.network.node.address, '9090');
      await flood.line(/^flooding$/);
      await expect.poll(() => droppedBy(world, backend), { timeout: 60_000 }).toBeGreaterThan(0);
      await flood.stop('SIGKILL');
    });
  });
});

describe('sources beyond those that the rules count one by one', () => {
  it('have one limit together, and whoever is counted is answered every time', async () => {
    await inAgentWorld(programs, { latencyMs: 10, quota }, async (world) => {
      await world.startAgent();
      const { node } = world.network;
      node.run('nft', 'flush', 'set', 'inet', 'podid', 'newcomers');
      expect(await requestFrom(world.bound, programs, imdsToken)).toMatchObject({ status: 200 });
      const others = Array.from({ length: 4_095 }, (_, i) => `10.9.${i >> 8}.${i & 255} timeout 1h`);
      node.run('nft', `add element inet podid newcomers { ${others.join(', ')} }`);
      const flood = startFlood(world, 'come-and-go');
      await flood.line(/^flooding$/);
      const counts = await answersTo(world, 40);
      await flood.stop('SIGKILL');
      expect(Object.keys(counts)).toEqual([`token-of-${identities.web.clientId}`]);
      expect(droppedBy(world, 'nft', 'the others have one limit together')).toBeGreaterThan(0);
      await world.ready();
    });
  });
});

describe('thirteen pods of another namespace that fill the queue', () => {
  it('keep nobody from a new token', async () => {
    await inAgentWorld(programs, { latencyMs: 10, quota }, async (world) => {
      const addresses = Array.from({ length: 13 }, (_, index) => `10.244.1.${index + 1}`);
      for (const [index, address] of addresses.entries()) {
        world.unbound.run('ip', 'addr', 'add', `${address}/16`, 'dev', 'eth0');
        await world.seed(podObject(`many-${index}`, address, { aadpodidbinding: 'own' }, 'tenant'));
      }
      await seedTenant(world);
      await world.startAgent();
      const flood = startFlood(world, 'resources-of-many', '169.254.169.254', '80', addresses.join(','));
      await flood.line(/^flooding$/);
      for (let number = 0; number < 10; number += 1) {
        const target = imdsToken.replace('resource=r', `resource=https://mine-${number}.example`);
        const answer = await requestFrom(world.bound, programs, target, { waitMs: 15_000 });
        expect(answer, `token ${number}`).toMatchObject({ status: 200 });
      }
      await flood.stop('SIGKILL');
      expect(world.throttled()).toBe(0);
    });
  });
});

async function seedTenant(world: AgentWorld): Promise<void> {
  const of = (kind: string, name: string, spec: object) =>
    world.seed({
      apiVersion: 'aadpodidentity.k8s.io/v1',
      kind,
      metadata: { name, namespace: 'tenant' },
      spec,
    });
  const { clientId, resourceId } = identities.jobs;
  await of('AzureIdentity', 'own', { type: 0, clientID: clientId, resourceID: resourceId });
  await of('AzureIdentityBinding', 'own', { azureIdentity: 'own', selector: 'own' });
}

/** New connections that a limit has dropped: that of one source, unless another is named. */
function droppedBy(
  { network: { node } }: AgentWorld,
  backend: string,
  limit = 'more connections than any client',
): number {
  const listed =
    backend === 'nft'
      ? node.run('nft', 'list', 'chain', 'inet', 'podid', 'crowd')
      : node.run('iptables', '-w', '-t', 'mangle', '-nvxL', 'podid-crowd');
  const line = listed.split('\n').find((each) => each.includes(limit)) ?? '';
  return Number(/(?:packets |^\s*)(\d+)/.exec(line)?.[1]);
}
