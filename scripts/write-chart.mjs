// Writes what follows from the chart: its version and copies of the CRDs, its README from the comments of
// values.yaml, the version of the demo, and, with helm, the renders of test/deploy/golden and
// deploy/manifests. With --check it writes nothing and fails when a file differs; with --without-helm it
// leaves out what needs helm.
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findHelm } from './find-helm.mjs';
import { renderChartReadme } from './render-chart-readme.mjs';
import { helmTemplate, renderManifest } from './render-manifest.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const checking = process.argv.includes('--check');
const helm = process.argv.includes('--without-helm') ? undefined : findHelm();

const read = (path) => readFile(join(root, path), 'utf8');
const chart = { helm, chart: 'deploy/chart', root };
/** In the manifests of the repository, where no release has put its image yet: no registry can have this name. */
const placeholder = 'registry.invalid/podid';

const files = new Map(await chartFiles());
await settle(files);
if (helm === undefined) {
  if (!process.argv.includes('--without-helm')) {
    console.error('helm was not found: set HELM, or build it with test/cluster/one-node/build.sh');
    process.exitCode = 1;
  }
} else {
  await settle(
    new Map([
      ...(await goldens()),
      ...['managed', 'standard'].map((mode) => [
        `deploy/manifests/${mode}.yaml`,
        renderManifest({ ...chart, mode, image: placeholder }),
      ]),
    ]),
  );
}

async function chartFiles() {
  const { version } = JSON.parse(await read('package.json'));
  const chart = (await read('deploy/chart/Chart.yaml'))
    .replace(/^version: .*$/m, `version: ${version}`)
    .replace(/^appVersion: .*$/m, `appVersion: ${version}`);
  const crds = await crdFiles();
  return [
    ['deploy/chart/Chart.yaml', chart],
    ...(await Promise.all(
      crds.map(async (name) => [`deploy/chart/crds/${name}`, await read(`deploy/crds/${name}`)]),
    )),
    ['deploy/chart/README.md', renderChartReadme(await read('deploy/chart/values.yaml'))],
    [
      'deploy/manifests/demo.yaml',
      (await read('deploy/manifests/demo.yaml')).replace(/(image: ).*/, `$1${placeholder}:${version}`),
    ],
  ];
}

async function crdFiles() {
  return (await readdir(join(root, 'deploy/crds'))).filter((name) => name.endsWith('.yaml')).sort();
}

async function goldens() {
  const cases = (await readdir(join(root, 'test/deploy/values')))
    .filter((name) => name.endsWith('.yaml'))
    .sort();
  return cases.map((name) => {
    const { status, stdout, stderr } = helmTemplate({
      ...chart,
      args: ['--values', `test/deploy/values/${name}`],
    });
    const base = `test/deploy/golden/${name.replace(/\.yaml$/, '')}`;
    return status === 0 ? [`${base}.yaml`, stdout] : [`${base}.txt`, stderr];
  });
}

async function settle(wanted) {
  for (const [path, text] of wanted) {
    const found = await read(path).catch(() => undefined);
    if (found === text) {
      continue;
    }
    if (checking) {
      console.error(`${path} is not what npm run chart writes`);
      process.exitCode = 1;
    } else {
      await mkdir(dirname(join(root, path)), { recursive: true });
      await writeFile(join(root, path), text);
    }
  }
}
