import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable, Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { createContext } from '../../src/cli/run/context.ts';
import { runProgram } from '../../src/cli/run/program.ts';
import { type StartedImds, startImds } from '../../src/emulator/imds/start-imds.ts';
import { PodidError } from '../../src/errors/podid-error.ts';
import { version } from '../../src/nmi/version.ts';
import { identityOf, pod, resource, seedShop, startWorld, until } from '../nmi-on-emulator/agent-world.ts';

const web = identityOf('web');
const api = identityOf('api');

interface Running {
  readonly out: () => string;
  readonly err: () => string;
  readonly ended: Promise<number>;
  /** As SIGTERM does. */
  stop(): void;
}

function start(line: string, env: Readonly<Record<string, string>> = {}): Running {
  const texts = { out: '', err: '' };
  const sink = (which: 'out' | 'err') =>
    new Writable({
      write(chunk, _encoding, done) {
        texts[which] += String(chunk);
        done();
      },
    });
  const controller = new AbortController();
  const context = createContext(controller.signal, {
    env,
    stdin: Readable.from([]),
    stdout: sink('out'),
    stderr: sink('err'),
  });
  return {
    out: () => texts.out,
    err: () => texts.err,
    ended: runProgram(line.split(' '), context),
    stop: () => controller.abort(new PodidError('Terminated', 'Terminated.')),
  };
}

async function imdsWith(options: Parameters<typeof startImds>[0]): Promise<StartedImds & AsyncDisposable> {
  const imds = await startImds(options);
  return { ...imds, [Symbol.asyncDispose]: () => imds.stop() };
}

/** A server of one mind, whose port is all one has to know. */
async function serving(answer: RequestListener): Promise<{ readonly port: number } & AsyncDisposable> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function run(line: string, env: Readonly<Record<string, string>> = {}) {
  // Errors as JSON, too.
  const running = start(line, { PODID_OUTPUT: 'json', ...env });
  return { exitCode: await running.ended, out: running.out(), err: running.err() };
}

const errorOf = ({ err }: { readonly err: string }) =>
  JSON.parse(err.trimEnd().split('\n').at(-1) ?? '') as { code: string; message: string; hint: string };

describe('what a metadata service answers', () => {
  const hostile = (text: string) =>
    `${text}\u001b]52;c;eA==\u0007\u009b31m\n2026-11-27T00:00:00Z token of forged`;
  it.each(['', ' --every 1s'])('steers no terminal and forges no line (podid token%s)', async (every) => {
    const claims = { xms_mirid: hostile('id'), oid: hostile('oid'), tid: hostile('tid') };
    const middle = Buffer.from(JSON.stringify(claims)).toString('base64url');
    const answer = { access_token: `e.${middle}.s`, client_id: hostile('c'), resource: hostile('r') };
    await using server = await serving((_request, response) => response.end(JSON.stringify(answer)));
    const ran = start(`token --output table --endpoint http://127.0.0.1:${server.port}${every}`);
    await until(() => (ran.out().includes('forged') ? true : undefined));
    ran.stop();
    await ran.ended;
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
    expect(ran.out()).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
    expect(
      ran
        .out()
        .split('\n')
        .filter((line) => line.startsWith('2026-11-27T00:00:00Z')),
    ).toEqual([]);
    expect(ran.out()).not.toContain(middle);
  });
});

describe('podid token', () => {
  it('asks as an SDK does and prints whose token it got, never the token', async () => {
    await using imds = await imdsWith({ identities: [web] });
    const endpoint = `http://127.0.0.1:${imds.port}`;
    const ran = await run(`token --endpoint ${endpoint} -o json`);
    expect(ran).toMatchObject({ exitCode: 0, err: '' });
    expect(JSON.parse(ran.out)).toEqual({
      clientId: web.clientId,
      objectId: web.objectId,
      tenantId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      identityResourceId: web.resourceId,
      resource: 'https://management.azure.com/',
      expiresOn: expect.stringMatching(/^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      expiresInSec: expect.any(Number),
      agent: null,
    });
    expect(ran.out).not.toMatch(/eyJ/);
    expect(imds.asked()).toMatchObject([
      {
        method: 'GET',
        target:
          '/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https%3A%2F%2Fmanagement.azure.com%2F',
        userAgent: expect.stringMatching(/^podid\//),
        status: 200,
      },
    ]);
  });

  it.each([
    ['--client-id', api.clientId],
    ['--identity-resource-id', api.resourceId],
    ['--msi-res-id', api.resourceId],
  ])('asks for one of several identities by %s', async (flag, value) => {
    await using imds = await imdsWith({ identities: [web, api] });
    const ran = await run(`token --endpoint http://127.0.0.1:${imds.port} ${flag} ${value} --query clientId`);
    expect(JSON.parse(ran.out)).toBe(api.clientId);
  });

  it("takes the SDKs' variables for what no flag says", async () => {
    await using imds = await imdsWith({ identities: [web, api] });
    const env = {
      AZURE_POD_IDENTITY_AUTHORITY_HOST: `http://127.0.0.1:${imds.port}`,
      AZURE_CLIENT_ID: api.clientId,
      PODID_CLOUD: 'AzureChinaCloud',
    };
    expect(JSON.parse((await run('token', env)).out)).toMatchObject({
      clientId: api.clientId,
      resource: 'https://management.chinacloudapi.cn/',
    });
    const named = await run(`token --identity-resource-id ${web.resourceId}`, env);
    expect(JSON.parse(named.out)).toMatchObject({ clientId: web.clientId });
  });

  it("says in the agent's words why a pod gets none, and exits with 4", async () => {
    await using world = await startWorld({
      before: (kube) => {
        seedShop(kube);
        kube.store.seed(pod({ name: 'lost', ip: '127.0.0.1' }));
      },
    });
    const ran = await run(`token --endpoint http://127.0.0.1:${world.port} --resource ${resource}`);
    expect(ran).toMatchObject({ exitCode: 4, out: '' });
    const { code, message, hint } = errorOf(ran);
    expect(code).toBe('TokenRefused');
    expect(message).toMatch(
      /^podid's agent \(.+\) answered HTTP 400: invalid_request: Identity not found\..*podid add/,
    );
    expect(hint).toContain('podid doctor');
  });

  it('reports that the agent answered, and whose token it is, for a pod that is bound', async () => {
    await using world = await startWorld({
      before: (kube) => {
        seedShop(kube);
        kube.store.seed(pod({ name: 'bound', ip: '127.0.0.1', labels: { aadpodidbinding: 'web' } }));
      },
    });
    const ran = await run(`token --endpoint http://127.0.0.1:${world.port} -o table`);
    const lines = ran.out.split('\n').map((line) => line.split(/ {2,}/));
    expect(lines).toContainEqual(['identity', 'web']);
    expect(lines).toContainEqual(['client id', web.clientId]);
    expect(lines).toContainEqual(['object id', web.objectId]);
    expect(lines).toContainEqual(['agent', version]);
  });

  it.each([
    ['400', 4, 'TokenRefused'],
    ['404', 4, 'TokenRefused'],
    ['403', 6, 'Forbidden'],
    ['429', 7, 'Unavailable'],
    ['503', 7, 'Unavailable'],
    ['html', 7, 'Unavailable'],
    ['truncated', 7, 'Unavailable'],
    ['drop', 7, 'Unavailable'],
    ['wrong-json', 7, 'Unavailable'],
    ['empty', 7, 'Unavailable'],
  ] as const)('ends with what %s means', async (kind, exitCode, code) => {
    await using imds = await imdsWith({ identities: [web] });
    imds.faults.set([{ kind }]);
    const ran = await run(`token --endpoint http://127.0.0.1:${imds.port}`);
    expect(ran).toMatchObject({ exitCode, out: '' });
    expect(errorOf(ran).code).toBe(code);
  });

  it('comes again when the answer says when, as SDKs do', async () => {
    await using imds = await imdsWith({ identities: [web] });
    imds.faults.set([
      { kind: '503', times: 1, retryAfterSec: 0 },
      { kind: '429', times: 1, retryAfterSec: 1 },
    ]);
    const ran = await run(`token --endpoint http://127.0.0.1:${imds.port}`);
    expect(ran.exitCode).toBe(0);
    expect(imds.asked().map(({ status }) => status)).toEqual([503, 429, 200]);
  });

  it('does not wait beyond its time', async () => {
    await using imds = await imdsWith({ identities: [web] });
    imds.faults.set([{ kind: '503', retryAfterSec: 60 }]);
    const later = await run(`token --endpoint http://127.0.0.1:${imds.port} --timeout 5s`);
    expect(later.exitCode).toBe(7);
    imds.faults.set([{ kind: 'hang' }]);
    const hung = await run(`token --endpoint http://127.0.0.1:${imds.port} --timeout 200ms`);
    expect(hung.exitCode).toBe(7);
    expect(errorOf(hung).message).toContain('did not answer within 0.2 s');
  });

  it('says so where nobody answers', async () => {
    const gone = await serving(() => undefined);
    const { port } = gone;
    await gone[Symbol.asyncDispose]();
    const ran = await run(`token --endpoint http://127.0.0.1:${port}`);
    expect(ran.exitCode).toBe(7);
    expect(errorOf(ran)).toMatchObject({
      code: 'Unavailable',
      message: `Nobody answers at http://127.0.0.1:${port}: ECONNREFUSED.`,
    });
  });

  it('shows no token that stands in an error text', async () => {
    const text = JSON.stringify({
      error: 'x',
      error_description: 'bad token eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln\nhere',
    });
    await using server = await serving((_request, response) => void response.writeHead(400).end(text));
    const { port } = server;
    const ran = await run(`token --endpoint http://127.0.0.1:${port}`);
    expect(errorOf(ran).message).toBe(`http://127.0.0.1:${port} answered HTTP 400: x: bad token *** here.`);
  });

  it('names every fault of its flags before it asks', async () => {
    const ran = await run(
      `token --endpoint ftp://x --every soon --client-id me --identity-resource-id web --resource ${'a'.repeat(3000)}`,
    );
    expect(ran.exitCode).toBe(2);
    const { details } = errorOf(ran) as unknown as { details: { flag: string }[] };
    expect(details.map(({ flag }) => flag).sort()).toEqual([
      '--client-id',
      '--client-id',
      '--endpoint',
      '--every',
      '--identity-resource-id',
      '--resource',
    ]);
  });
});

describe('podid token --get', () => {
  /** A metadata service and something to open, on one port: it says what it was sent, the token too. */
  async function opening(answer: RequestListener) {
    const asked: { readonly url: string; readonly authorization: string | undefined }[] = [];
    const token = `eyJhbGciOiJSUzI1NiJ9.${Buffer.from('{"oid":"o"}').toString('base64url')}.c2lnbmVk`;
    const server = await serving((request, response) => {
      if (request.url?.startsWith('/metadata/identity/')) {
        response.end(JSON.stringify({ access_token: token, client_id: 'c', resource: 'r' }));
        return;
      }
      asked.push({ url: request.url ?? '', authorization: request.headers.authorization });
      answer(request, response);
    });
    const origin = `http://127.0.0.1:${server.port}`;
    const words = `token --endpoint ${origin} --resource ${origin}`;
    return { asked, token, origin, words, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
  }

  it('sends the token, and prints the status and the answer, and the token nowhere', async () => {
    await using open = await opening((request, response) =>
      response.end(`you sent ${request.headers.authorization}\u001b[31m ${'long '.repeat(1000)}`),
    );
    for (const format of ['json', 'yaml', 'table', 'tsv']) {
      const ran = await run(`${open.words} --get ${open.origin}/things?sig=secret -o ${format} --debug`);
      expect(ran.exitCode).toBe(0);
      expect(`${ran.out}${ran.err}`).not.toMatch(/eyJ|c2lnbmVk|secret/);
    }
    expect(open.asked).toHaveLength(4);
    expect(open.asked[0]).toEqual({ url: '/things?sig=secret', authorization: `Bearer ${open.token}` });
    const { out } = await run(`${open.words} --get ${open.origin}/things -o json`);
    const { get } = JSON.parse(out);
    expect(get).toMatchObject({ url: `${open.origin}/things`, status: 200, error: null });
    expect(get.body).toMatch(/^you sent Bearer \*\*\*/);
    expect(get.body).toHaveLength(1000);
    const table = await run(`${open.words} --get ${open.origin}/things -o table`);
    expect(table.out.split('\n')).toEqual([
      expect.stringMatching(/^token of /),
      expect.stringMatching(/^GET http:\S+\/things: HTTP 200 you sent Bearer \*\*\*\\u001b\[31m long/),
      '',
    ]);
  });

  it('follows nobody', async () => {
    let fetched = 0;
    await using other = await serving((_request, response) => {
      fetched += 1;
      response.end();
    });
    await using open = await opening((_request, response) =>
      response.writeHead(307, { location: `http://127.0.0.1:${other.port}/` }).end(),
    );
    const ran = await run(`${open.words} --get ${open.origin}/moved`);
    expect(ran.exitCode).toBe(5);
    expect(JSON.parse(ran.out).get).toMatchObject({ status: 307 });
    expect(fetched).toBe(0);
  });

  it.each([
    [204, 0],
    [400, 5],
    [401, 6],
    [403, 6],
    [404, 5],
    [429, 7],
    [500, 7],
  ])('ends, once the answer is printed, with what HTTP %i means', async (status, exitCode) => {
    await using open = await opening((_request, response) => response.writeHead(status).end('why'));
    const ran = await run(`${open.words} --get ${open.origin}/x`);
    expect(ran.exitCode).toBe(exitCode);
    expect(JSON.parse(ran.out).get).toMatchObject({ status });
    expect(ran.err.includes('HTTP')).toBe(exitCode !== 0);
  });

  it('says so where the token is there and nothing answers', async () => {
    await using open = await opening((request) => request.socket.destroy());
    const ran = await run(`${open.words} --get ${open.origin}/x`);
    expect(ran.exitCode).toBe(7);
    expect(JSON.parse(ran.out).get).toMatchObject({ status: null, error: 'ECONNRESET.' });
    expect(errorOf(ran).message).toBe(
      `There is a token, but nothing came back from ${open.origin}/x: ECONNRESET.`,
    );
  });

  it('reads no more of an endless answer than it shows', async () => {
    await using open = await opening((_request, response) => {
      const more = () =>
        void (response.write('x'.repeat(65_536)) ? setImmediate(more) : response.once('drain', more));
      more();
    });
    const ran = await run(`${open.words} --get ${open.origin}/x`);
    expect(JSON.parse(ran.out).get.body).toBe('x'.repeat(1000));
  });

  it('shows what describes the machine, and sends no token there', async () => {
    await using open = await opening((_request, response) => response.end('{"compute":{"name":"vm"}}'));
    const page = 'http://169.254.169.254/metadata/instance?api-version=2021-02-01';
    const ran = await run(`${open.words} --get ${page} -o json`);
    expect(JSON.parse(ran.out).get).toEqual({
      url: 'http://169.254.169.254/metadata/instance',
      status: 200,
      body: '{"compute":{"name":"vm"}}',
      error: null,
    });
    expect(open.asked).toEqual([
      { url: '/metadata/instance?api-version=2021-02-01', authorization: undefined },
    ]);
  });

  it('says with --every on each line what the token opened', async () => {
    let status = 403;
    await using open = await opening((_request, response) => {
      response.writeHead(status).end('answer\nforged');
      status = 200;
    });
    const running = start(`${open.words} --every 10ms --get ${open.origin}/x`);
    await until(() => (running.out().split('\n').length > 3 ? true : undefined));
    running.stop();
    expect(await running.ended).toBe(0);
    const [first, second] = running.out().split('\n');
    expect(first).toMatch(/Z token of .*; GET \S+\/x: HTTP 403 answer forged$/);
    expect(second).toMatch(/; GET \S+\/x: HTTP 200 answer forged$/);
  });
});

describe('podid token --every', () => {
  it('prints a token, and why there is none, on a line of its own, until it is stopped', async () => {
    await using imds = await imdsWith({ identities: [web] });
    imds.faults.set([{ kind: '400', times: 1 }]);
    const running = start(`token --every 10ms --endpoint http://127.0.0.1:${imds.port}`);
    await until(() => (running.out().split('\n').length > 3 ? true : undefined));
    running.stop();
    expect(await running.ended).toBe(0);
    const [first, second] = running.out().split('\n');
    expect(first).toMatch(/^\S+Z no token: http:\/\/127\.0\.0\.1:\d+ answered HTTP 400: .* hint: /);
    expect(second).toMatch(
      new RegExp(
        `^\\S+Z token of web, client id ${web.clientId}, object id ${web.objectId}, tenant \\S+, for https://management.azure.com/, expires \\S+Z, not through podid's agent$`,
      ),
    );
    expect(running.out()).not.toContain('eyJ');
    expect(running.err()).toBe('');
  });

  it('prints one line of JSON each with -o json', async () => {
    await using imds = await imdsWith({ identities: [web] });
    imds.faults.set([{ kind: '503', times: 1, retryAfterSec: 60 }]);
    const running = start(`token --every 10ms -o json --endpoint http://127.0.0.1:${imds.port}`);
    await until(() => (running.out().split('\n').length > 2 ? true : undefined));
    running.stop();
    await running.ended;
    const [first, second] = running
      .out()
      .split('\n')
      .slice(0, 2)
      .map((line) => JSON.parse(line));
    expect(first).toMatchObject({ time: expect.any(String), error: { code: 'Unavailable' } });
    expect(second).toMatchObject({ time: expect.any(String), clientId: web.clientId, agent: null });
  });

  it('ends at once while nobody answers', async () => {
    let asked = 0;
    await using server = await serving(() => {
      asked += 1;
    });
    const running = start(`token --every 1h --endpoint http://127.0.0.1:${server.port}`);
    await until(() => asked || undefined);
    running.stop();
    expect(await running.ended).toBe(0);
    expect(running.out()).toBe('');
  });
});
