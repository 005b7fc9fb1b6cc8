// Moves everything that bears podid's version, as the notes in .changeset say: package.json and CHANGELOG.md (by
// changesets), package-lock.json, the chart's Chart.yaml, the manifests and the renders of test/deploy/golden. Needs
// helm, see scripts/find-helm.mjs.
//   npm run version
// Without notes the version stays, and what follows from it is written again: whatever interrupted a run, a second
// one completes it.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { findHelm } from './find-helm.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

// Before the first file is written.
if (findHelm() === undefined) {
  console.error('helm was not found: set HELM, or build it with test/cluster/one-node/build.sh helm');
  process.exit(1);
}
run('npx', ['changeset', 'version']);
const { version } = JSON.parse(readFileSync(`${root}/package.json`, 'utf8'));
const lockFile = `${root}/package-lock.json`;
const lock = JSON.parse(readFileSync(lockFile, 'utf8'));
lock.version = version;
lock.packages[''].version = version;
writeFileSync(lockFile, `${JSON.stringify(lock, null, 2)}\n`);
run(process.execPath, ['scripts/write-chart.mjs']);
console.log(`Everything bears version ${version}. Commit it, and push the tag v${version}.`);

function run(command, args) {
  // npx is a batch file on Windows, which only a shell starts.
  const shell = command === 'npx' && process.platform === 'win32';
  const { status } = spawnSync(command, args, { cwd: root, stdio: 'inherit', shell });
  if (status !== 0) {
    process.exit(status ?? 1);
  }
}
