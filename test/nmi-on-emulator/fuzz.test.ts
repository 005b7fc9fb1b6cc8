import { connect } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { identityOf, seedShop, startWorld, until } from './agent-world.ts';

const pieces = fc.constantFrom(
  'metadata',
  'identity',
  'oauth2',
  'token',
  'instance',
  'host',
  'info',
  'issuecredential',
  'getplatformmetadata',
  'versions',
  '..',
  '.',
  '',
  '/',
  '\\',
  '%2f',
  '%5c',
  '%252f',
  '%00',
  '%0a',
  '%u002f',
  ';',
  '?',
  '#',
  '%3f',
  '%23',
  'TOKEN',
  'Identity',
  'x',
  '\t',
  'é',
  '%c0%af',
  '@',
  ':80',
);
const paths = fc.oneof(
  fc.array(pieces, { maxLength: 14 }).map((parts) => `/${parts.join('/')}`),
  fc.array(pieces, { maxLength: 20 }).map((parts) => `/metadata${parts.join('')}`),
  fc.constantFrom(
    '/metadata/identity/oauth2/token',
    '/metadata/instance',
    '/host/token/',
    '*',
    'http://169.254.169.254/metadata/identity/oauth2/token',
  ),
);
const names = fc.constantFrom(
  'resource',
  'client_id',
  'msi_res_id',
  'mi_res_id',
  'object_id',
  'principal_id',
  'api-version',
  'x',
  'Resource',
);
const values = fc.oneof(
  fc.constantFrom(
    'r',
    'https://vault.azure.net',
    identityOf('node-default').clientId,
    identityOf('api').clientId,
    identityOf('web').clientId,
    identityOf('api').resourceId,
    '',
    '%zz',
    '%0d%0aX: y',
    'a&resource=b',
  ),
  fc.string({ maxLength: 20 }),
);
const anyQueries = fc
  .array(
    fc.tuple(names, values).map((pair) => pair.join('=')),
    { maxLength: 4 },
  )
  .map((pairs) => (pairs.length === 0 ? '' : `?${pairs.join('&')}`));
/** Mostly ones that a token can come of, so that the bytes get past the first check. */
const queries = fc.oneof(
  anyQueries,
  anyQueries.map((query) => `?resource=r${query.replace('?', '&')}`),
);
const headers = fc.array(
  fc.constantFrom(
    'Metadata: true',
    'metadata: TRUE',
    'Metadata: true, true',
    'X-Forwarded-For: 127.0.0.1',
    'Content-Length: 5',
    'Transfer-Encoding: chunked',
    'Connection: keep-alive',
    'podname: web',
    'podns: shop',
    'Host: 169.254.169.254',
    'Expect: 100-continue',
    'Upgrade: h2c',
    `X: ${'x'.repeat(64_000)}`,
    'Metadata : true',
    ' folded',
  ),
  { maxLength: 3 },
);
const anything = fc.record({
  method: fc.constantFrom('GET', 'GET', 'GET', 'POST', 'HEAD', 'CONNECT', 'OPTIONS', 'get', 'BREW'),
  path: paths,
  query: queries,
  headers,
});
/** A request that is in order but for one thing, or not even that. */
const nearlyRight = fc
  .tuple(fc.constantFrom('method', 'path', 'query', 'headers', 'nothing'), anything)
  .map(([wrong, odd]) => ({
    ...{
      method: 'GET',
      path: '/metadata/identity/oauth2/token',
      query: '?resource=r',
      headers: [] as string[],
    },
    ...(wrong === 'nothing' ? {} : { [wrong]: odd[wrong as keyof typeof odd] }),
  }));
const requests = fc.oneof(anything, nearlyRight);

interface RawRequest {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: readonly string[];
}

function bytesOf({ method, path, query, headers: lines }: RawRequest, inOrder: boolean): string {
  const all = inOrder ? ['Host: 169.254.169.254', 'Metadata: true', ...lines] : lines;
  return `${method} ${path}${query} HTTP/1.1\r\n${all.map((line) => `${line}\r\n`).join('')}\r\n`;
}

/** Bytes as they are, from a pod's address, until the agent closes. */
function sendRaw(port: number, from: string, bytes: string): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', localAddress: from });
    socket.on('error', () => undefined);
    socket.on('close', () => resolve());
    socket.on('data', () => socket.end());
    socket.setTimeout(500, () => socket.destroy());
    // Not ended here: Node takes a half-closed connection for a client that has gone.
    socket.write(bytes, 'latin1');
  });
}

const seconds = Number(process.env['PODID_FUZZ_SECONDS'] ?? 5);

describe('whatever bytes pods send', () => {
  it("the most liberal IMDS gives out no identity but the bound pod's own, and the agent lives on", {
    timeout: seconds * 1_000 + 60_000,
  }, async () => {
    await using world = await startWorld({
      before: seedShop,
      imds: { liberal: true },
      flags: ['--allow-attested-document'],
    });
    const end = performance.now() + seconds * 1_000;
    let sent = 0;
    const work = async (from: string) => {
      while (performance.now() < end) {
        for (const request of fc.sample(requests, 100)) {
          sent += 1;
          await sendRaw(world.port, from, bytesOf(request, sent % 4 > 0));
        }
      }
    };
    await Promise.all(
      ['127.0.0.7', '127.0.0.8'].flatMap((from) => Array.from({ length: 12 }, () => work(from))),
    );
    expect(sent).toBeGreaterThan(100);
    // Enough of it was understood for the next line to say something; memory answers most, so IMDS itself is
    // asked rarely.
    const served = /operations_duration_seconds_count\{operation_type="msi",status_code="200".*\} (\d+)/g;
    const tokens = [...(await world.metrics()).matchAll(served)].reduce(
      (sum, [, count]) => sum + Number(count),
      0,
    );
    expect(tokens).toBeGreaterThan(20);
    const owners = new Set(world.imds.issued().map(({ clientId }) => clientId));
    owners.delete(identityOf('web').clientId);
    expect([...owners]).toEqual([]);
    expect(world.log.filter(({ msg }) => msg === 'a fault of the agent')).toEqual([]);
    expect((await world.ask()).status).toBe(200);
    expect((await world.ask({ from: '127.0.0.8' })).status).toBe(400);
    await until(async () =>
      /^podid_nmi_requests_in_flight 0$/m.test(await world.metrics()) ? true : undefined,
    );
  });
});
