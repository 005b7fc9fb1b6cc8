import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as passing } from 'node:timers/promises';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startImds } from '../../src/emulator/imds/start-imds.ts';
import { startKube } from '../../src/emulator/kube/start-kube.ts';
import { encryptedKey, pkcs12WithHiddenRounds, rounds } from '../nmi/tokens/der-in-test.ts';
import {
  azureIdentity,
  binding,
  identityOf,
  kubeconfigFor,
  pod,
  seedShop,
  send,
  tokenTarget,
  until,
} from './agent-world.ts';

let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'podid-nmi-process-'));
  const banner =
    "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url); const __bundleDir = import.meta.dirname;";
  await build({
    entryPoints: { main: 'src/nmi/main.ts' },
    outdir: folder,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    splitting: true,
    outExtension: { '.js': '.mjs' },
    banner: { js: banner },
    define: { __dirname: '__bundleDir', PODID_VERSION: '"1.2.3"' },
    logLevel: 'error',
  });
  await writeFile(
    join(folder, 'run.mjs'),
    "import { main } from './main.mjs';\nawait main(process.argv.slice(2));\n",
  );
});

afterAll(() => rm(folder, { recursive: true, force: true }));

interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<{ code: number | null; signal: string | null }>;
  output(): string;
  errors(): string;
}

function start(argv: readonly string[]): Started {
  const child = spawn(process.execPath, [join(folder, 'run.mjs'), ...argv], {
    env: { PATH: process.env['PATH'] },
  });
  let output = '';
  let errors = '';
  child.stdout?.on('data', (chunk) => {
    output += chunk;
  });
  child.stderr?.on('data', (chunk) => {
    errors += chunk;
  });
  const ended = once(child, 'close').then(([code, signal]) => ({ code, signal }));
  return { child, ended, output: () => output, errors: () => errors };
}

async function startServing(kube: string, imdsPort: number): Promise<Started> {
  const kubeconfig = join(folder, 'kubeconfig');
  await writeFile(kubeconfig, kubeconfigFor(kube));
  return start([
    'serve',
    '--node=node-1',
    '--operation-mode=managed',
    '--forceNamespaced',
    '--nmi-port=0',
    '--http-probe-port=0',
    '--prometheus-port=0',
    '--metadata-ip=127.0.0.1',
    `--metadata-port=${imdsPort}`,
    `--kubeconfig=${kubeconfig}`,
    '--allow-loopback-pods',
    '--redirected-by-others',
  ]);
}

function portOf(agent: Started): Promise<number> {
  return until(() => {
    const line = agent
      .errors()
      .split('\n')
      .find((text) => text.includes('"what":"pods"'));
    return line === undefined ? undefined : Number(JSON.parse(line).port);
  });
}

describe('podid-nmi as a process', () => {
  it('prints its version and its flags', async () => {
    const version = start(['--version']);
    expect(await version.ended).toEqual({ code: 0, signal: null });
    expect(version.output()).toBe('podid-nmi 1.2.3\n');
    const help = start(['--help']);
    await help.ended;
    expect(help.output()).toContain('--forceNamespaced');
  });

  it('ends with 2 and a hint for flags that are wrong', async () => {
    const wrong = start(['serve', '--nmi-prot=1']);
    expect((await wrong.ended).code).toBe(2);
    expect(wrong.errors()).toBe(
      'podid-nmi: The flag --nmi-prot is unknown. Did you mean --nmi-port?\nhint: podid-nmi --help\n',
    );
  });

  it('ends with 2 when it knows no API server', async () => {
    const lost = start(['serve', '--node=n']);
    expect((await lost.ended).code).toBe(2);
    expect(lost.errors()).toContain(
      'podid-nmi: KUBERNETES_SERVICE_HOST is not set.\nhint: Kubernetes sets KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT in every pod. Elsewhere pass --kubeconfig.\n',
    );
  });

  it('has no pods on loopback for an API server that is on another machine', async () => {
    const kubeconfig = join(folder, 'elsewhere');
    await writeFile(kubeconfig, kubeconfigFor('https://192.0.2.1'));
    const flags = ['--node=n', '--forceNamespaced', '--redirected-by-others', `--kubeconfig=${kubeconfig}`];
    const refused = start(['serve', ...flags, '--allow-loopback-pods']);
    expect((await refused.ended).code).toBe(2);
    expect(refused.errors()).toContain(
      'podid-nmi: --allow-loopback-pods is for demonstrations, whose API server is on loopback; this one is https://192.0.2.1.\n',
    );
  });

  it.each(['SIGTERM', 'SIGHUP'] as const)(
    'serves, and ends with 0 after %s, without a word of any token',
    async (signal) => {
      const kube = await startKube({ namespaces: ['shop'] });
      const imds = await startImds({ identities: [identityOf('web')] });
      seedShop(kube);
      const agent = await startServing(kube.url, imds.port);
      try {
        const port = await portOf(agent);
        const answer = await send({
          port,
          path: tokenTarget,
          localAddress: '127.0.0.7',
          headers: { Metadata: 'true' },
        });
        expect(answer.status).toBe(200);
        agent.child.kill(signal);
        expect(await agent.ended).toEqual({ code: 0, signal: null });
        expect(agent.errors()).not.toContain(String(answer.json['access_token']).slice(0, 20));
        expect(agent.errors()).toContain('ended; the redirect rules stay');
      } finally {
        agent.child.kill('SIGKILL');
        await Promise.all([kube.stop(), imds.stop()]);
      }
    },
  );

  it.each([
    [
      'seen before it is opened',
      encryptedKey(rounds(2 ** 31 - 1)),
      /Secret other\/app asks for 2147483647 rounds/,
    ],
    [
      'hidden in an encrypted part',
      pkcs12WithHiddenRounds('hunter2', 2 ** 31 - 1),
      /Secret other\/app was not open after 6 seconds/,
    ],
  ])(
    "answers a neighbour while a certificate's rounds, %s, are refused",
    async (_where, certificate, reason) => {
      const kube = await startKube({ namespaces: ['shop', 'other'] });
      const imds = await startImds({ identities: [identityOf('web')] });
      seedShop(kube);
      kube.store.seed(
        azureIdentity(
          'app',
          { type: 2, tenantID: 't', clientID: 'c', clientPassword: { name: 'app' }, resourceID: '' },
          'other',
        ),
      );
      kube.store.seed(binding('app', 'app', 'other'));
      const labels = { aadpodidbinding: 'app' };
      kube.store.seed(pod({ name: 'app', namespace: 'other', ip: '127.0.0.30', labels }));
      const data = {
        certificate: Buffer.from(certificate).toString('base64'),
        password: Buffer.from('hunter2').toString('base64'),
      };
      kube.store.seed({
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: 'app', namespace: 'other' },
        data,
      });
      const agent = await startServing(kube.url, imds.port);
      try {
        const port = await portOf(agent);
        const ask = (localAddress: string) =>
          send({ port, path: tokenTarget, localAddress, headers: { Metadata: 'true' } });
        expect((await ask('127.0.0.7')).status).toBe(200);
        const refused = { yes: false };
        const judged = async (): ReturnType<typeof ask> => {
          const answer = await ask('127.0.0.30');
          // A machine that gave it too little time to be judged.
          return answer.status === 503 ? judged() : answer;
        };
        const costly = judged().finally(() => {
          refused.yes = true;
        });
        let answered = 0;
        do {
          expect((await ask('127.0.0.7')).status).toBe(200);
          answered += 1;
          // The certificate's process has what others leave: without a pause two processors are all used up by this loop.
          await passing(20);
        } while (!refused.yes);
        const { status, json } = await costly;
        expect([status, json['error_description']]).toEqual([403, expect.stringMatching(reason)]);
        // In the seconds that the certificate takes, an agent that it held up would answer two at most, and a busy
        // machine still dozens; where it was refused at once, at least one.
        expect(answered).toBeGreaterThanOrEqual(typeof certificate === 'string' ? 1 : 10);
      } finally {
        agent.child.kill('SIGKILL');
        await Promise.all([kube.stop(), imds.stop()]);
      }
    },
    600_000,
  );
});
