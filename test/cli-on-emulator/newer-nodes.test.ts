import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commandTree } from '../../src/cli/run/command-tree.ts';
import { type Emulator, startEmulator } from '../../src/emulator/start-emulator.ts';
import { root } from '../architecture/source-files.ts';
import { identityId } from './emulated-podid.ts';

const run = promisify(execFile);
const bin = (name: string) => join(root, 'bin', `${name}.js`);

/** `PODID_NODE_22` and `PODID_NODE_24` name the programs; `.ci/run` gets them from npm. */
const nodes = [
  { node: process.execPath, major: Number(process.versions.node.split('.')[0]) },
  { node: process.env['PODID_NODE_22'] ?? '', major: 22 },
  { node: process.env['PODID_NODE_24'] ?? '', major: 24 },
].filter(({ node }) => node !== '');

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'podid-nodes-'));
  const entry = `{name: kept, namespace: demo, identityResourceId: ${identityId('jobs')}}`;
  await writeFile(
    join(folder, 'ids.yaml'),
    `apiVersion: podid.io/v1\nkind: PodIdentities\nidentities: [${entry}]\n`,
  );
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** In this order on one cluster: of each command at the top of the tree one line. */
const lines = [
  'version',
  'schema',
  'completion bash',
  'config list',
  'from-az az.aks.show',
  'status',
  `add --namespace demo --name web --identity-resource-id ${identityId('web')}`,
  'update --namespace demo --name web --binding-selector web2',
  'list',
  'show --namespace demo --name web',
  'wait --for idle',
  'exception add --namespace demo --name legacy --pod-labels app=legacy',
  'plan -f ids.yaml',
  'apply -f ids.yaml',
  'export',
  'mirror --dry-run',
  'cluster show',
  'identity list',
  'node list',
  'nmi status',
  'exchange status',
  'migrate plan',
  'takeover plan',
  'policy kubenet',
  'doctor',
  'access',
  'token --emulated-pod demo/web2',
  'delete --namespace demo --name web',
  'disable --yes',
  'enable',
];

/** Of a wizard, which wants a terminal, and of what runs until it is stopped. */
const elsewhere = ['init', 'emulator'];

it('every command but those for a terminal is among the lines', () => {
  const typed = new Set(lines.map((line) => line.split(' ')[0]));
  const first = new Set(commandTree.commands.map(({ words }) => words[0] ?? ''));
  expect([...first].filter((word) => !typed.has(word)).sort()).toEqual([...elsewhere].sort());
});

function environmentOf(emulator: Emulator, flag: string): NodeJS.ProcessEnv {
  return {
    PATH: process.env['PATH'],
    HOME: folder,
    XDG_CONFIG_HOME: folder,
    PODID_POLL_INTERVAL: '20ms',
    // The agent of `token --emulated-pod` inherits it.
    NODE_OPTIONS: flag,
    ...emulator.environment,
  };
}

describe.each(nodes)('on Node $major', ({ node, major }) => {
  it.each(['--throw-deprecation', '--trace-deprecation'])(
    'no command has a word of Node on stderr, with %s',
    async (flag) => {
      await using emulator = await startEmulator({ scenario: 'in-use' });
      const env = environmentOf(emulator, flag);
      expect((await run(node, ['--version'], { env })).stdout).toMatch(new RegExp(`^v${major}\\.`));
      for (const line of lines) {
        const words = line.split(' ').map((word) => word.replaceAll('az.aks.', 'az aks '));
        const options = { env, cwd: folder };
        const ran = await run(node, [bin('podid'), ...words, '--only-show-errors'], options).catch(
          (error: { readonly stdout: string; readonly stderr: string }) => error,
        );
        expect(`${line}: ${ran.stderr}`).toBe(`${line}: `);
        expect(ran.stdout, line).not.toBe('');
      }
    },
  );

  it.runIf(process.platform === 'linux')('goes on where the home folder takes no folder', async () => {
    const env = { PATH: process.env['PATH'], HOME: '/proc/nope' };
    const ran = await run(node, [bin('podid'), '--version'], { env, timeout: 60_000 });
    expect(ran.stdout).toMatch(/^\d/);
  });

  it.each([
    ['podid-nmi', ['serve', '--node=node-1', '--forceNamespaced', '--redirected-by-others', '--nmi-port=0']],
    ['podid-mic', ['--probe-address=127.0.0.1', '--metrics-address=127.0.0.1']],
  ])('%s logs lines of JSON and nothing of Node', async (program, words) => {
    await using emulator = await startEmulator({ scenario: 'standard-mode' });
    const ports = ['--http-probe-port=0', '--prometheus-port=0'];
    const env = {
      ...environmentOf(emulator, '--throw-deprecation'),
      MIC_POD_NAMESPACE: 'kube-system',
    };
    const child = spawn(node, [bin(program), ...words, ...ports], {
      env,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let text = '';
    for await (const chunk of child.stderr.setEncoding('utf8')) {
      text += chunk;
      // A second signal would end it at once.
      if (!child.killed && /"what":"pods"|"msg":"leading"/.test(text)) {
        child.kill('SIGTERM');
      }
    }
    const [code] = child.exitCode === null ? await once(child, 'exit') : [child.exitCode];
    expect(code, text).toBe(0);
    for (const line of text.trimEnd().split('\n')) {
      expect(() => JSON.parse(line), line).not.toThrow();
    }
  });
});
