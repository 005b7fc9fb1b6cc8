import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openRequest, readBody } from '../../../src/k8s/client/open-request.ts';

/** Compresses whatever may be compressed, as a proxy before the API server may. */
const server = createServer((request, response) => {
  const asked = request.headers['accept-encoding'];
  const body = JSON.stringify({ kind: 'PodList' });
  response.writeHead(200, asked === 'identity' ? {} : { 'content-encoding': 'gzip' });
  response.end(asked === 'identity' ? body : gzipSync(body));
});
beforeAll(() => once(server.listen(0, '127.0.0.1'), 'listening'));
afterAll(() => server.close());

describe('a request to an API server', () => {
  it.each([
    ['GET', undefined],
    ['POST', '{}'],
    ['DELETE', '{}'],
  ])('by %s gets its answer uncompressed', async (method, body) => {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const request = { method, headers: {}, ...(body === undefined ? {} : { body }) };
    const answer = await openRequest(url, request, new AbortController().signal);
    expect(JSON.parse(await readBody(answer, 1024))).toEqual({ kind: 'PodList' });
  });
});
