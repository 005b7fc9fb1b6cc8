import { execFileSync } from 'node:child_process';
import { lstat, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { installBootGuard, removeBootGuard } from '../../../../src/nmi/rules/boot-guard/run-boot-guard.ts';
import type { Logger } from '../../../../src/runtime/logger.ts';

const dropIn = 'etc/systemd/system/kubelet.service.d/10-podid.conf';

const table = 'etc/podid/boot-guard.nft';

const metadataIp = '169.254.169.254';

let root = '';

let logged: { readonly facts: object; readonly msg: string }[] = [];

const note = (facts: object, msg: string) => void logged.push({ facts, msg });

const logger = { info: note, warn: note } as unknown as Logger;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'podid-host-'));
  logged = [];
});

afterEach(() => rm(root, { recursive: true }));

const install = (mayLackNft = false) => installBootGuard({ hostRoot: root, metadataIp, mayLackNft }, logger);

const text = (path: string) => readFile(join(root, path), 'utf8');

async function put(path: string, content = ''): Promise<void> {
  await mkdir(join(root, path, '..'), { recursive: true });
  await writeFile(join(root, path), content);
}

async function nodeWithNft(): Promise<void> {
  await put('usr/sbin/nft');
  await put('etc/systemd/system/kubelet.service.d/10-tlsbootstrap.conf', 'of AKS');
}

describe('the boot guard', () => {
  it('is a table and a drop-in that loads it before the kubelet', async () => {
    await nodeWithNft();
    await install();
    expect(await text(dropIn)).toMatch(
      /^\[Service\]\nExecStartPre=\/usr\/sbin\/nft -f \/etc\/podid\/boot-guard\.nft\n$/m,
    );
    expect(await text(table)).toContain('ip daddr 169.254.169.254 counter drop');
    expect((await stat(join(root, dropIn))).mode & 0o777).toBe(0o644);
    expect(logged).toMatchObject([{ facts: { written: [`/${table}`, `/${dropIn}`] } }]);
  });

  it('is written once, and again when somebody changed it', async () => {
    await nodeWithNft();
    await install();
    const before = await lstat(join(root, dropIn));
    await install();
    expect((await lstat(join(root, dropIn))).ino).toBe(before.ino);
    await put(table, 'table inet podid_boot {}');
    await install();
    expect(logged.map(({ facts }) => facts)).toMatchObject([{}, { written: [] }, { written: [`/${table}`] }]);
    expect(await readdir(join(root, 'etc/podid'))).toEqual(['boot-guard.nft']);
  });

  it('does not stand in the way of the kubelet where nobody could look for nft', async () => {
    await mkdir(join(root, 'etc/systemd/system/kubelet.service.d'), { recursive: true });
    await install();
    expect(await text(dropIn)).toContain('ExecStartPre=-nft -f ');
    expect(logged[0]?.msg).toContain('is not known');
  });

  it('does not stand in its way either where the rules are kept by iptables, for want of nftables', async () => {
    await nodeWithNft();
    await install(true);
    expect(await text(dropIn)).toContain('ExecStartPre=-nft -f ');
  });

  it.each([table, dropIn])('waits for no pipe in the place of %s', async (path) => {
    await nodeWithNft();
    await mkdir(join(root, path, '..'), { recursive: true });
    execFileSync('mkfifo', [join(root, path)]);
    await expect(install()).rejects.toMatchObject({ message: expect.stringContaining('not a regular file') });
  });

  it('is refused on a node without nft, and nothing is written', async () => {
    await put('usr/sbin/iptables');
    await expect(install()).rejects.toMatchObject({
      code: 'InvalidUsage',
      message: expect.stringContaining('no nft'),
    });
    expect(await readdir(root)).toEqual(['usr']);
  });

  it.each([
    ['the folder of drop-ins', 'etc/systemd/system/kubelet.service.d'],
    ['the drop-in', dropIn],
    ['the folder of the table', 'etc/podid'],
    ['the table', table],
    ['etc', 'etc'],
  ])('follows no link: %s', async (_what, path) => {
    const elsewhere = await mkdtemp(join(tmpdir(), 'podid-elsewhere-'));
    await put('usr/sbin/nft');
    await mkdir(join(root, path, '..'), { recursive: true });
    await symlink(elsewhere, join(root, path));
    await expect(install()).rejects.toMatchObject({ message: expect.stringContaining('symbolic link') });
    await rm(join(root, path));
    await symlink('/nowhere', join(root, path));
    await expect(install()).rejects.toMatchObject({ message: expect.stringContaining('symbolic link') });
    expect(await readdir(elsewhere)).toEqual([]);
    // What lies behind a link was never ours, and a node of that kind must not keep an uninstall from ending.
    await removeBootGuard(root, async () => ({ code: 0, stdout: '', stderr: '' }), logger);
    expect(logged.at(-1)?.facts).toEqual({ removed: [] });
    await rm(elsewhere, { recursive: true });
  });

  it("goes, with the folder that was its own, and leaves the others' drop-ins", async () => {
    await nodeWithNft();
    await install();
    const ran: string[] = [];
    const run = async (tool: string, args: readonly string[], input: { readonly stdin?: string } = {}) => {
      ran.push([tool, ...args, input.stdin].join(' '));
      return { code: 0, stdout: '', stderr: '' };
    };
    await removeBootGuard(root, run, logger);
    expect(await readdir(join(root, 'etc'))).toEqual(['systemd']);
    expect(await readdir(join(root, 'etc/systemd/system/kubelet.service.d'))).toEqual([
      '10-tlsbootstrap.conf',
    ]);
    expect(ran).toEqual(['nft -f - table inet podid_boot\ndelete table inet podid_boot\n']);
    await removeBootGuard(root, run, logger);
    expect(logged.at(-1)?.facts).toEqual({ removed: [] });
  });

  it('goes from the disk even where its table may not be touched, and says so', async () => {
    await nodeWithNft();
    await install();
    const run = async () => ({ code: 1, stdout: '', stderr: 'Operation not permitted' });
    await removeBootGuard(root, run, logger);
    expect(await readdir(join(root, 'etc'))).toEqual(['systemd']);
    expect(logged.map(({ msg }) => msg)).toContainEqual(expect.stringContaining('rules --remove'));
  });
});
