import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { access, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve, sep } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { root } from '../architecture/source-files.ts';

const run = promisify(execFile);

let folder = '';
let tarball = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'podid-pack-'));
  // Packed as it was built: building again would take the bundle away from tests that run beside this one.
  await run('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', folder], { cwd: root });
  const [name = ''] = await readdir(folder);
  tarball = join(folder, name);
  await run('tar', ['-xzf', tarball], { cwd: folder });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('the packed tarball', () => {
  it('runs podid --help in an empty folder, with no package beside it', async () => {
    await expect(access(join(folder, 'node_modules'))).rejects.toThrow('ENOENT');
    const { stdout, stderr } = await run(process.execPath, [join(folder, 'package/bin/podid.js'), '--help'], {
      cwd: folder,
      env: {},
    });
    expect(stderr).toBe('');
    expect(stdout).toContain('podid: pod-managed identity for AKS');
  });

  it('says of which commit it is, and of what time', async () => {
    const argv = [join(folder, 'package/bin/podid.js'), 'version', '-o', 'json'];
    const { stdout } = await run(process.execPath, argv, { cwd: folder, env: {} });
    expect(JSON.parse(stdout)).toMatchObject({
      commit: expect.stringMatching(/^([0-9a-f]{12}|unknown)$/),
      builtAt: expect.stringMatching(/^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ|unknown)$/),
      node: process.version,
    });
  });

  it('reaches its adapters, too', async () => {
    const env = {
      PODID_ARM_ENDPOINT: 'http://127.0.0.1:9',
      PODID_ARM_TOKEN: 'x',
      AZURE_SUBSCRIPTION_ID: '00000000-0000-4000-8000-000000000001',
      HOME: folder,
    };
    const argv = [join(folder, 'package/bin/podid.js'), ...'list -g a -c b -o json'.split(' ')];
    const failed = await run(process.execPath, argv, { cwd: folder, env }).catch((error) => error);
    expect(failed.code).toBe(7);
    expect(failed.stderr).toContain('"code":"Unavailable"');
  });

  it('has a bundle of podid of 3.45 MB at most; scripts/build.mjs leaves out what packages bring for nothing', async () => {
    const chunks = (await readdir(join(folder, 'package/dist/chunks'))).filter((name) =>
      name.endsWith('.js'),
    );
    const files = ['podid.js', ...chunks.map((name) => `chunks/${name}`)];
    const sizes = await Promise.all(files.map((name) => stat(join(folder, 'package/dist', name))));
    // 3.2 until podid takeover, podid access, podid nmi collect and podid nmi top came, 3.4 until podid migrate looked behind
    // each label: code of podid's own, and no package.
    expect(sizes.reduce((sum, { size }) => sum + size, 0)).toBeLessThanOrEqual(3_450_000);
  });

  it('tells whose code it holds, with the text of each licence, and where the source is that is owed', async () => {
    const dist = join(folder, 'package/dist');
    const notices = await readFile(join(dist, 'THIRD_PARTY_NOTICES.txt'), 'utf8');
    const bom = JSON.parse(await readFile(join(dist, 'podid.cdx.json'), 'utf8'));
    const parts: { group?: string; name: string; version: string }[] = bom.components;
    const named = parts.map(({ group, name, version }) => `${group ? `${group}/` : ''}${name} ${version}`);
    // Of the command line, of podid-nmi, and of both daemons.
    for (const name of ['@azure/arm-containerservice', 'node-forge', 'prom-client']) {
      expect(named.filter((each) => each.startsWith(`${name} `))).toHaveLength(1);
    }
    expect(named.length).toBeGreaterThan(100);
    expect([...notices.matchAll(/^-{80}\n\n(.+)\nLicense: /gm)].map(([, name]) => name).toSorted()).toEqual(
      named.toSorted(),
    );
    expect(notices).toMatch(
      /^@jmespath-community\/jmespath (\S+)\nLicense: MPL-2\.0\n.*\n.*npm pack \S+@\1"/m,
    );
    expect(bom.metadata.component).toMatchObject({
      name: 'podid',
      purl: expect.stringContaining('pkg:npm/podid@'),
    });
  });

  it('holds what its documents link to, and each link stays inside', async () => {
    const inside = join(folder, 'package');
    const names = (await readdir(inside, { recursive: true })).filter((name) => name.endsWith('.md'));
    expect(names).toEqual(expect.arrayContaining(['README.md', join('docs', 'ci.md')]));
    const links = await Promise.all(
      names.map(async (name) => {
        // Without code, in which brackets mean something else.
        const text = (await readFile(join(inside, name), 'utf8')).replace(
          /^```[\s\S]*?^```$|`[^`\n]*`/gm,
          '',
        );
        const inText = [...text.matchAll(/\]\(([^)\s]+)\)|\b(?:src|href)="([^"]+)"/g)];
        return inText
          .map(([, link = '', attribute = link]) => attribute)
          .filter((link) => !/^(?:[a-z]+:|#)/i.test(link))
          .map((link) => ({ name, link, path: resolve(inside, dirname(name), link.replace(/#.*$/, '')) }));
      }),
    );
    const found = links.flat();
    expect(found.length).toBeGreaterThan(100);
    const broken = found.filter(
      ({ path }) => !`${path}${sep}`.startsWith(`${inside}${sep}`) || !existsSync(path),
    );
    expect(broken).toEqual([]);
  });

  it('works once npm has installed it in a project, with no connection', async () => {
    const project = join(folder, 'project');
    await mkdir(project);
    await writeFile(join(project, 'package.json'), '{"private": true}');
    await run('npm', ['install', '--offline', '--no-audit', '--no-fund', '--silent', tarball], {
      cwd: project,
    });
    const { name } = JSON.parse(await readFile(join(folder, 'package/package.json'), 'utf8'));
    expect(await readdir(join(project, 'node_modules'))).toEqual([
      '.bin',
      '.package-lock.json',
      name.split('/')[0],
    ]);
    const commands = await readdir(join(project, 'node_modules/.bin'));
    expect(commands).toEqual(
      expect.arrayContaining(['kubectl-podid', 'kubectl_complete-podid', 'podid', 'podid-mic', 'podid-nmi']),
    );
    const tried = await run(
      process.execPath,
      [join(root, 'scripts/try-podid.mjs'), 'npx', '--no-install', '--offline', 'podid'],
      { cwd: project },
    );
    expect(tried.stdout).toBe(
      ['--version', 'nmi --help', 'list', 'token'].map((what) => `${what}: as it should be\n`).join(''),
    );
  });

  it('holds bin, dist and docs, and no source or test', async () => {
    const names = await readdir(join(folder, 'package'));
    expect(names).toEqual(
      expect.arrayContaining(['LICENSE', 'README.md', 'bin', 'dist', 'docs', 'package.json']),
    );
    expect(names).not.toContain('src');
    expect(names).not.toContain('test');
    expect(names).not.toContain('site');
    const docs = await readdir(join(folder, 'package/docs'), { recursive: true });
    expect(docs.filter((name) => /\.(?!md$|svg$|json$|html$)\w+$/.test(name))).toEqual([]);
  });
});
