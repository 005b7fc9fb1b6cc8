import { describe, expect, it } from 'vitest';
import {
  type AgentWorld,
  azureIdentity,
  binding,
  identityOf,
  pod,
  seedShop,
  startWorld,
  until,
} from './agent-world.ts';

const from = '127.0.0.9';
const youngPod = () =>
  pod({ name: 'late', ip: from, labels: { aadpodidbinding: 'late' }, createdMs: Date.now() });

interface Wait {
  /** Makes the trouble. */
  readonly begin: (world: AgentWorld) => void;
  /** Ends it, once the request is held. */
  readonly heal: (world: AgentWorld) => void;
  readonly reason: string;
}

const bindLate = ({ kube }: AgentWorld) => void kube.store.seed(binding('web', 'late'));
const clientId = identityOf('web').clientId;

/** What IMDS knows. */
const onNode = [identityOf('web')];

const waits: Readonly<Record<string, Wait>> = {
  'a young pod whose binding comes later': {
    begin: ({ kube }) => void kube.store.seed(youngPod()),
    heal: bindLate,
    reason: 'no-binding',
  },
  'a pod that the watch brings later': {
    begin: bindLate,
    heal: ({ kube }) => void kube.store.seed(youngPod()),
    reason: 'unknown-pod',
  },
  'a pod whose address another pod has not given back': {
    begin(world) {
      bindLate(world);
      world.kube.store.seed(youngPod());
      world.kube.store.seed(pod({ name: 'ending', ip: from }));
    },
    heal: ({ kube }) => void kube.store.remove('Pod', 'shop', 'ending'),
    reason: 'address-shared',
  },
  'a pod while IMDS is asked too often': {
    begin(world) {
      bindLate(world);
      world.kube.store.seed(youngPod());
      world.imds.faults.set([{ kind: '429', retryAfterSec: 3, clientId }]);
    },
    heal: ({ imds }) => imds.faults.set([]),
    reason: 'token-429',
  },
  'a pod while IMDS is away': {
    begin(world) {
      bindLate(world);
      world.kube.store.seed(youngPod());
      world.imds.faults.set([{ kind: '503', retryAfterSec: 3, clientId }]);
    },
    heal: ({ imds }) => imds.faults.set([]),
    reason: 'token-503',
  },
  'a young pod whose identity Azure has not brought to the node': {
    begin(world) {
      bindLate(world);
      world.kube.store.seed(youngPod());
      onNode.length = 0;
    },
    heal: () => void onNode.push(identityOf('web')),
    reason: 'identity-not-on-node',
  },
};

/** Waits until the agent holds a request for this. */
const held = (world: AgentWorld, reason: string) =>
  until(async () =>
    (await world.metrics()).includes(`podid_nmi_requests_held{reason="${reason}"} 1`) ? true : undefined,
  );

describe('a request is held for', () => {
  it.each(Object.entries(waits))('%s', async (_who, { begin, heal, reason }) => {
    await using world = await startWorld({ before: seedShop, imds: { identities: onNode } });
    begin(world);
    const asked = world.ask({ from });
    await held(world, reason);
    heal(world);
    expect(await asked).toMatchObject({ status: 200, json: { client_id: clientId } });
    // They are rendered once a second at most.
    const count = `podid_nmi_held_seconds_count{reason="${reason}",end="served"} 1`;
    await until(async () => ((await world.metrics()).includes(count) ? true : undefined));
  });
});

describe.concurrent('a held request', () => {
  it('is reset at the end of the agent, and keeps it from ending no longer', async () => {
    await using world = await startWorld({ before: seedShop });
    const outcome = world.ask({ from }).catch((error: NodeJS.ErrnoException) => error.code);
    await held(world, 'unknown-pod');
    await world.end();
    expect(await outcome).toBe('ECONNRESET');
  });

  it('is refused at once where the flag says so', async () => {
    await using world = await startWorld({ flags: ['--hold-sec=0'], before: seedShop });
    expect(await world.ask({ from })).toMatchObject({ status: 503, headers: { 'retry-after': '2' } });
    expect(await world.metrics()).not.toContain('podid_nmi_held_seconds_count{');
  });
});

describe('what IMDS refuses for good', () => {
  it('is answered at once, with the name of the AzureIdentity that was tried', async () => {
    const old = { creationTimestamp: new Date(Date.now() - 3_600_000).toISOString() };
    await using world = await startWorld({
      imds: { identities: [] },
      before(kube) {
        seedShop(kube);
        const identity = azureIdentity('web');
        kube.store.seed({ ...identity, metadata: { ...identity.metadata, ...old } });
      },
    });
    const answer = await world.ask();
    expect(answer.status).toBe(400);
    expect(answer.json['error_description']).toMatch(/Identity not found.*AzureIdentity is shop\/web/);
  });
});
