import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import {
  type AgentWorld,
  azureIdentity,
  binding,
  exception,
  identityOf,
  nodeIdentity,
  pod,
  seedShop,
  startWorld,
  tokenTarget,
  until,
  type WorldOptions,
} from './agent-world.ts';

const request = `GET ${tokenTarget} HTTP/1.1\r\nHost: 169.254.169.254\r\nMetadata: true\r\nUser-Agent: curl/8.5.0\r\n\r\n`;

let world: AgentWorld;
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) {
    socket.destroy();
  }
  await world[Symbol.asyncDispose]();
});

interface Got {
  readonly status: number;
  readonly header: string;
  readonly json: Readonly<Record<string, string>>;
}

/** As Azure's SDKs ask: each time with another id. */
function withIds(): () => string {
  let count = 0;
  return () => {
    count += 1;
    const id = `00000000-0000-4000-8000-${count.toString(16).padStart(12, '0')}`;
    return request.replace('\r\n\r\n', `\r\nx-ms-client-request-id: ${id}\r\n\r\n`);
  };
}

/** Sends the very same bytes, unless told otherwise, again and again over one connection. */
async function repeating(
  options: WorldOptions = {},
  from = '127.0.0.7',
  next = () => request,
): Promise<() => Promise<Got>> {
  world = await startWorld({ before: seedShop, ...options });
  const socket = connect({ port: world.port, host: '127.0.0.1', localAddress: from });
  socket.on('error', () => undefined);
  sockets.push(socket);
  let seen = '';
  socket.setEncoding('latin1').on('data', (text) => {
    seen += text;
  });
  return () => {
    seen = '';
    socket.write(next());
    return until(() => {
      const [header = '', body] = seen.split('\r\n\r\n');
      const length = Number(/^Content-Length: (\d+)/m.exec(header)?.[1]);
      return body === undefined || body.length < length
        ? undefined
        : { status: Number(header.slice(9, 12)), header, json: JSON.parse(body) };
    });
  };
}

/** Asks until the answer is another one, which a watch brings about. */
async function untilStatus(ask: () => Promise<Got>, status: number): Promise<Got> {
  return until(async () => {
    const got = await ask();
    return got.status === status ? got : undefined;
  });
}

const names = (header: string) => header.split('\r\n').map((line) => line.split(':')[0]);

describe('a client that sends the very same request again', () => {
  it('gets the same answer with the same header', async () => {
    const ask = await repeating();
    const first = await ask();
    const second = await ask();
    const third = await ask();
    expect(names(second.header)).toEqual(names(first.header));
    expect(third.json['access_token']).toBe(first.json['access_token']);
    const withoutTime = (text: string) =>
      text.replace(/^Date: .*$/m, 'Date').replace(/^Content-Length: .*$/m, '');
    expect(withoutTime(third.header)).toBe(withoutTime(first.header));
  });

  it('is counted, logged and recorded each time', async () => {
    const ask = await repeating();
    for (let times = 0; times < 5; times += 1) {
      await ask();
    }
    const metrics = await world.metrics();
    expect(metrics).toMatch(
      /operations_duration_seconds_count\{operation_type="msi",status_code="200".*\} 5/,
    );
    expect(metrics).toContain('podid_nmi_token_hits_total 4');
    expect(world.log.filter(({ msg }) => msg === 'decided')).toHaveLength(2);
    const record = await world.record();
    expect(JSON.parse(record.text).pods[0].uses).toMatchObject([{ sdk: 'curl', outcome: 'answered' }]);
    await world.end();
    expect(world.log.filter(({ msg }) => msg === 'decided again')).toMatchObject([{ times: 3 }]);
  });

  it.each([
    [
      'its binding is gone',
      (at: AgentWorld) => at.kube.store.remove('AzureIdentityBinding', 'shop', 'web-binding'),
    ],
    ['its identity is gone', (at: AgentWorld) => at.kube.store.remove('AzureIdentity', 'shop', 'web')],
    [
      'its label is another one',
      (at: AgentWorld) => at.kube.store.seed(pod({ name: 'web', ip: '127.0.0.7', labels: {} })),
    ],
  ])('is refused as soon as %s', async (_title, change) => {
    const ask = await repeating();
    await ask();
    expect(await ask()).toMatchObject({ status: 200 });
    change(world);
    expect(await untilStatus(ask, 400)).toMatchObject({ json: { error: 'invalid_request' } });
  });

  it('is counted and recorded with another id each time, and refused as soon as its binding is gone', async () => {
    const ask = await repeating({}, '127.0.0.7', withIds());
    for (let times = 0; times < 20; times += 1) {
      expect(await ask()).toMatchObject({ status: 200 });
    }
    expect(await world.metrics()).toContain('podid_nmi_token_hits_total 19');
    expect(JSON.parse((await world.record()).text).pods[0].uses).toMatchObject([{ sdk: 'curl' }]);
    world.kube.store.remove('AzureIdentityBinding', 'shop', 'web-binding');
    expect(await untilStatus(ask, 400)).toMatchObject({ json: { error: 'invalid_request' } });
  });

  it('gets the token of another identity as soon as that is bound to it', async () => {
    const ask = await repeating();
    const { json } = await ask();
    await ask();
    world.kube.store.seed(azureIdentity('api'));
    world.kube.store.seed(binding('api', 'web'));
    world.kube.store.remove('AzureIdentityBinding', 'shop', 'web-binding');
    const other = await until(async () => {
      const got = await ask();
      return got.status === 200 && got.json['client_id'] !== json['client_id'] ? got : undefined;
    });
    expect(other.json['access_token']).not.toBe(json['access_token']);
  });

  it('is answered as the node as soon as it is excepted', async () => {
    const ask = await repeating();
    await ask();
    await ask();
    world.kube.store.seed(exception('legacy', { aadpodidbinding: 'web' }));
    const got = await until(async () => {
      const answer = await ask();
      return answer.json['client_id'] === nodeIdentity.clientId ? answer : undefined;
    });
    expect(got.status).toBe(200);
  });

  it('has its connection reset when its pod is gone', async () => {
    const ask = await repeating();
    await ask();
    await ask();
    const closed = new Promise((resolve) => sockets[0]?.once('close', resolve));
    world.kube.store.remove('Pod', 'shop', 'web');
    await closed;
  });

  it('waits, as any other, once another pod claims its address', async () => {
    const ask = await repeating({ flags: ['--hold-sec=0'] });
    await ask();
    await ask();
    world.kube.store.seed(pod({ name: 'twin', ip: '127.0.0.7', namespace: 'other' }));
    expect(await untilStatus(ask, 503)).toMatchObject({ json: { error: 'temporarily_unavailable' } });
  });
});

describe('a client that asks the very same on a new connection each time', () => {
  const last = request.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n');
  const askAnew = async (from = '127.0.0.7', text = last): Promise<Got> => {
    const socket = connect({ port: world.port, host: '127.0.0.1', localAddress: from });
    sockets.push(socket);
    let seen = '';
    socket.setEncoding('latin1').on('data', (piece) => {
      seen += piece;
    });
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.on('error', () => undefined).write(text);
    await closed;
    const [header = '', body = ''] = seen.split('\r\n\r\n');
    return { status: Number(header.slice(9, 12)), header, json: body === '' ? {} : JSON.parse(body) };
  };
  const start = async (options: WorldOptions = {}) => {
    world = await startWorld({ before: seedShop, ...options });
    await askAnew();
    await askAnew();
  };

  it('gets the same answer with the same header, byte for byte but for the time', async () => {
    await start();
    const withoutTime = ({ header, json }: Got) => [
      header.replace(/^Date: .*$/m, 'Date').replace(/^Content-Length: .*$/m, ''),
      { ...json, expires_in: '', ext_expires_in: '' },
    ];
    const known = await askAnew();
    // Other bytes are parsed.
    const parsed = await askAnew('127.0.0.7', last.replace('curl', 'wget'));
    expect(withoutTime(known)).toEqual(withoutTime(parsed));
    expect(known.header).toContain('Connection: close');
  });

  it('is counted and recorded each time, with others that keep theirs', async () => {
    await start();
    for (let times = 0; times < 3; times += 1) {
      await askAnew();
    }
    expect(await world.metrics()).toContain('podid_nmi_token_hits_total 4');
    expect(await world.metrics()).toMatch(
      /operations_duration_seconds_count\{operation_type="msi",status_code="200".*\} 5/,
    );
    expect(JSON.parse((await world.record()).text).pods[0]).toMatchObject({ requests: 5 });
  });

  it('is given no token of the pod that had the address before it', async () => {
    await start();
    world.kube.store.remove('Pod', 'shop', 'web');
    world.kube.store.seed(pod({ name: 'api', ip: '127.0.0.7', labels: { aadpodidbinding: 'api' } }));
    const { json } = await until(async () => {
      const got = await askAnew();
      return got.status === 400 ? got : undefined;
    });
    expect(json['error']).toBe('invalid_request');
    world.kube.store.seed(azureIdentity('api'));
    world.kube.store.seed(binding('api', 'api'));
    const got = await until(async () => {
      const answer = await askAnew();
      return answer.status === 200 ? answer : undefined;
    });
    expect(got.json['client_id']).toBe(identityOf('api').clientId);
  });

  it('is refused as soon as its binding is gone, from either of its addresses', async () => {
    world = await startWorld({ before: seedShop });
    const podIPs = ['127.0.0.7', '127.0.0.9'].map((ip) => ({ ip }));
    const web = pod({ name: 'web', labels: { aadpodidbinding: 'web' } });
    world.kube.store.seed({ ...web, status: { phase: 'Running', podIP: '127.0.0.7', podIPs } });
    await until(async () => ((await askAnew('127.0.0.9')).status === 200 ? true : undefined));
    await askAnew('127.0.0.7');
    world.kube.store.remove('AzureIdentityBinding', 'shop', 'web-binding');
    await until(async () => ((await askAnew('127.0.0.7')).status === 400 ? true : undefined));
    expect((await askAnew('127.0.0.9')).status).toBe(400);
  });

  it('has its connection reset when its pod is gone, though nothing on it was ever parsed', async () => {
    world = await startWorld({ before: seedShop });
    const open = async () => {
      const socket = connect({ port: world.port, host: '127.0.0.1', localAddress: '127.0.0.7' });
      sockets.push(socket);
      socket.on('error', () => undefined).write(request);
      await until(() => (socket.bytesRead > 500 ? true : undefined));
      return { closed: new Promise((resolve) => socket.once('close', resolve)) };
    };
    const connections = [await open(), await open(), await open()];
    expect(await world.metrics()).toContain('podid_nmi_token_hits_total 2');
    world.kube.store.remove('Pod', 'shop', 'web');
    await Promise.all(connections.map(({ closed }) => closed));
  });

  it('waits, as any other, once another pod claims its address', async () => {
    await start({ flags: ['--hold-sec=0'] });
    world.kube.store.seed(pod({ name: 'twin', ip: '127.0.0.7', namespace: 'other' }));
    await until(async () => ((await askAnew()).status === 503 ? true : undefined));
  });
});
