import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { checkKubeconfig } from '../../../src/k8s/connect-cluster.ts';
import type { ChosenContext } from '../../../src/k8s/kubeconfig/choose-context.ts';
import { readContext, readKubeconfig } from '../../../src/k8s/kubeconfig/read-kubeconfig.ts';
import { hintText } from '../../hint-text.ts';
import { kubeconfigCases, writeCase } from './kubeconfig-cases.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'podid-kubeconfig-'));
});
afterEach(() => rm(folder, { recursive: true }));

interface Shape {
  readonly user?: object;
  readonly cluster?: object;
  readonly current?: string;
  readonly name?: string;
}

async function write(
  file: string,
  { user = { token: 't' }, cluster = {}, current = 'x', name = 'x' }: Shape = {},
) {
  const path = join(folder, file);
  const text = stringify({
    clusters: [{ name, cluster: { server: `https://${name}.example`, ...cluster } }],
    users: [{ name, user }],
    contexts: [{ name, context: { cluster: name, user: name } }],
    'current-context': current,
  });
  await writeFile(path, text);
  return path;
}

describe('reading a kubeconfig', () => {
  it('takes the current context, or the one asked for', async () => {
    const path = [await write('a'), await write('b', { name: 'yy', current: 'yy' })].join(delimiter);
    expect((await readKubeconfig(path, undefined)).cluster.server).toBe('https://x.example');
    expect((await readKubeconfig(path, 'yy')).cluster.server).toBe('https://yy.example');
  });

  it('passes over files of a list that are not there, and no others', async () => {
    const here = await write('a');
    expect((await readKubeconfig([join(folder, 'none'), here].join(delimiter), undefined)).name).toBe('x');
    await expect(readKubeconfig([folder, here].join(delimiter), undefined)).rejects.toThrow(
      'is not a regular file',
    );
  });

  it('lists the contexts it knows when the one asked for is none of them', async () => {
    await expect(checkKubeconfig(await write('a'), 'nope')).rejects.toMatchObject({
      code: 'InvalidKubeconfig',
      exitCode: 2,
      message: expect.stringContaining('has no context "nope"'),
      hint: hintText('Give --context one of: x'),
    });
  });

  it.each([
    ['no current context', { current: '' }, 'names no current context'],
    ['a current context that is not there', { current: 'gone' }, 'has no context "gone"'],
  ])('refuses %s', async (_what, shape, message) => {
    await expect(checkKubeconfig(await write('a', shape), undefined)).rejects.toThrow(message);
  });

  it('finds files beside the kubeconfig, whatever the current folder', async () => {
    await mkdir(join(folder, 'keys'));
    await writeFile(join(folder, 'keys/token'), ' from-a-file\n');
    const chosen = await readKubeconfig(await write('a', { user: { tokenFile: 'keys/token' } }), undefined);
    expect(chosen.user).toEqual({ name: 'x', token: 'from-a-file' });
  });

  it('takes a relative plugin from the folder of the kubeconfig, and a bare name from the PATH', async () => {
    const apiVersion = 'client.authentication.k8s.io/v1beta1';
    const plugin = async (command: string) =>
      (await readKubeconfig(await write('a', { user: { exec: { apiVersion, command } } }), undefined)).user
        .plugin?.command;
    expect(await plugin('./bin/login')).toBe(join(folder, 'bin/login'));
    expect(await plugin('kubelogin')).toBe('kubelogin');
  });

  it.each([
    [
      'a missing token file',
      { user: { tokenFile: 'none' } },
      'The token file of user x cannot be read: there is no such file or folder',
    ],
    [
      'a missing authority',
      { cluster: { 'certificate-authority': 'none' } },
      'authority of cluster x cannot be read',
    ],
    [
      'a certificate that is none',
      { user: { 'client-certificate-data': 'c2VjcmV0', 'client-key-data': 'c2VjcmV0' } },
      'holds a certificate or key that cannot be used',
    ],
  ])('refuses %s before any request', async (_what, shape, message) => {
    await expect(checkKubeconfig(await write('a', shape), undefined)).rejects.toThrow(message);
  });

  it('refuses what is missing, a folder or a device, and does not hang', async () => {
    await expect(checkKubeconfig(join(folder, 'none'), undefined)).rejects.toThrow(
      'cannot be read: there is no such file or folder',
    );
    await expect(checkKubeconfig(folder, undefined)).rejects.toThrow('is not a regular file');
    await symlink('/dev/zero', join(folder, 'zero'));
    await expect(checkKubeconfig(join(folder, 'zero'), undefined)).rejects.toThrow('is not a regular file');
  });
});

describe('reading a kubeconfig as kubectl does', () => {
  it.each(kubeconfigCases)('$what', async (each) => {
    const path = await writeCase(each, folder);
    const read = readKubeconfig(path, each.context);
    if (each.podid instanceof RegExp) {
      await expect(read).rejects.toMatchObject({
        code: 'InvalidKubeconfig',
        message: expect.stringMatching(each.podid),
      });
    } else {
      await read;
      expect(shortOf(await readContext(path, each.context))).toEqual(each.podid);
    }
  });
});

function shortOf({ cluster, user: { token, tokenFile, username, plugin } }: ChosenContext) {
  const members = { token, tokenFile: tokenFile && basename(tokenFile), username, command: plugin?.command };
  const given = Object.entries(members).filter(([, value]) => value !== undefined);
  return { server: cluster.server, user: Object.fromEntries(given) };
}
