import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

interface Config {
  readonly config: { readonly Env: readonly string[] };
  readonly rootfs: { readonly diff_ids: readonly string[] };
  readonly history: readonly object[];
}

/**
 * podid's image with a further authority that it trusts, as a company with one of its own builds it.
 *
 * @param image a docker-archive @param certificate a PEM file @returns another archive, in a folder that goes with `remove`
 */
export function trustingImage(
  image: string,
  name: string,
  certificate: string,
): { readonly file: string; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'podid-trusting-'));
  const inside = join(folder, 'image');
  mkdirSync(join(folder, 'layer/etc/podid'), { recursive: true });
  mkdirSync(inside);
  execFileSync('tar', ['-xf', image, '-C', inside]);
  copyFileSync(certificate, join(folder, 'layer/etc/podid/ca.pem'));
  const layer = join(inside, 'trust.tar');
  const owned = ['--numeric-owner', '--owner=0', '--group=0', '--mode=a+rX'];
  execFileSync('tar', ['-C', join(folder, 'layer'), ...owned, '-cf', layer, '.']);
  const config = readJson<Config>(join(inside, 'config.json'));
  const [manifest] = readJson<readonly { readonly Layers: readonly string[] }[]>(
    join(inside, 'manifest.json'),
  );
  const digest = createHash('sha256').update(readFileSync(layer)).digest('hex');
  writeJson(join(inside, 'config.json'), {
    ...config,
    config: { ...config.config, Env: [...config.config.Env, 'NODE_EXTRA_CA_CERTS=/etc/podid/ca.pem'] },
    rootfs: { ...config.rootfs, diff_ids: [...config.rootfs.diff_ids, `sha256:${digest}`] },
    history: [...config.history, {}],
  });
  const layers = [...(manifest?.Layers ?? []), 'trust.tar'];
  writeJson(join(inside, 'manifest.json'), [{ ...manifest, RepoTags: [name], Layers: layers }]);
  const file = join(folder, 'image.tar');
  execFileSync('tar', ['-C', inside, '-cf', file, '.']);
  return { file, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

function readJson<T>(file: string): T {
  return JSON.parse(readFileSync(file, 'utf8')) as T;
}

function writeJson(file: string, value: unknown): void {
  writeFileSync(file, JSON.stringify(value));
}
