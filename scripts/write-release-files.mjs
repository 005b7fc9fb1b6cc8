// Writes what a release publishes beside the image: the chart with the image's name and digest in it, the manifests for
// kubectl with the same, and the definitions. The name is config.image of package.json. Used by .github/workflows/release.yaml:
//   node scripts/write-release-files.mjs --digest sha256:… --out FOLDER
// --image REGISTRY/REPOSITORY names another, such as a copy of the release in a registry of your own.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { withImage } from './chart-image.mjs';
import { findHelm } from './find-helm.mjs';
import { renderChartReadme } from './render-chart-readme.mjs';
import { renderManifest } from './render-manifest.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const { values } = parseArgs({
  options: { image: { type: 'string' }, digest: { type: 'string' }, out: { type: 'string' } },
});
const { version, config } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const { image = config.image, digest, out } = values;
if (image === '') {
  throw new Error('config.image in package.json is not set: see scripts/write-names.mjs');
}
if (!/^[^\s@]+$/.test(image) || !/^sha256:[0-9a-f]{64}$/.test(digest ?? '') || out === undefined) {
  throw new Error('usage: write-release-files.mjs [--image NAME] --digest sha256:… --out FOLDER');
}
const helm = findHelm();
if (helm === undefined) {
  throw new Error('helm was not found');
}

const work = mkdtempSync(join(tmpdir(), 'podid-release-'));
try {
  const chart = join(work, 'podid');
  cpSync(join(root, 'deploy/chart'), chart, { recursive: true });
  const chartValues = withImage(readFileSync(join(chart, 'values.yaml'), 'utf8'), image);
  writeFileSync(join(chart, 'values.yaml'), chartValues);
  writeFileSync(join(chart, 'README.md'), renderChartReadme(chartValues));
  // Where templates read the release's own image, by its digest.
  appendAnnotation(join(chart, 'Chart.yaml'), `podid.io/image: ${image}@${digest}`);
  mkdirSync(out, { recursive: true });
  run(helm, ['package', chart, '--destination', resolve(out)]);
  for (const mode of ['managed', 'standard']) {
    writeFileSync(
      join(out, `podid-${mode}-v${version}.yaml`),
      renderManifest({ helm, chart, root, mode, image: undefined }),
    );
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

function appendAnnotation(path, annotation) {
  const text = readFileSync(path, 'utf8');
  if (!/^annotations:\n/m.test(text)) {
    throw new Error(`${path} has no annotations`);
  }
  writeFileSync(
    path,
    text.replace(/^annotations:\n/m, (line) => `${line}  ${annotation}\n`),
  );
}

function run(command, args) {
  const { status } = spawnSync(command, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  if (status !== 0) {
    throw new Error(`${command} ${args.join(' ')} ended with ${status}`);
  }
}
