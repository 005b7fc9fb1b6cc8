import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { root } from '../architecture/source-files.ts';

const script: {
  archiveName: (version: string, platform: string) => string;
  platforms: readonly string[];
} = await import(pathToFileURL(join(root, 'scripts/release-archives.mjs')).href);
const { archiveName, platforms } = script;

const page = 'https://github.com/contoso/podid';
const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
const sums = new Map<string, string>(
  platforms.map((platform, at) => [
    archiveName(version, platform),
    String(at + 1)
      .repeat(64)
      .replaceAll('5', 'e'),
  ]),
);
const sumOf = (platform: string) => sums.get(archiveName(version, platform));

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'podid-manifests-'));
  cpSync('packaging', join(folder, 'packaging'), { recursive: true });
  setOwner('contoso');
  writeSums(sums);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function setOwner(owner: string): void {
  const manifest = JSON.parse(readFileSync('package.json', 'utf8'));
  const owned = { ...manifest, homepage: `${page}#readme`, config: { ...manifest.config, owner } };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(owned));
}

function writeSums(of: ReadonlyMap<string, string>): void {
  const lines = [...of].map(([name, sum]) => `${sum}  ${name}\n`);
  writeFileSync(join(folder, 'SHA256SUMS'), `${'f'.repeat(64)}  podid-0.1.0.tgz\n${lines.join('')}`);
}

function render() {
  const { status, stderr } = spawnSync(
    process.execPath,
    [
      'scripts/write-package-manifests.mjs',
      ...['--checksums', join(folder, 'SHA256SUMS')],
      ...['--out', join(folder, 'out')],
      `--root=${folder}`,
    ],
    { encoding: 'utf8' },
  );
  return { status, stderr };
}

const read = (path: string) => readFileSync(join(folder, 'out', path), 'utf8');

/** From the address of an archive to the archive's name. */
function archiveAt(url: string): string {
  expect(url.startsWith(`${page}/releases/download/v${version}/`)).toBe(true);
  return url.slice(url.lastIndexOf('/') + 1);
}

describe('what package managers get of a release', () => {
  it('is rendered with nothing left to fill in', () => {
    expect(render()).toEqual({ status: 0, stderr: '' });
    const files = readdirSync(join(folder, 'out'), { recursive: true, withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    );
    expect(files.map(({ name }) => name).toSorted()).toEqual([
      'contoso.podid.installer.yaml',
      'contoso.podid.locale.en-US.yaml',
      'contoso.podid.yaml',
      'podid.rb',
      'podid.yaml',
    ]);
    for (const { parentPath, name } of files) {
      expect(readFileSync(join(parentPath, name), 'utf8')).not.toMatch(/\{\{|\}\}|OWNER/);
    }
  });

  it("is for Homebrew a formula with each system's archive", () => {
    render();
    const formula = read('homebrew/podid.rb');
    const found = [
      ...formula.matchAll(/on_(macos|linux) do|on_(arm|intel) do\n\s+url "(.*)"\n\s+sha256 "(.*)"/g),
    ];
    let system = '';
    const archives: string[] = [];
    for (const [, os, processor, url = '', sha256] of found) {
      if (os !== undefined) {
        system = os === 'macos' ? 'darwin' : 'linux';
      } else {
        const platform = `${system}_${processor === 'arm' ? 'arm64' : 'amd64'}`;
        expect(archiveAt(url)).toBe(archiveName(version, platform));
        expect(sha256).toBe(sumOf(platform));
        archives.push(platform);
      }
    }
    expect(archives.toSorted()).toEqual(platforms.filter((each) => !each.startsWith('windows')).toSorted());
    expect(formula).toContain(`version "${version}"`);
  });

  // The rules of krew's own validation of an index, and of its guide for names.
  it('is for krew a plugin that krew would take, for each system once', () => {
    render();
    const { apiVersion, kind, metadata, spec } = parse(read('krew/podid.yaml'));
    expect({ apiVersion, kind, metadata }).toEqual({
      apiVersion: 'krew.googlecontainertools.github.com/v1alpha2',
      kind: 'Plugin',
      metadata: { name: 'podid' },
    });
    expect(spec.version).toBe(`v${version}`);
    expect(spec.shortDescription).toMatch(/^[^\r\n]{1,50}$/);
    const found = spec.platforms.map(
      (each: {
        selector: { matchLabels: { os: string; arch: string } };
        uri: string;
        sha256: string;
        bin: string;
      }) => {
        const { os, arch, ...others } = each.selector.matchLabels;
        const platform = `${os}_${arch}`;
        expect(others).toEqual({});
        expect(archiveAt(each.uri)).toBe(archiveName(version, platform));
        expect(each.sha256).toMatch(/^[a-f0-9]{64}$/);
        expect(each.sha256).toBe(sumOf(platform));
        expect(each.bin).toBe(os === 'windows' ? 'podid.exe' : 'podid');
        return platform;
      },
    );
    expect(found.toSorted()).toEqual(platforms.toSorted());
  });

  // The rules of winget's JSON schemas of that version.
  it('is for winget three manifests that agree', () => {
    render();
    const [installer, locale, whole] = ['.installer', '.locale.en-US', ''].map((name) =>
      parse(read(`winget/contoso.podid${name}.yaml`)),
    );
    for (const manifest of [installer, locale, whole]) {
      expect(manifest).toMatchObject({
        PackageIdentifier: expect.stringMatching(/^[^.\s\\/:*?"<>|]{1,32}(\.[^.\s\\/:*?"<>|]{1,32}){1,7}$/),
        PackageVersion: version,
        ManifestVersion: '1.10.0',
      });
    }
    expect([installer, locale, whole].map(({ ManifestType }) => ManifestType)).toEqual([
      'installer',
      'defaultLocale',
      'version',
    ]);
    expect(whole.DefaultLocale).toBe(locale.PackageLocale);
    expect(installer).toMatchObject({
      InstallerType: 'zip',
      NestedInstallerType: 'portable',
      NestedInstallerFiles: [{ RelativeFilePath: 'podid.exe', PortableCommandAlias: 'podid' }],
    });
    const [{ Architecture, InstallerUrl, InstallerSha256 }] = installer.Installers;
    expect(Architecture).toBe('x64');
    expect(archiveAt(InstallerUrl)).toBe(archiveName(version, 'windows_amd64'));
    expect(InstallerSha256).toBe(sumOf('windows_amd64')?.toUpperCase());
    expect(locale.ShortDescription).toMatch(/^.{3,256}$/);
    expect(locale).toMatchObject({ Publisher: expect.any(String), PackageName: 'podid', License: 'MIT' });
    expect(locale.Tags.every((tag: string) => tag.length <= 40)).toBe(true);
  });

  it('is nothing without an owner, and nothing where an archive is missing', () => {
    const lacking = new Map([...sums].slice(1));
    writeSums(lacking);
    const missing = render();
    expect(missing.status).toBe(1);
    expect(missing.stderr).toContain(`has no checksum of ${archiveName(version, 'linux_amd64')}.`);
    writeSums(sums);
    setOwner('');
    const nobody = render();
    expect(nobody.status).toBe(1);
    expect(nobody.stderr).toContain('npm pkg set config.owner=NAME');
    expect(() => readdirSync(join(folder, 'out'))).toThrow('ENOENT');
  });
});
