import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { describe, expect, it } from 'vitest';
import { createRecordHandler } from '../../src/nmi/http/routes/record.ts';
import { parseAgentRecord } from '../../src/validate/kubernetes/agent-record.ts';
import {
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

const python = { 'User-Agent': 'azsdk-python-identity/1.15.0 Python/3.12.9 (Linux)' };

interface Shown {
  readonly node: string;
  readonly since: string;
  readonly pods: readonly {
    readonly namespace: string;
    readonly name: string;
    readonly controller?: object;
    readonly uses: readonly Readonly<Record<string, string>>[];
  }[];
}

describe('/record of an agent', () => {
  it('says what each pod asked, by library, resource, choice and outcome, and holds no id and no header', async () => {
    const startedMs = Date.now();
    await using world = await startWorld({
      before({ store }) {
        store.seed(azureIdentity('web'));
        store.seed(binding('web', 'web'));
        const controller = { kind: 'ReplicaSet', name: 'web-5c9d', uid: 'set' };
        store.seed(pod({ name: 'web-1', ip: '127.0.0.7', labels: { aadpodidbinding: 'web' }, controller }));
        store.seed(pod({ name: 'plain', ip: '127.0.0.8' }));
      },
    });
    const token = (await world.ask({ headers: python })).json['access_token'];
    await world.ask({ headers: python });
    const { clientId, resourceId } = identityOf('web');
    await world.ask({ headers: python, target: `${tokenTarget}&client_id=${clientId}` });
    await world.ask({
      headers: { 'User-Agent': 'evil/1 \u00e9PWNED' },
      target: `${tokenTarget}&msi_res_id=${resourceId}`,
    });
    await world.ask({ from: '127.0.0.8', headers: { 'User-Agent': 'curl/8.5.0' } });
    const answer = await world.record();
    expect([answer.status, answer.headers['content-type']]).toEqual([200, 'application/json']);
    const shown = answer.json as unknown as Shown;
    expect(Date.parse(shown.since)).toBeGreaterThanOrEqual(startedMs);
    expect(shown).toMatchObject({ node: 'node-1' });
    const lastAsked = expect.stringMatching(/^20..-.*Z$/);
    const use = { sdk: 'azsdk-python-identity', version: '1.15.0', resource, lastAsked, outcome: 'answered' };
    expect(shown.pods).toEqual([
      {
        uid: expect.any(String),
        namespace: 'shop',
        name: 'web-1',
        controller: { kind: 'ReplicaSet', name: 'web-5c9d', uid: 'set' },
        requests: 4,
        uses: [
          { ...use, chosenBy: 'nothing' },
          { ...use, chosenBy: 'client-id' },
          { ...use, sdk: 'other', version: '', chosenBy: 'resource-id' },
        ],
      },
      {
        uid: expect.any(String),
        namespace: 'shop',
        name: 'plain',
        requests: 1,
        refused: { 'no-label': 1 },
        uses: [{ ...use, sdk: 'curl', version: '8.5.0', chosenBy: 'nothing', outcome: 'no-label' }],
      },
    ]);
    for (const secret of [String(token), clientId, resourceId, 'PWNED', 'Python/3.12']) {
      expect(answer.text).not.toContain(secret);
    }
    expect(parseAgentRecord(answer.text)?.pods).toHaveLength(4);
    expect(await world.metrics()).toMatch(/^podid_nmi_record_uses 4$/m);
  });

  it('says that the Key Vault driver asked for a pod', async () => {
    await using world = await startWorld({ before: seedShop });
    const target = `/host/token/?resource=${encodeURIComponent(resource)}`;
    await world.ask({
      from: '127.0.0.1',
      target,
      headers: {
        Connection: 'keep-alive',
        podname: 'web',
        podns: 'shop',
        'User-Agent': 'Go-http-client/1.1',
      },
    });
    const { pods } = (await world.record()).json as unknown as Shown;
    expect(pods).toMatchObject([{ name: 'web', uses: [{ chosenBy: 'pod-name', outcome: 'answered' }] }]);
  });

  it('keeps what a pod asked that is gone, with what made it', async () => {
    await using world = await startWorld({
      before({ store }) {
        seedShop({ store } as never);
        const controller = { kind: 'Job', name: 'nightly-29384756', uid: 'job' };
        store.seed(pod({ name: 'nightly', ip: '127.0.0.9', labels: { aadpodidbinding: 'web' }, controller }));
      },
    });
    await world.ask({ from: '127.0.0.9', headers: python });
    world.kube.store.remove('Pod', 'shop', 'nightly');
    await until(async () => ((await world.metrics()).includes('podid_nmi_pods 2') ? true : undefined));
    const { pods } = (await world.record()).json as unknown as Shown;
    expect(pods).toMatchObject([{ name: 'nightly', controller: { kind: 'Job', name: 'nightly-29384756' } }]);
  });

  it('begins anew with the agent, and says since when', async () => {
    const first = await startWorld({ before: seedShop });
    await first.ask({ headers: python });
    const before = (await first.record()).json as unknown as Shown;
    await first[Symbol.asyncDispose]();
    await using second = await startWorld({ before: seedShop });
    const after = (await second.record()).json as unknown as Shown;
    expect(after.pods).toEqual([]);
    expect(after.since > before.since).toBe(true);
  });

  it('is read with GET alone', async () => {
    await using world = await startWorld({ before: seedShop });
    expect((await world.record({ method: 'POST' })).status).toBe(405);
  });
});

/** A server of the record's handler alone, on every address. */
async function onEveryAddress(): Promise<{ readonly server: Server; readonly port: number }> {
  const handle = createRecordHandler(
    { document: () => ({ node: 'n', since: '', forgotten: [], pods: [] }) },
    { monotonic: () => 0 },
  );
  const server = createServer(handle);
  await new Promise<void>((resolve) => server.listen(0, '::', resolve));
  return { server, port: (server.address() as AddressInfo).port };
}

/** The first line of the answer. */
function firstLine(to: string, from: string, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: to, port, localAddress: from });
    socket.on('error', reject);
    socket.on('data', (bytes) => {
      resolve(String(bytes).split('\r\n')[0] ?? '');
      socket.destroy();
    });
    socket.write('GET /record HTTP/1.1\r\nHost: n\r\nConnection: close\r\n\r\n');
  });
}

describe('who may read the record', () => {
  const own = Object.values(networkInterfaces())
    .flat()
    .find((each) => each?.family === 'IPv4' && !each.internal)?.address;

  it('is the node itself, by loopback', async () => {
    const { server, port } = await onEveryAddress();
    expect(await firstLine('127.0.0.1', '127.0.0.1', port)).toBe('HTTP/1.1 200 OK');
    server.close();
  });

  it.skipIf(own === undefined)(
    'is the node itself, by its own address, and nobody who comes from another',
    async () => {
      const { server, port } = await onEveryAddress();
      expect(await firstLine(own ?? '', own ?? '', port)).toBe('HTTP/1.1 200 OK');
      server.close();
    },
  );

  it.each([
    ['10.244.0.9', '10.224.0.4'],
    ['::ffff:10.244.0.9', '::ffff:10.224.0.4'],
    ['fd00::9', 'fd00::4'],
    ['10.224.0.4', '127.0.0.1'],
    ['', ''],
  ])('is not %s, that came to %s', (remoteAddress, localAddress) => {
    let status = 0;
    let text = '';
    const response = {
      writeHead: (code: number) => {
        status = code;
      },
      end: (body: Buffer) => {
        text = String(body);
      },
    };
    const handle = createRecordHandler(
      { document: () => ({ node: 'secret', since: '', forgotten: [], pods: [] }) },
      { monotonic: () => 0 },
    );
    handle({ method: 'GET', socket: { remoteAddress, localAddress } } as never, response as never);
    expect(status).toBe(403);
    expect(text).not.toContain('secret');
  });
});
