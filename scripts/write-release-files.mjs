// Writes what a release publishes beside the image: the chart with the image's name in it, the manifests for
// kubectl with the image's digest, and the definitions. Used by .github/workflows/release.yaml:
//   node scripts/write-release-files.mjs --image REGISTRY/podid/podid --digest sha256:… --out FOLDER
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { findHelm } from './find-helm.mjs';
import { renderManifest } from './render-manifest.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const { values } = parseArgs({
  options: { image: { type: 'string' }, digest: { type: 'string' }, out: { type: 'string' } },
});
const { image, digest, out } = values;
if (!/^[^\s@]+$/.test(image ?? '') || !/^sha256:[0-9a-f]{64}$/.test(digest ?? '') || out === undefined) {
  throw new Error('usage: write-release-files.mjs --image NAME --digest sha256:… --out FOLDER');
}
const helm = findHelm();
if (helm === undefined) {
  throw new Error('helm was not found');
}

const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const work = mkdtempSync(join(tmpdir(), 'podid-release-'));
try {
  const chart = join(work, 'podid');
  cpSync(join(root, 'deploy/chart'), chart, { recursive: true });
  // The templates compare with the name too: whoever names upstream's registry must name podid's.
  for (const [name, before, after] of [
    ['values.yaml', 'repository: podid/podid', `repository: ${image}`],
    ['templates/_refusals.tpl', '"podid/podid"', `"${image}"`],
  ]) {
    const text = readFileSync(join(chart, name), 'utf8');
    if (!text.includes(before)) {
      throw new Error(`${name} has no place for the image`);
    }
    writeFileSync(join(chart, name), text.replace(before, after));
  }
  mkdirSync(out, { recursive: true });
  run(helm, ['package', chart, '--destination', resolve(out)]);
  for (const mode of ['managed', 'standard']) {
    const args = ['--set', `podid.image.digest=${digest}`];
    const manifest = renderManifest({ helm, chart, root, mode, args });
    writeFileSync(join(out, `podid-${mode}-v${version}.yaml`), manifest);
  }
  const crds = readdirSync(join(root, 'deploy/crds')).sort();
  const definitions = crds.map((name) => readFileSync(join(root, 'deploy/crds', name), 'utf8').trimEnd());
  writeFileSync(join(out, `podid-crds-v${version}.yaml`), `${definitions.join('\n---\n')}\n`);
  for (const name of ['object-checks', 'identity-namespaces']) {
    cpSync(join(root, `deploy/manifests/${name}.yaml`), join(out, `podid-${name}-v${version}.yaml`));
  }
  const demo = readFileSync(join(root, 'deploy/manifests/demo.yaml'), 'utf8');
  writeFileSync(
    join(out, `podid-demo-v${version}.yaml`),
    demo.replace(/image: \S+/, `image: ${image}@${digest}`),
  );
} finally {
  rmSync(work, { recursive: true, force: true });
}

function run(command, args) {
  const { status } = spawnSync(command, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  if (status !== 0) {
    throw new Error(`${command} ${args.join(' ')} ended with ${status}`);
  }
}
