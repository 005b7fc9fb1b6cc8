import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { root } from '../architecture/source-files.ts';

const run = promisify(execFile);

/** The version that this repository is of. */
export const version: string = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')).version;

/**
 * Builds podid's executable for this machine and packs it as a release does.
 *
 * @returns the path of the archive, which has a SHA256SUMS beside it
 */
export async function packRelease(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  const binary = join(folder, '..', process.platform === 'win32' ? 'podid.exe' : 'podid');
  const script = (name: string, ...args: string[]) =>
    run(process.execPath, [join(root, 'scripts', name), ...args], { cwd: folder });
  await script('build-binary.mjs', '--out', binary);
  // Not every Node has its licence at hand: Debian's has it elsewhere.
  const license = join(folder, '..', 'node-license.txt');
  await writeFile(license, 'Node.js is licensed for use as follows:\n');
  const { stdout } = await script(
    'pack-binary.mjs',
    ...['--binary', binary, '--node-license', license, '--out', folder],
  );
  const archive = stdout.trim();
  const sum = createHash('sha256')
    .update(await readFile(archive))
    .digest('hex');
  await writeFile(join(folder, 'SHA256SUMS'), `${'0'.repeat(64)}  other.tgz\n${sum}  ${basename(archive)}\n`);
  return archive;
}
