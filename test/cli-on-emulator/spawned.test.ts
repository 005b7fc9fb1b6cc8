import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { commandTree, loadCommand } from '../../src/cli/run/command-tree.ts';
import { identity } from '../../src/emulator/scenarios/scenario-parts.ts';
import { type Emulator, startEmulator } from '../../src/emulator/start-emulator.ts';
import { identityId } from './emulated-podid.ts';

const podid = fileURLToPath(new URL('../../bin/podid.js', import.meta.url));
const addWeb = ['add', '--namespace', 'demo', '--name', 'web', '--identity-resource-id', identityId('web')];

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'podid-spawned-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Child {
  readonly process: ChildProcess;
  readonly out: () => string;
  readonly err: () => string;
  readonly ended: Promise<{ readonly code: number | null; readonly signal: string | null }>;
}

interface StartOptions {
  readonly stdout?: 'pipe' | number;
  readonly nodeOptions?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

function start(
  argv: readonly string[],
  emulator?: Emulator,
  { stdout = 'pipe', nodeOptions = [], env: more = {} }: StartOptions = {},
): Child {
  const env = {
    PATH: process.env['PATH'],
    HOME: folder,
    PODID_POLL_INTERVAL: '20ms',
    ...emulator?.environment,
    ...more,
  };
  const child = spawn(process.execPath, [...nodeOptions, '--', podid, ...argv], {
    cwd: folder,
    env,
    stdio: ['ignore', stdout, 'pipe'],
  });
  const texts = ['', ''];
  child.stdout?.on('data', (chunk) => {
    texts[0] += String(chunk);
  });
  child.stderr?.on('data', (chunk) => {
    texts[1] += String(chunk);
  });
  const ended = once(child, 'close').then(([code, signal]) => ({ code, signal }));
  return { process: child, out: () => texts[0] ?? '', err: () => texts[1] ?? '', ended };
}

async function finished(argv: readonly string[], emulator?: Emulator) {
  const child = start(argv, emulator);
  return { ...(await child.ended), out: child.out(), err: child.err() };
}

/** Resolves once the emulator was asked; what a child that ended first said is in the failure. */
async function asked(emulator: Emulator, operation: string, child: Child): Promise<void> {
  await vi.waitFor(
    () =>
      expect(
        emulator.requests.map((request) => request.operation),
        child.err(),
      ).toContain(operation),
    { timeout: 30_000, interval: 20 },
  );
}

describe('the bundled podid', () => {
  it('runs its commands from the files that are shipped', async () => {
    await using emulator = await startEmulator();
    expect(await finished(['--version'])).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
    });
    const added = await finished(addWeb, emulator);
    expect(added.code, added.err).toBe(0);
    expect(JSON.parse(added.out)).toMatchObject({ name: 'web', provisioningState: 'Assigned' });
    expect((await finished(['list', '-o', 'yaml'], emulator)).out).toContain('- name: web\n');
    expect((await finished(['list', '-o', 'table'], emulator)).out).toMatch(/^NAME +NAMESPACE/);
    expect((await finished(['list', '-o', 'tsv', '--query', '[].name'], emulator)).out).toBe('web\n');
    const file = join(folder, 'saved.yaml');
    expect((await finished(['disable', '--yes', '--export', file], emulator)).code).toBe(0);
    expect(await readFile(file, 'utf8')).toContain('kind: PodIdentities');
  });

  it('lists without loading the fetch that comes with Node', async () => {
    await using emulator = await startEmulator();
    const report = "process.on('exit', () => console.error(process.moduleLoadList.join()));";
    const child = start(['list'], emulator, { nodeOptions: ['--import', `data:text/javascript,${report}`] });
    expect(await child.ended).toMatchObject({ code: 0 });
    expect(child.err()).toContain('NativeModule https');
    expect(child.err()).not.toContain('undici');
  });

  it.each([
    ['--help', 8],
    ['list -o json', 30],
    ['show --namespace demo --name web', 29],
    ['status', 32],
  ])('reads for %s at most %i of its files, and no client of an SDK', async (line, most) => {
    await using emulator = await startEmulator();
    expect((await finished(addWeb, emulator)).code).toBe(0);
    const tell =
      "import { writeSync } from 'node:fs'; export const load = (url, context, next) => (writeSync(2, 'read ' + url + '\\n'), next(url, context));";
    const hook = join(folder, 'hook.mjs');
    await writeFile(join(folder, 'tell.mjs'), tell);
    await writeFile(hook, "import { register } from 'node:module'; register('./tell.mjs', import.meta.url);");
    const nodeOptions = ['--import', hook];
    const child = start(line.split(' '), emulator, { nodeOptions });
    expect(await child.ended, child.err()).toMatchObject({ code: 0 });
    const read = [...child.err().matchAll(/^read file:.*\/(dist\/.*)$/gm)].map(([, file = '']) => file);
    expect(read).toContain('dist/podid.js');
    expect(read.length, read.join('\n')).toBeLessThanOrEqual(most);
    const texts = await Promise.all(read.map((file) => readFile(join(dirname(podid), '..', file), 'utf8')));
    expect(texts.filter((text) => text.includes('azsdk-js-arm'))).toEqual([]);
  });

  it('goes through the proxy of the environment', async () => {
    const seen: string[] = [];
    const proxy = createServer().on('connect', ({ url = '' }, socket) => {
      seen.push(url);
      socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
    });
    await once(proxy.listen(0, '127.0.0.1'), 'listening');
    try {
      const { port } = proxy.address() as AddressInfo;
      const env = {
        HTTPS_PROXY: `http://127.0.0.1:${port}`,
        AZURE_TENANT_ID: '00000000-0000-4000-8000-000000000009',
        AZURE_CLIENT_ID: '00000000-0000-4000-8000-000000000008',
        AZURE_CLIENT_SECRET: 'secret',
        AZURE_SUBSCRIPTION_ID: '00000000-0000-4000-8000-000000000001',
      };
      const child = start(['list', '-g', 'rg', '-c', 'web'], undefined, { env });
      expect((await child.ended).code, child.err()).toBe(7);
      expect(child.err()).toContain(`the proxy http://127.0.0.1:${port} lets nobody through to login`);
      expect(new Set(seen)).toEqual(new Set(['login.microsoftonline.com:443']));
    } finally {
      proxy.close();
    }
  });

  it('goes through the SOCKS proxy of a kubeconfig, which is asked for the name of the server', async () => {
    const asked: Buffer[] = [];
    const proxy = createTcpServer((socket) => {
      socket.on('error', () => undefined);
      socket.on('data', (data) => {
        asked.push(data);
        // No sign-in is wanted; and then nobody is reached.
        socket.write(asked.length === 1 ? Buffer.from([5, 0]) : Buffer.from([5, 4, 0, 1, 0, 0, 0, 0, 0, 0]));
      });
    });
    await once(proxy.listen(0, '127.0.0.1'), 'listening');
    try {
      const { port } = proxy.address() as AddressInfo;
      const file = join(folder, 'socks.kubeconfig');
      const cluster = {
        server: 'https://aks-demo.hcp.example.test:443',
        'proxy-url': `socks5://127.0.0.1:${port}`,
      };
      const kubeconfig = {
        ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'demo' },
        clusters: [{ name: 'demo', cluster }],
        users: [{ name: 'demo', user: { token: 'secret' } }],
        contexts: [{ name: 'demo', context: { cluster: 'demo', user: 'demo' } }],
      };
      await writeFile(file, JSON.stringify(kubeconfig));
      const child = start(['nmi', 'status', '--kubeconfig', file]);
      expect((await child.ended).code, child.err()).toBe(7);
      expect(child.err()).toContain(`the proxy socks5://127.0.0.1:${port}`);
      expect(asked[1]?.toString('latin1')).toContain('aks-demo.hcp.example.test');
    } finally {
      proxy.close();
    }
  });

  it('sees a change through when its reader is gone, and keeps the exit code', async () => {
    await using emulator = await startEmulator();
    const child = start(addWeb, emulator);
    child.process.stdout?.destroy();
    child.process.stderr?.destroy();
    expect(await child.ended).toEqual({ code: 0, signal: null });
    const again = await finished(
      ['show', '--namespace', 'demo', '--name', 'web', '--query', 'name'],
      emulator,
    );
    expect(again.out).toBe('"web"\n');
    const broken = start(['show', '--namespace', 'demo', '--name', 'nobody'], emulator);
    broken.process.stdout?.destroy();
    broken.process.stderr?.destroy();
    expect((await broken.ended).code).toBe(4);
  });

  it('ends with 1 and the reason when its result is lost, and the change stands', async () => {
    await using emulator = await startEmulator();
    const full = openSync('/dev/full', 'w');
    const child = start([...addWeb, '-o', 'json'], emulator, { stdout: full });
    closeSync(full);
    expect((await child.ended).code).toBe(1);
    expect(child.err()).toContain('no space is left (ENOSPC)');
    expect(JSON.parse(child.err().trimEnd().split('\n').at(-1) ?? '')).toMatchObject({
      code: 'OutputFailed',
      hint: expect.stringContaining('is done'),
    });
    const shown = await finished(
      ['show', '--namespace', 'demo', '--name', 'web', '--query', 'name'],
      emulator,
    );
    expect(shown.out).toBe('"web"\n');
  });

  it('asks through an agent of its own as a pod of the emulator, and leaves neither behind', async () => {
    await using emulator = await startEmulator();
    expect((await finished(addWeb, emulator)).code).toBe(0);
    const asked = await finished(['token', '--emulated-pod', 'demo/web'], emulator);
    expect(asked.code, asked.err).toBe(0);
    const { identityResourceId, agent } = JSON.parse(asked.out);
    expect(identityResourceId.toLowerCase()).toBe(identityId('web').toLowerCase());
    expect(agent).toMatch(/^\d+\.\d+\.\d+$/);
    const refused = await finished(['token', '--emulated-pod', 'demo/jobs'], emulator);
    expect(refused.code, refused.err).toBe(4);
    expect(refused.err).toContain('nothing in namespace demo is bound to it');
    const pods = emulator.kube.list('Pod').map(({ metadata }) => metadata.name);
    expect(pods.filter((name) => name.startsWith('asked-by'))).toEqual([]);
  });

  it('asks as two pods of the emulator at once, each on a node of its own', async () => {
    await using emulator = await startEmulator();
    expect((await finished(addWeb, emulator)).code).toBe(0);
    const first = start(['token', '--emulated-pod', 'demo/web', '--every', '1h', '-o', 'json'], emulator);
    await vi.waitFor(() => expect(first.out(), first.err()).toMatch(/\n$/), {
      timeout: 30_000,
      interval: 20,
    });
    const second = await finished(['token', '--emulated-pod', 'demo/jobs'], emulator);
    expect(second.code, second.err).toBe(4);
    expect(JSON.parse(first.out()).identityResourceId.toLowerCase()).toBe(identityId('web').toLowerCase());
    first.process.kill('SIGTERM');
    await first.ended;
  });

  it('asks for tokens again and again, and ends on SIGTERM at once and in order', async () => {
    await using emulator = await startEmulator();
    const child = start(['token', '--every', '1h'], emulator);
    await vi.waitFor(() => expect(child.out(), child.err()).toMatch(/\n$/), {
      timeout: 30_000,
      interval: 20,
    });
    child.process.kill('SIGTERM');
    expect(await child.ended).toEqual({ code: 0, signal: null });
    expect(child.err()).toBe('');
  });

  it('ends with the reader of its answers', async () => {
    await using emulator = await startEmulator();
    const child = start(['token', '--every', '20ms'], emulator);
    await vi.waitFor(() => expect(child.out(), child.err()).toMatch(/\n$/), {
      timeout: 30_000,
      interval: 20,
    });
    child.process.stdout?.destroy();
    expect(await child.ended).toEqual({ code: 0, signal: null });
  });

  it.each([
    ['SIGINT', 130, 'Interrupted'],
    ['SIGTERM', 143, 'Terminated'],
    ['SIGHUP', 143, 'Terminated'],
  ] as const)('ends on %s with %i and says that Azure continues', async (signal, code, name) => {
    await using emulator = await startEmulator({
      seed: { settings: { operationMs: [600_000, 600_000], operationPolls: 0 } },
    });
    const child = start([...addWeb, '-o', 'json'], emulator);
    await asked(emulator, 'operations.get', child);
    child.process.kill(signal);
    expect((await child.ended).code).toBe(code);
    expect(child.out()).toBe('');
    expect(JSON.parse(child.err().trimEnd().split('\n').at(-1) ?? '')).toMatchObject({
      code: name,
      hint: expect.stringContaining('podid '),
    });
  });

  it.each(['roleAssignments.put', 'operations.get'])(
    'finishes an apply that was interrupted at its %s by the same command, in one write of the cluster',
    async (operation) => {
      await using emulator = await startEmulator({
        seed: { settings: { operationMs: [600_000, 600_000], operationPolls: 0 } },
      });
      const file = join(folder, `interrupted-at-${operation}.json`);
      const identities = ['web', 'jobs'].map((name) => ({
        name,
        namespace: 'demo',
        identityResourceId: identityId(name),
      }));
      await writeFile(file, JSON.stringify({ apiVersion: 'podid.io/v1', kind: 'PodIdentities', identities }));
      const first = start(['apply', '-f', file], emulator);
      await asked(emulator, operation, first);
      first.process.kill('SIGINT');
      expect((await first.ended).code).toBe(130);

      emulator.seed({ settings: { operationMs: [0, 0], operationPolls: 0 } });
      emulator.clock.advance(600_000);
      const again = await finished(['apply', '-f', file], emulator);
      expect(again.code, again.err).toBe(0);
      expect(JSON.parse(again.out)).toMatchObject({
        identities: identities.map(({ name }) => ({ name, provisioningState: 'Assigned' })),
      });
      const puts = emulator.requests.filter((request) => request.operation === 'clusters.put');
      expect(puts).toHaveLength(1);
    },
  );

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'ends the emulator cleanly on %s, its private folder included',
    async (signal) => {
      const file = join(folder, `emulator-${signal}.env`);
      const child = start(['emulator', '--env-file', file, '--tls']);
      await Promise.race([once(child.process.stderr ?? child.process, 'data'), child.ended]);
      const lines = await readFile(file, 'utf8');
      expect(lines).toContain('export NODE_EXTRA_CA_CERTS=');
      const [, kubeconfig = ''] = /KUBECONFIG='?([^'\n]+)/.exec(lines) ?? [];
      expect(existsSync(kubeconfig)).toBe(true);
      child.process.kill(signal);
      expect(await child.ended).toEqual({ code: 0, signal: null });
      expect(existsSync(dirname(kubeconfig))).toBe(false);
    },
  );

  it('gets a token as a pod of an emulator with --tls, which pods ask over plain http', async () => {
    await using emulator = await startEmulator({ tls: true });
    expect((await finished(addWeb, emulator)).code).toBe(0);
    const asked = await finished(['token', '--emulated-pod', 'demo/web'], emulator);
    expect(asked.code, asked.err).toBe(0);
    expect(JSON.parse(asked.out)).toMatchObject({ tenantId: emulator.world.tenantId });
  });

  it.each([false, true])(
    'names the command that asks as such a pod, at the end of the wizard (tls: %s)',
    async (tls) => {
      await using emulator = await startEmulator({ tls });
      const [, ...where] = addWeb;
      const ended = await finished(['init', ...where, '--yes', '-o', 'table'], emulator);
      expect(ended.code, ended.err).toBe(0);
      expect(ended.out).toContain('podid token --emulated-pod demo/web');
    },
  );
});

describe('the examples of the help', () => {
  it('work in a shell, one after the other, against the emulator', async () => {
    // As in `podid cluster update`, which moves the cluster to an identity of its owner's.
    const identities = [identity('control-plane', 16)];
    await using emulator = await startEmulator({ seed: { identities } });
    // Where pods run that a doctor can look at.
    await using used = await startEmulator({ scenario: 'in-use' });
    const commands = await Promise.all(commandTree.commands.map(loadCommand));
    const lines = commands
      .flatMap(({ examples }) => examples.filter(({ needs }) => needs === undefined))
      .map(({ line }) => line)
      .filter((line) => !line.startsWith('podid emulator'));
    const order = (line: string) => stages.findIndex((stage) => line.startsWith(`podid ${stage}`));
    expect(lines.filter((line) => order(line) < 0)).toEqual([]);
    const home = await exampleHome();
    for (const line of lines.sort((one, other) => order(one) - order(other))) {
      const ran = await inShell(
        line,
        home,
        /^podid (access|doctor|migrate|takeover) /.test(line) ? used : emulator,
      );
      expect(line.includes('--exit-code') ? [0, 9] : [0], `${line}\n${ran.err}`).toContain(ran.code);
      // What people do with the file that an export leaves behind.
      if (line.endsWith('> pod-identities.yaml')) {
        await cp(join(home, 'pod-identities.yaml'), join(home, 'pod-identities', 'all.yaml'));
      }
      if (line.includes('disable')) {
        expect(await readFile(join(home, 'saved.yaml'), 'utf8')).toContain('kind:');
      }
    }
  }, 600_000);
});

/** A home directory with `podid` in its PATH and the folders that examples write into. */
async function exampleHome(): Promise<string> {
  const home = join(folder, 'examples');
  const folders = ['bin', 'pod-identities', '.zfunc', '.config/fish/completions'];
  for (const each of [...folders, '.local/share/bash-completion/completions']) {
    await mkdir(join(home, each), { recursive: true });
  }
  await symlink(podid, join(home, 'bin', 'podid'));
  return home;
}

async function inShell(line: string, home: string, emulator: Emulator) {
  const env = { ...emulator.environment, PODID_POLL_INTERVAL: '20ms', HOME: home };
  const path = [join(home, 'bin'), dirname(process.execPath), process.env['PATH']].join(delimiter);
  const child = spawn('bash', ['-c', line], {
    cwd: home,
    env: { ...env, PATH: path },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let err = '';
  child.stderr.on('data', (chunk) => {
    err += String(chunk);
  });
  const [code] = await once(child, 'close');
  return { code, err };
}

/**
 * The order in which each finds what it needs: entries are there before they are changed, and go in the end.
 */
const stages = [
  ...['init', 'add', 'token', 'list', 'show', 'wait', 'update'],
  ...['exception add', 'exception list', 'exception show', 'exception update'],
  ...[
    'status',
    'enable',
    'mirror',
    'doctor',
    'access',
    'migrate',
    'takeover',
    'cluster show',
    'cluster update',
  ],
  ...['cluster list', 'identity list', 'identity show'],
  ...['export', 'plan', 'apply', 'schema', 'from-az', 'completion', 'policy kubenet'],
  ...['node list', 'node assign', 'exception delete', 'delete', 'disable', 'node unassign'],
  ...['version', 'config'],
];
