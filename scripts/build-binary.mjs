// Makes podid, podid-nmi and podid-mic one executable that needs no Node: Node's own, with the bundle inside.
//   npm run binary                                  for this machine, from the Node that runs this: release/podid
//   npm run binary -- --node FILE --out FILE        for another: FILE is Node's executable for it, of this very version
// On macOS it is signed as one's own (ad hoc), without which Apple's processors run nothing; for macOS, built elsewhere, it
// has to be signed there: codesign --force --sign - FILE.
// The name that it is started by says which of the three it is, or else its first word: podid podid-nmi --version.
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { inject } from 'postject';
import { withoutSignature } from './without-signature.mjs';

const { values } = parseArgs({
  options: { node: { type: 'string', default: process.execPath }, out: { type: 'string' } },
});
/** How an executable of macOS begins. */
const machO = 0xfeedfacf;
const isOfThisMachine = values.node === process.execPath;
const extension = process.platform === 'win32' && isOfThisMachine ? '.exe' : '';
const out = resolve(values.out ?? `release/podid${extension}`);
const folder = mkdtempSync(join(tmpdir(), 'podid-binary-'));
try {
  const [main, config, blob] = ['podid.cjs', 'sea.json', 'podid.blob'].map((name) => join(folder, name));
  node('--', fileURLToPath(new URL('build.mjs', import.meta.url)), '--one-file', main);
  // What V8 compiled is of its own processor and version.
  const useCodeCache = isOfThisMachine;
  writeFileSync(
    config,
    JSON.stringify({ main, output: blob, useCodeCache, disableExperimentalSEAWarning: true }),
  );
  node('--experimental-sea-config', config);
  mkdirSync(dirname(out), { recursive: true });
  rmSync(out, { force: true });
  writeFileSync(out, withoutSignature(readFileSync(values.node)));
  chmodSync(out, 0o755);
  codesign('--remove-signature');
  await inject(out, 'NODE_SEA_BLOB', readFileSync(blob), {
    // As in Node's documentation of single executables.
    sentinelFuse: 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2',
    ...(readFileSync(out).subarray(0, 4).readUInt32LE() === machO ? { machoSegmentName: 'NODE_SEA' } : {}),
  });
  codesign('--sign', '-');
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log(out);

function node(...args) {
  run(process.execPath, args);
}

/** Of macOS alone: what is added changes what was signed. */
function codesign(...args) {
  if (process.platform === 'darwin') {
    run('codesign', [...args, out]);
  }
}

function run(command, args) {
  const { status, error } = spawnSync(command, args, {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (status !== 0) {
    throw error ?? new Error(`${command} ${args.join(' ')} ended with ${status}`);
  }
}
