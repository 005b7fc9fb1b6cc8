import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import { askThroughKubelet } from '../../../src/k8s/client/port-forward.ts';

const question = { podPath: '/api/v1/namespaces/kube-system/pods/nmi-1', port: 9090, path: '/metrics' };
const port = Buffer.from([9090 & 0xff, 9090 >> 8]);
const on = (channel: number, bytes: string | Buffer) =>
  Buffer.concat([Buffer.of(channel), typeof bytes === 'string' ? Buffer.from(bytes) : bytes]);

/** A kubelet behind an API server: what it answers once the whole question is there. */
interface Kubelet {
  readonly frames?: (asked: string) => readonly Buffer[];
  /** The status of a refused upgrade. */
  readonly refuses?: number;
  readonly ends?: boolean;
}

const servers: Server[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => new Promise((done) => server.close(done))));
});

async function serve({ frames = () => [], refuses, ends = true }: Kubelet) {
  const asked: {
    url?: string | undefined;
    authorization?: string | undefined;
    protocol?: string | undefined;
    text: string;
  } = { text: '' };
  const server = createServer();
  servers.push(server);
  const sockets = new WebSocketServer({ noServer: true });
  server.on('upgrade', (request, socket, head) => {
    const { authorization, 'sec-websocket-protocol': protocol } = request.headers;
    Object.assign(asked, { url: request.url, authorization, protocol });
    if (refuses !== undefined) {
      socket.end(`HTTP/1.1 ${refuses} No\r\ncontent-length: 0\r\nconnection: close\r\n\r\n`);
      return;
    }
    sockets.handleUpgrade(request, socket, head, (client) => {
      client.send(on(0, port));
      client.send(on(1, port));
      client.on('message', (message: Buffer) => {
        asked.text += message.subarray(1).toString();
        if (asked.text.endsWith('\r\n\r\n')) {
          for (const frame of frames(asked.text)) {
            client.send(frame);
          }
          if (ends) {
            client.close();
          }
        }
      });
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const access = {
    server: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    headers: { Authorization: 'Bearer of-the-caller' },
  };
  const stop = new AbortController();
  const ask = (timeoutMs = 20_000) => askThroughKubelet(access, question, { timeoutMs, signal: stop.signal });
  return { asked, ask, stop };
}

describe('a port of a pod, through its kubelet', () => {
  it('answers in as many pieces as come, asked as the caller and by nobody else', async () => {
    const { asked, ask } = await serve({
      frames: () => ['HTTP/1.1 200 OK\r\ncontent-', 'length: 5\r\n\r\nab', 'cde'].map((part) => on(0, part)),
    });
    expect(await ask()).toEqual({ status: 200, text: 'abcde' });
    expect(asked).toMatchObject({
      url: `${question.podPath}/portforward?ports=9090`,
      authorization: 'Bearer of-the-caller',
      protocol: 'v4.channel.k8s.io',
    });
    expect(asked.text).toMatch(/^GET \/metrics HTTP\/1\.1\r\n/);
    expect(asked.text).not.toContain('of-the-caller');
  });

  it('answers without a length, until the connection ends', async () => {
    const { ask } = await serve({ frames: () => [on(0, 'HTTP/1.1 503 No\r\n\r\nNot Active')] });
    expect(await ask()).toEqual({ status: 503, text: 'Not Active' });
  });

  it.each([
    [
      'the kubelet says so',
      { frames: () => [on(1, 'dial tcp4 127.0.0.1:9090: connection refused')], ends: false },
      /connection refused/,
    ],
    ['the connection ends first', {}, /port 9090 of the pod through its kubelet/],
    ['it is no HTTP', { frames: () => [on(0, 'SSH-2.0\r\n\r\n')] }, /port 9090 of the pod/],
    ['the caller may not', { refuses: 403 }, /403.* create and get of pods\/portforward\.$/],
    ['it leads elsewhere', { refuses: 307 }, /307/],
  ])('is unreachable where %s', async (_, kubelet, message) => {
    const { ask } = await serve(kubelet);
    await expect(ask()).rejects.toMatchObject({
      code: 'ClusterUnreachable',
      message: expect.stringMatching(message),
    });
  });

  it('says in a detail, too, that it is a right that is missing, which does not pass', async () => {
    const { ask } = await serve({ refuses: 403 });
    await expect(ask()).rejects.toMatchObject({ details: [{ code: 'Forbidden' }] });
  });

  it('is given up when nothing comes, and ends with the command', async () => {
    const silent = await serve({ ends: false });
    await expect(silent.ask(200)).rejects.toMatchObject({ code: 'ClusterUnreachable' });
    const other = await serve({ ends: false });
    const asking = other.ask();
    other.stop.abort(new Error('Ctrl-C'));
    await expect(asking).rejects.toThrow('Ctrl-C');
  });
});
