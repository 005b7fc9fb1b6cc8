// Publishes the tarball that a release packed to npm, unless npm has that version already: a release that stopped half way
// can be run again. In a job of GitHub Actions that npm trusts it needs no token, and npm notes where the package came from.
//   node scripts/publish-package.mjs release/podid-0.1.0.tgz
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

const [tarball] = process.argv.slice(2);
if (tarball === undefined) {
  fail('usage: publish-package.mjs TARBALL');
}
const { name, version } = JSON.parse(output('tar', ['-xzOf', tarball, 'package/package.json']));
const integrity = `sha512-${createHash('sha512').update(readFileSync(tarball)).digest('base64')}`;
const there = integrityOnNpm();
if (there === integrity) {
  console.log(`npm has ${name} ${version} already, with this very content: nothing is left to do.`);
} else if (there !== undefined) {
  fail(
    `npm has ${name} ${version} already, with other content, and keeps it. Move the version: npm run version`,
  );
} else {
  // Only a job of a pipeline that is given a token of its own can say where the package comes from.
  const provenance = process.env.ACTIONS_ID_TOKEN_REQUEST_URL === undefined ? [] : ['--provenance'];
  const args = ['publish', resolve(tarball), '--access', 'public', ...provenance];
  const { status } = run('npm', args, 'inherit');
  if (status !== 0) {
    fail(`npm did not take ${name} ${version}. What it needs to trust this workflow: docs/publishing.md`);
  }
}

/** @returns {string | undefined} undefined while npm has no such version, or no such package at all */
function integrityOnNpm() {
  const { status, stdout, stderr } = run(
    'npm',
    ['view', `${name}@${version}`, 'dist.integrity', '--json'],
    'pipe',
  );
  if (status === 0) {
    return stdout.trim() === '' ? undefined : JSON.parse(stdout);
  }
  let code;
  try {
    code = JSON.parse(stdout).error.code;
  } catch {
    // Not npm's own answer: its words are shown below.
  }
  if (code !== 'E404') {
    fail(`npm does not say whether it has ${name} ${version}:\n${stderr}`);
  }
  return undefined;
}

function output(command, args) {
  const { status, stdout, stderr } = run(command, args, 'pipe');
  if (status !== 0) {
    fail(`${tarball} is not a package: ${stderr}`);
  }
  return stdout;
}

function run(command, args, stdio) {
  // npm is a batch file on Windows, which only a shell starts.
  const shell = command === 'npm' && process.platform === 'win32';
  return spawnSync(command, args, { encoding: 'utf8', stdio: ['ignore', stdio, stdio], shell });
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
