import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import {
  type AgentWorld,
  azureIdentity,
  binding,
  identityOf,
  pod,
  resource,
  seedShop,
  startWorld,
  tokenTarget,
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

/** Waits until the agent holds so many requests for this. */
const held = (world: AgentWorld, reason: string, requests = 1) =>
  until(async () =>
    (await world.metrics()).includes(`podid_nmi_requests_held{reason="${reason}"} ${requests}`)
      ? true
      : undefined,
  );

describe('a request is held for', () => {
  it.each(Object.entries(waits))('%s', async (_who, { begin, heal, reason }) => {
    await using world = await startWorld({ before: seedShop, imds: { identities: onNode } });
    begin(world);
    const asked = world.ask({ from });
    await held(world, reason);
    heal(world);
    expect(await asked).toMatchObject({ status: 200, json: { client_id: clientId } });
    // Of a pod that has just come the binding may come a moment later still: each kind has a watch of its own.
    const counted = new RegExp(`_held_seconds_count{reason="(${reason}|no-binding)",end="served"} 1`);
    // They are rendered once a second at most.
    await until(async () => (counted.test(await world.metrics()) ? true : undefined));
  });
});

/** Says these bytes on one connection, and hears until the agent closes it or `isWhole`. */
function say(port: number, text: string, isWhole = (_: string): boolean => false) {
  const socket = connect({ host: '127.0.0.1', port, localAddress: from });
  const heard = new Promise<string>((resolve, reject) => {
    let all = '';
    socket.on('data', (bytes) => {
      all += bytes;
      if (isWhole(all)) {
        socket.destroy();
        resolve(all);
      }
    });
    socket.on('end', () => resolve(all));
    socket.on('error', reject);
  });
  socket.write(text);
  return { socket, heard };
}

const head = (version: string, ...lines: string[]) =>
  [`GET ${tokenTarget} HTTP/${version}`, 'Host: 169.254.169.254', 'Metadata: true', ...lines, '', ''].join(
    '\r\n',
  );
const tokensIn = (heard: string) => heard.match(/"access_token"/g)?.length ?? 0;

describe.concurrent('a request is held, and then served, that', () => {
  it.each<[string, string, number]>([
    ['closes its connection', head('1.1', 'Connection: close'), 1],
    ['is of HTTP/1.0', head('1.0'), 1],
    ['is of HTTP/1.0 and keeps its connection', head('1.0', 'Connection: keep-alive'), 1],
    ['has two more behind it', `${head('1.1')}${head('1.1')}${head('1.1', 'Connection: close')}`, 3],
  ])('%s', async (_what, text, tokens) => {
    await using world = await startWorld({ before: seedShop });
    world.kube.store.seed(youngPod());
    const isWhole = (all: string) => tokensIn(all) === tokens && all.endsWith('}');
    const { heard } = say(world.port, text, isWhole);
    await held(world, 'no-binding', tokens);
    bindLate(world);
    const answer = await heard;
    expect([tokensIn(answer), answer.match(/HTTP\/1\.1 200/g)?.length]).toEqual([tokens, tokens]);
  });

  it('is one of two of the same pod', async () => {
    await using world = await startWorld({ before: seedShop });
    world.kube.store.seed(youngPod());
    const both = [world.ask({ from }), world.ask({ from })];
    await held(world, 'no-binding', 2);
    bindLate(world);
    expect((await Promise.all(both)).map(({ status }) => status)).toEqual([200, 200]);
    expect(world.imds.issued().map(({ count }) => count)).toEqual([1]);
  });

  it("is the driver's", async () => {
    await using world = await startWorld({ before: seedShop });
    world.kube.store.seed(youngPod());
    const headers = { Connection: 'keep-alive', podns: 'shop', podname: 'late' };
    const asked = world.ask({ from: '127.0.0.1', target: `/host/token/?resource=${resource}`, headers });
    await held(world, 'no-binding');
    bindLate(world);
    expect((await asked).status).toBe(200);
  });

  it('is not the one of a client that has gone: nobody is asked for it any more', async () => {
    await using world = await startWorld({ before: seedShop });
    world.kube.store.seed(youngPod());
    const { socket, heard } = say(world.port, head('1.1'));
    heard.catch(() => undefined);
    await held(world, 'no-binding');
    socket.resetAndDestroy();
    const gone = 'podid_nmi_held_seconds_count{reason="no-binding",end="client-gone"} 1';
    await until(async () => ((await world.metrics()).includes(gone) ? true : undefined));
    bindLate(world);
    expect((await world.ask({ from })).status).toBe(200);
    expect(world.imds.issued().map(({ count }) => count)).toEqual([1]);
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

  it.each([
    ['of HTTP/1.0', head('1.0'), 1],
    ['that closes its connection', head('1.1', 'Connection: close'), 1],
    ['with another behind it', `${head('1.1')}${head('1.1')}`, 2],
  ])('%s is reset at the end of the agent as well', async (_what, text, requests) => {
    await using world = await startWorld({ before: seedShop });
    const { heard } = say(world.port, text);
    const outcome = heard.catch((error: NodeJS.ErrnoException) => error.code);
    await held(world, 'unknown-pod', requests);
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
