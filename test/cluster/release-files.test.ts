import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { noImageText } from '../../src/domain/kubernetes/agent-image.ts';
import { clusterPrograms } from './cluster-programs.ts';

const repository = 'registry.example.net/contoso/podid';
const digest = `sha256:${'7'.repeat(64)}`;
const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { readonly version: string };

describe('the files of a release', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'podid-release-'));
    execFileSync(process.execPath, [
      'scripts/write-release-files.mjs',
      ...['--image', repository, '--digest', digest, '--out', folder],
    ]);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const template = (chart: string, ...args: readonly string[]) => {
    const { status, stdout, stderr } = spawnSync(
      clusterPrograms().path('helm'),
      ['template', 'podid', chart, '--kube-version', '1.34.1', ...args],
      { encoding: 'utf8' },
    );
    return { status, text: `${stdout}${stderr}` };
  };
  const imagesIn = (text: string) => [
    ...new Set([...text.matchAll(/^ *image: (\S*podid\S*)$/gm)].map(([, image]) => image)),
  ];

  it('are the chart, the manifests and the definitions, each with the version in its name', () => {
    expect(readdirSync(folder).sort()).toEqual(
      [
        `podid-${version}.tgz`,
        ...['crds', 'demo', 'identity-namespaces', 'managed', 'object-checks', 'standard'].map(
          (name) => `podid-${name}-v${version}.yaml`,
        ),
      ].sort(),
    );
  });

  it.each(['managed', 'standard', 'demo'])('name the image by its digest: %s', (name) => {
    const manifest = readFileSync(join(folder, `podid-${name}-v${version}.yaml`), 'utf8');
    expect(imagesIn(manifest)).toEqual([`${repository}@${digest}`]);
    expect(manifest).not.toContain('registry.invalid');
  });

  it.each([
    ['of itself', [], `${repository}@${digest}`],
    ['of another tag', ['--set-string', 'podid.image.tag=9'], `${repository}:9`],
    [
      'of a registry of your own, whose digest may be another',
      ['--set', 'podid.image.repository=acr.example.net/podid'],
      `acr.example.net/podid:${version}`,
    ],
  ])('hold a chart that installs the image %s', (_what, args, image) => {
    const { status, text } = template(join(folder, `podid-${version}.tgz`), ...args);
    expect(status, text).toBe(0);
    expect(imagesIn(text)).toEqual([image]);
  });

  it("refuse upstream's registry of your own, in which podid's image is not", () => {
    const set = ['--set', 'image.repository=acr.example.net/aad-pod-identity'];
    const { status, text } = template(join(folder, `podid-${version}.tgz`), ...set);
    expect(status).toBe(1);
    expect(text).toContain("holds upstream's images, which are not podid's");
  });
});

describe("the checkout's chart", () => {
  it.each([
    ['no values', []],
    [
      "upstream's image",
      ['--set', 'operationMode=managed,image.repository=mcr.microsoft.com/oss/azure/aad-pod-identity'],
    ],
    [
      "upstream's image in a registry of your own",
      ['--set', 'image.repository=acr.example.net/aad-pod-identity'],
    ],
  ])('installs nothing with %s, by the sentence that podid says', (_what, args) => {
    const { status, stderr } = spawnSync(
      clusterPrograms().path('helm'),
      ['template', 'podid', 'deploy/chart', '--kube-version', '1.34.1', ...args],
      { encoding: 'utf8' },
    );
    expect(status).toBe(1);
    expect(stderr.split('\n').filter((line) => line.includes('podid.image'))).toEqual([noImageText]);
  });
});
