// Puts the executable that `npm run binary` made into the archive that a release publishes, with podid's licence and
// the licences of everything that is in it, Node's among them. Needs a build, for dist/THIRD_PARTY_NOTICES.txt:
//   node scripts/pack-binary.mjs [--platform OS_ARCH] [--binary FILE] [--node-license FILE] [--out FOLDER]
// It prints the archive's path. The platform is this machine's, unless it is given.
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { zipSync } from 'fflate';
import { archiveName, platforms } from './release-archives.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const { values } = parseArgs({
  options: {
    platform: { type: 'string', default: platformOfThisMachine() },
    binary: { type: 'string' },
    'node-license': { type: 'string' },
    out: { type: 'string', default: 'release' },
  },
});
const { platform } = values;
if (!platforms.includes(platform)) {
  throw new Error(`--platform: a release has no executable for ${platform}; it has ${platforms.join(', ')}`);
}
const program = platform.startsWith('windows_') ? 'podid.exe' : 'podid';
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const archive = resolve(values.out, archiveName(version, platform));
const folder = mkdtempSync(join(tmpdir(), 'podid-archive-'));
try {
  copyFileSync(values.binary ?? join(root, 'release', program), join(folder, program));
  chmodSync(join(folder, program), 0o755);
  copyFileSync(join(root, 'LICENSE'), join(folder, 'LICENSE'));
  writeFileSync(join(folder, 'THIRD_PARTY_NOTICES.txt'), notices());
  mkdirSync(dirname(archive), { recursive: true });
  rmSync(archive, { force: true });
  if (archive.endsWith('.zip')) {
    writeZip();
  } else {
    writeTar();
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log(archive);

function platformOfThisMachine() {
  const system = { win32: 'windows' }[process.platform] ?? process.platform;
  return `${system}_${{ x64: 'amd64' }[process.arch] ?? process.arch}`;
}

/** Those of the bundle, and Node's own, which hold those of everything that Node contains. */
function notices() {
  const bundle = readFileSync(join(root, 'dist/THIRD_PARTY_NOTICES.txt'), 'utf8');
  const rule = `\n${'-'.repeat(80)}\n\n`;
  return `${bundle}${rule}Node.js ${process.versions.node}\n\n${readFileSync(nodeLicense(), 'utf8').trim()}\n`;
}

/** Node's own archives have it at their top: beside the executable on Windows, above bin/ elsewhere. */
function nodeLicense() {
  const node = dirname(process.execPath);
  const given = values['node-license'];
  const found = (given === undefined ? [join(node, 'LICENSE'), join(node, '../LICENSE')] : [given]).find(
    (path) => existsSync(path),
  );
  if (found === undefined) {
    throw new Error(`Node's licence is not beside ${process.execPath}: give it as --node-license FILE`);
  }
  return found;
}

/** Files of root, so that whoever unpacks it as root does not get files of the user who packed it. */
function writeTar() {
  const owner =
    process.platform === 'darwin'
      ? ['--uid', '0', '--gid', '0']
      : ['--owner=0', '--group=0', '--numeric-owner'];
  const names = readdirSync(folder).toSorted();
  const { status, error } = spawnSync('tar', [...owner, '-czf', archive, '-C', folder, ...names], {
    stdio: 'inherit',
    // Else macOS adds a file of its own attributes for each.
    env: { ...process.env, COPYFILE_DISABLE: '1' },
  });
  if (status !== 0) {
    throw error ?? new Error(`tar ended with ${status}`);
  }
}

function writeZip() {
  const entries = readdirSync(folder).map((name) => [name, new Uint8Array(readFileSync(join(folder, name)))]);
  writeFileSync(archive, zipSync(Object.fromEntries(entries)));
}
