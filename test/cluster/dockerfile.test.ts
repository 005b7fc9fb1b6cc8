import { execFile } from 'node:child_process';
import { chmod, copyFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Emulator, startEmulator } from '../../src/emulator/start-emulator.ts';
import { read } from '../deploy/renders.ts';
import { measured } from './measured.ts';

const execute = promisify(execFile);
const scripts = join(import.meta.dirname, 'one-node');
const roomy = { maxBuffer: 50_000_000 };

/** The Dockerfile itself, every step of it, on bases of the names and versions that it pins. */
describe('the image that deploy/Dockerfile makes', () => {
  const kubeconfig = '/tmp/kubeconfig';
  let folder = '';
  let container = '';
  let root = '';
  let emulator: Emulator;
  beforeAll(async () => {
    const begunMs = Date.now();
    folder = await mkdtemp(join(tmpdir(), 'podid-dockerfile-'));
    const built = await execute(join(scripts, 'build-image.sh'), [folder], roomy);
    container = built.stdout.trim().split('\n').at(-1) ?? '';
    measured('deploy/Dockerfile, built by buildah', `${Math.round((Date.now() - begunMs) / 1000)} s`);
    emulator = await startEmulator({});
    // Which is for its owner alone, and podid in the image is another user.
    root = (await buildah('mount', container)).trim();
    await copyFile(emulator.environment['KUBECONFIG'] ?? '', join(root, kubeconfig));
    await chmod(join(root, kubeconfig), 0o644);
  });
  afterAll(async () => {
    await emulator?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const buildah = async (...args: readonly string[]) =>
    (await execute(join(scripts, 'buildah.sh'), [folder, ...args], roomy)).stdout;
  /** As the image's own user, in its root file system, on this machine's network. */
  const inside = (...words: readonly string[]) => {
    const environment = { ...emulator.environment, KUBECONFIG: kubeconfig };
    const env = Object.entries(environment).flatMap(([name, value]) => ['--env', `${name}=${value}`]);
    return buildah('run', '--isolation', 'chroot', ...env, container, '--', ...words);
  };
  const podid = (line: string) => inside('podid', ...line.split(' '));

  it('runs every program, on the Node that is pinned, with what that Node compiled', async () => {
    const { version } = JSON.parse(read('package.json'));
    expect(await podid('--version')).toBe(`${version}\n`);
    expect(await podid('nmi --help')).toContain('Usage: podid nmi');
    expect(await inside('podid-nmi', '--help')).toContain('Usage: podid-nmi');
    expect(await inside('podid-mic', '--version')).toContain(version);
    const ask =
      "console.log(['podid-nmi', 'podid-mic'].map(require('/opt/podid/bin/load-daemon.js').isCompiled).join())";
    expect(await inside('node', '-e', ask)).toBe('true,true\n');
    const pinned = /^ARG NODE_VERSION=(.+)$/m.exec(read('deploy/Dockerfile'))?.[1];
    expect(await inside('node', '--version')).toBe(`v${pinned}\n`);
  });

  it('changes and lists a cluster, and gets a token', async () => {
    const id =
      '/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/demo-rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/web';
    await podid(`add -g demo-rg -c demo --namespace demo --name web --identity-resource-id ${id}`);
    expect(JSON.parse(await podid('list -g demo-rg -c demo -o json'))).toMatchObject([{ name: 'web' }]);
    expect(JSON.parse(await podid('token --emulated-pod demo/web -o json'))).toMatchObject({
      expiresInSec: expect.any(Number),
      identityResourceId: expect.stringMatching(/\/web$/),
    });
  });

  it('has the tools that write and read rules, and nothing that raises rights', async () => {
    const tools = ['nft', 'iptables-nft', 'iptables-legacy', 'ip', 'conntrack'];
    // By a file: buildah can lose what a command prints that ends at once.
    await inside('sh', '-c', `for tool in ${tools.join(' ')}; do command -v $tool; done > /tmp/tools`);
    const found = await readFile(join(root, 'tmp/tools'), 'utf8');
    expect(
      found
        .trim()
        .split('\n')
        .map((path) => basename(path)),
    ).toEqual(tools);
    const everywhere = ['--user', '0', container, '--', 'find', '/', '-xdev', '-type', 'f'];
    expect(await buildah('run', '--isolation', 'chroot', ...everywhere, '-perm', '/6000')).toBe('');
    expect((await inside('id', '-u')).trim()).toBe('10001');
  });

  it('says whose code is in it', async () => {
    const notices = await inside('cat', '/opt/podid/dist/THIRD_PARTY_NOTICES.txt');
    expect(notices).toContain('@azure/msal-node');
    const bundle = JSON.parse(await inside('cat', '/opt/podid/dist/podid.cdx.json'));
    expect(bundle.bomFormat).toBe('CycloneDX');
    const { components } = JSON.parse(await inside('cat', '/opt/podid/image.cdx.json'));
    const names = components.map(({ name }: { name: string }) => name);
    expect(names).toEqual(expect.arrayContaining(['debian', 'node', 'nftables', 'iptables', 'libc6']));
    expect(await inside('cat', '/usr/share/doc/node/copyright')).toContain('Node.js is licensed for use');
    expect(await inside('cat', '/usr/share/doc/nftables/copyright')).toContain('GPL');
  });

  it('bears the labels that registries read', async () => {
    const { OCIv1 } = JSON.parse(await buildah('inspect', '--type', 'image', 'localhost/podid:test'));
    const debian = /^ARG DEBIAN_VERSION=(.+)$/m.exec(read('deploy/Dockerfile'))?.[1];
    expect(OCIv1.config.Labels).toMatchObject({
      'org.opencontainers.image.title': 'podid',
      'org.opencontainers.image.version': 'test',
      'org.opencontainers.image.base.name': `debian:${debian}-slim`,
    });
    expect(OCIv1.config.User).toBe('10001:10001');
  });
});
