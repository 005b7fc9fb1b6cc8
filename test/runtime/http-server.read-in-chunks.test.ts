import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { expect, it } from 'vitest';
import { readInChunks } from '../../src/runtime/http-server.ts';

const one = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n';

it('makes no requests of what was read before the connection was destroyed', async () => {
  let made = 0;
  const server = createServer((request) => {
    made += 1;
    request.socket.destroy();
  });
  server.on('connection', readInChunks);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.write(one.repeat(5_000));
  await new Promise((resolve) => socket.once('close', resolve));
  await new Promise((resolve) => server.close(resolve));
  expect(made).toBeGreaterThan(0);
  expect(made).toBeLessThanOrEqual(Math.ceil(1_024 / one.length));
});
