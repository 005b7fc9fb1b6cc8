import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { namesFile } from '../../../src/cli/completion/names-cache.ts';
import { sourceFiles } from '../../architecture/source-files.ts';
import { run } from '../fake-context.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'podid-names-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function completed(...words: string[]): Promise<string[]> {
  const ran = await run(['__complete', 'fish', ...words]);
  expect(ran).toMatchObject({ exitCode: 0, stderr: '', requests: [] });
  return ran.stdout
    .split('\n')
    .slice(0, -1)
    .map((line) => line.split('\t')[0] ?? '');
}

describe('completion', () => {
  it.each([
    [['exc'], ['exception', 'exchange']],
    [
      ['exception', ''],
      ['add', 'update', 'delete', 'list', 'show'],
    ],
    [
      ['cluster', ''],
      ['list', 'show', 'update'],
    ],
    [
      ['add', '--na'],
      ['--namespace', '--name'],
    ],
    [['add', '--namespace', 'x', '--na'], ['--name']],
    [
      ['list', '--output', 't'],
      ['table', 'tsv'],
    ],
    [
      ['list', '-o', 'y'],
      ['yaml', 'yamlc'],
    ],
    [
      ['list', '--output=j'],
      ['--output=json', '--output=jsonc'],
    ],
    [['-o', 'json', 'exce'], ['exception']],
    [
      ['wait', '--for', ''],
      ['assigned', 'deleted', 'idle'],
    ],
    [['exception', 'add', '--pod-labels', 'a=b', ''], []],
    [['completion', 'p'], ['powershell']],
    [['disable', '--export', ''], [':file']],
    [['disable', '--no-such', ''], expect.arrayContaining(['--export'])],
    [['nonsense', ''], expect.arrayContaining(['add'])],
  ])('of %j is %j', async (words, expected) => {
    expect(await completed(...words)).toEqual(expected);
  });

  it.each([
    [
      ['cluster', 'l'],
      ['list\tlist the AKS clusters of a subscription', ':4'],
    ],
    [['nothing', 'like', 'it'], [':4']],
    [['disable', '--export', ''], [':0']],
  ])('answers kubectl of %j: %j', async (words, expected) => {
    const ran = await run(['__complete', 'kubectl', ...words]);
    expect(ran.stdout.trimEnd().split('\n')).toEqual(expected);
  });

  it('gives each flag its summary', async () => {
    const ran = await run(['__complete', 'zsh', 'add', '--namesp']);
    expect(ran.stdout).toBe('--namespace\tthe namespace of the pods\n');
  });

  it('gives bash what comes after the equals sign, which ends a word there', async () => {
    const ran = await run(['__complete', 'bash', 'list', '--output', '=', 'ta']);
    expect(ran.stdout).toBe('table\n');
  });

  it('takes an empty word from PowerShell, which cannot hand one over', async () => {
    const ran = await run(['__complete', 'powershell', 'wait', '--for', '""']);
    expect(ran.stdout).toBe('assigned\ndeleted\nidle\n');
  });

  it('knows no words of its own in help', async () => {
    expect((await run('--help')).stdout).not.toContain('__');
  });

  it.each(['bash', 'zsh', 'fish', 'powershell'])('has a script for %s', async (shell) => {
    const ran = await run(['completion', shell]);
    expect(ran.exitCode).toBe(0);
    expect(ran.stdout).toContain(`__complete ${shell}`);
  });

  it.each([[[]], [['tcsh']]])('refuses shells %j', async (words) => {
    expect(await run(['completion', ...words])).toMatchObject({ exitCode: 2, stdout: '' });
  });
});

describe('live names', () => {
  const account = () => ({ env: env(), subscription: 'sub', user: 'me' });
  const env = () => ({ XDG_CACHE_HOME: folder, AZURE_SUBSCRIPTION_ID: 'sub' });
  const ask = async (words: readonly string[], nowMs: number) => {
    const started: (readonly string[])[] = [];
    const ran = await run(['__complete', 'fish', ...words], {
      env: env(),
      context: {
        clock: { now: () => nowMs, monotonic: () => nowMs, random: () => 0, sleep: async () => undefined },
        azDefaults: async () => ({ user: 'me' }),
        startDetached: async (argv) => {
          started.push(argv);
        },
      },
    });
    expect(ran).toMatchObject({ exitCode: 0, stderr: '', requests: [] });
    return { names: ran.stdout.split('\n').slice(0, -1), started };
  };

  it('come from the cache, and are refreshed by one process when they are stale', async () => {
    const words = ['list', '-g', 'rg', '-c', 'demo', '--namespace', ''];
    expect(await ask(words, 1e12)).toEqual({
      names: [],
      started: [['__refresh-names', 'sub', 'rg', 'demo']],
    });
    expect(await ask(words, 1e12 + 1000)).toEqual({ names: [], started: [] });
    const file = namesFile(account(), 'rg/demo');
    await file?.write(1e12 + 2000, {
      namespaces: ['demo', 'shop', '$(touch x)', '-x'],
      identities: [
        { namespace: 'demo', name: 'web' },
        { namespace: 'shop', name: 'jobs' },
      ],
      exceptions: [{ namespace: 'demo', name: 'legacy' }],
    });
    expect(await ask(words, 1e12 + 3000)).toEqual({ names: ['demo', 'shop'], started: [] });
    const at = (...more: string[]) => ask(['-c', 'demo', '-g', 'rg', ...more], 1e12 + 3000);
    expect((await at('show', '--name', '')).names).toEqual([]);
    const entries = async (...more: string[]) =>
      (await ask([...more.slice(0, -1), '-g', 'rg', '-c', 'demo', '--name', more.at(-1) ?? ''], 1e12 + 3000))
        .names;
    expect(await entries('show', '')).toEqual(['web', 'jobs']);
    expect(await entries('show', '--namespace', 'shop', '')).toEqual(['jobs']);
    expect(await entries('exception', 'delete', '')).toEqual(['legacy']);
    const stale = await ask(words, 1e12 + 90_000);
    expect(stale).toEqual({
      names: ['demo', 'shop'],
      started: [['__refresh-names', 'sub', 'rg', 'demo']],
    });
    expect((await ask(words, 1e12 + 2 * 24 * 3_600_000)).names).toEqual([]);
  });

  it('of clusters are those of the group that is typed', async () => {
    const file = namesFile(account(), undefined);
    await file?.write(5e12, {
      clusters: [
        { resourceGroup: 'one', name: 'a1' },
        { resourceGroup: 'two', name: 'b2' },
      ],
    });
    expect((await ask(['list', '-c', ''], 5e12)).names).toEqual(['a1', 'b2']);
    expect((await ask(['list', '-g', 'TWO', '-c', ''], 5e12)).names).toEqual(['b2']);
    expect((await ask(['list', '-g', 't'], 5e12)).names).toEqual(['two']);
    expect((await ask(['list', '--resource-group=t'], 5e12)).names).toEqual(['--resource-group=two']);
  });

  it('of managed identities follow --identity', async () => {
    const file = namesFile(account(), undefined);
    await file?.write(6e12, { clusters: [], managedIdentities: ['web', 'web', 'jobs', 'bad;name'] });
    expect((await ask(['add', '--identity', ''], 6e12)).names).toEqual(['web', 'jobs']);
    expect((await ask(['update', '--identity=w'], 6e12)).names).toEqual(['--identity=web']);
  });

  it('of pod identities follow --identity of podid exchange, each with its namespace', async () => {
    const file = namesFile(account(), 'rg/demo');
    const key = (namespace: string, name: string) => ({ namespace, name });
    await file?.write(7e12, {
      identities: [key('demo', 'web'), key('shop', 'web'), key('shop', 'bad;name'), key('..', '/etc')],
    });
    for (const word of ['enable', 'disable', 'status']) {
      const typed = ['exchange', word, '-g', 'rg', '-c', 'demo', '--identity'];
      expect((await ask([...typed, ''], 7e12)).names).toEqual(['demo/web', 'shop/web']);
      expect((await ask([...typed, 'demo/web', 'sh'], 7e12)).names).toEqual(['shop/web']);
    }
  });

  it('lie in files that only their owner reads, whose names and contents hold no token', async () => {
    const token = 'very-secret-token';
    const file = namesFile(
      { env: { ...env(), PODID_ARM_TOKEN: token }, subscription: 'sub', user: '' },
      'rg/demo',
    );
    await file?.write(1e12, { namespaces: ['demo'] });
    await file?.claim(1e12);
    expect(file?.path).not.toBe(namesFile(account(), 'rg/demo')?.path);
    const inside = join(folder, 'podid');
    expect((await stat(inside)).mode & 0o777).toBe(0o700);
    for (const name of await readdir(inside)) {
      expect((await stat(join(inside, name))).mode & 0o777).toBe(0o600);
      expect(name + (await readFile(join(inside, name), 'utf8'))).not.toContain(token);
    }
  });

  it('are none where no folder is, and where the file is damaged', async () => {
    expect(namesFile({ env: {}, subscription: 's', user: '' }, undefined)).toBeUndefined();
    expect(
      namesFile({ env: { XDG_CACHE_HOME: 'relative' }, subscription: 's', user: '' }, undefined),
    ).toBeUndefined();
    const ran = await run(['__complete', 'bash', 'list', '-c', ''], { env: { XDG_CACHE_HOME: '/dev/null' } });
    expect(ran).toMatchObject({ exitCode: 0, stdout: '', stderr: '' });
  });
});

describe('the way from Tab to candidates', () => {
  it('loads no SDK and no workflow', () => {
    const files = new Map(sourceFiles('src').map((file) => [file.path, file]));
    const seen = new Set<string>();
    const walk = (path: string): void => {
      if (seen.has(path)) {
        return;
      }
      seen.add(path);
      for (const each of files.get(path)?.imports ?? []) {
        if (!each.typeOnly && !each.dynamic && each.target !== undefined) {
          walk(each.target);
        }
      }
    };
    for (const start of ['cli/run/main.ts', 'cli/completion/complete.ts', 'arm/sign-in/az-profile.ts']) {
      walk(`src/${start}`);
    }
    expect([...seen].filter((path) => /^src\/(?:workflows|k8s|emulator)\//.test(path))).toEqual([]);
    expect([...seen].filter((path) => path.startsWith('src/arm/'))).toEqual([
      'src/arm/sign-in/az-profile.ts',
    ]);
    const packages = [...seen].flatMap((path) =>
      (files.get(path)?.imports ?? []).filter(
        (each) => !each.typeOnly && !each.dynamic && each.target === undefined,
      ),
    );
    expect(
      packages.map(({ specifier }) => specifier).filter((name) => /^@(?:azure|kubernetes)/.test(name)),
    ).toEqual([]);
  });
});
