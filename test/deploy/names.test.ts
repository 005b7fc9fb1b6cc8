import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const schemaFiles = [
  'src/domain/entries/file-schema.ts',
  'docs/schema/pod-identities.schema.json',
  'docs/schema/schemastore.json',
];

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'podid-names-'));
  mkdirSync(join(folder, 'deploy/chart'), { recursive: true });
  for (const path of [
    'package.json',
    'package-lock.json',
    'deploy/chart/Chart.yaml',
    '.github',
    ...schemaFiles,
  ]) {
    cpSync(path, join(folder, path), { recursive: true });
  }
  mkdirSync(join(folder, '.changeset'));
  writeFileSync(join(folder, '.changeset/note.md'), `---\n"${manifest().name}": minor\n---\n\nDo it.\n`);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const names = { owner: 'contoso', npm: '@contoso/podid', image: 'registry.example.net:5000/contoso/podid' };
const read = (path: string) => readFileSync(join(folder, path), 'utf8');
const manifest = () => JSON.parse(read('package.json'));

function setNames(config: Partial<typeof names>): void {
  const whole = { ...manifest(), config: { owner: '', npm: '', image: '', ...config } };
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(whole, null, 2)}\n`);
}

function writeNames(...flags: string[]) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['scripts/write-names.mjs', `--root=${folder}`, ...flags],
    { encoding: 'utf8' },
  );
  return { status, stdout, stderr };
}

describe('a release', () => {
  it.each([
    ['owner', 'NAME'],
    ['npm', 'podid'],
    ['image', 'REGISTRY/REPOSITORY'],
  ])('is refused while config.%s is not set', (key, example) => {
    setNames({ ...names, [key]: '' });
    expect(writeNames().status).toBe(0);
    const { status, stderr } = writeNames('--release');
    expect(status).toBe(1);
    expect(stderr).toBe(
      `config.${key} in package.json is not set. Run: npm pkg set config.${key}=${example} && node scripts/write-names.mjs\n`,
    );
  });

  it('hears of every name that is not set at once', () => {
    setNames({});
    const { stderr } = writeNames('--release');
    expect(stderr).toMatch(/^config.owner, config.npm, config.image in package.json are not set\./);
  });

  it('is refused while a file bears another name than package.json', () => {
    setNames(names);
    const { status, stderr } = writeNames('--release');
    expect(status).toBe(1);
    expect(stderr).toContain('node scripts/write-names.mjs');
  });

  it('goes on once all names are set and written everywhere', () => {
    setNames(names);
    expect(writeNames()).toEqual({ status: 0, stdout: '', stderr: '' });
    expect(writeNames('--release')).toEqual({ status: 0, stdout: '', stderr: '' });
    const texts = [
      'package.json',
      'deploy/chart/Chart.yaml',
      '.github/CODEOWNERS',
      '.github/ISSUE_TEMPLATE/config.yml',
    ];
    for (const path of texts) {
      const text = read(path);
      expect(text).toMatch(/github\.com\/contoso\/podid|@contoso/);
      expect(text).not.toContain('OWNER/');
    }
    for (const path of schemaFiles) {
      expect(read(path)).toContain('https://contoso.github.io/podid/schema/v1/pod-identities.schema.json');
      expect(read(path)).not.toContain('//OWNER.github.io');
    }
    const lock = JSON.parse(read('package-lock.json'));
    expect([manifest().name, lock.name, lock.packages[''].name]).toEqual(Array(3).fill('@contoso/podid'));
    expect(read('.changeset/note.md')).toBe('---\n"@contoso/podid": minor\n---\n\nDo it.\n');
  });

  it('is told where the image goes, and nothing while nobody knows', () => {
    setNames(names);
    expect(writeNames('--print=image')).toEqual({ status: 0, stdout: `${names.image}\n`, stderr: '' });
    setNames({ ...names, image: '' });
    const { status, stdout, stderr } = writeNames('--print=image');
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toContain('npm pkg set config.image=REGISTRY/REPOSITORY');
  });
});

describe('a name', () => {
  it.each([
    ...['a b', '-x', 'x/y', 'x"'].map((value) => ['owner', value]),
    ...['Podid', '@contoso', 'a/b', 'pod id'].map((value) => ['npm', value]),
    // Without a registry an engine asks Docker Hub; a tag and a digest are the release's to add.
    ...['podid/podid', 'podid', 'registry.example.net', 'registry.example.net/podid:1'].map((value) => [
      'image',
      value,
    ]),
    ...['registry.example.net/Podid', 'https://registry.example.net/podid'].map((value) => ['image', value]),
  ])('is refused that cannot be one: %s %s', (key, value) => {
    setNames({ [key]: value });
    const { status, stderr } = writeNames();
    expect(status).toBe(1);
    expect(stderr).toContain(`config.${key} in package.json is "${value}", which is not `);
  });
});
