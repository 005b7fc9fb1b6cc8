import { strToU8, type ZipOptions, zipSync } from 'fflate';
import { advice } from '../../errors/hint.ts';
import { PodidError } from '../../errors/podid-error.ts';
import { fileErrorText } from '../../errors/system-error-code.ts';
import { writePrivateFile } from '../../terminal/private-file.ts';
import { quoted } from '../../validate/usage-faults.ts';
import type { SupportFile } from '../../workflows/support/start-bundle.ts';

/** A file of Unix that only its owner reads, once it is unpacked. */
const privateMember: ZipOptions = { os: 3, attrs: 0o100600 << 16, level: 6 };

/**
 * Writes the files below one folder into a zip that only the user can read, whole or not at all.
 *
 * @returns its size
 * @throws PodidError OutputFailed
 */
export async function saveBundle(
  path: string,
  { folder, files, madeMs }: { folder: string; files: readonly SupportFile[]; madeMs: number },
): Promise<number> {
  const members = files.map(({ path: name, text }) => [
    `${folder}/${name}`,
    [strToU8(text), { ...privateMember, mtime: madeMs }],
  ]);
  const zip = zipSync(Object.fromEntries(members));
  try {
    await writePrivateFile(path, zip);
  } catch (cause) {
    throw new PodidError('OutputFailed', `${quoted(path)} cannot be written (${fileErrorText(cause)}).`, {
      hint: advice`give --out a file in a folder that you can write to`,
      cause,
    });
  }
  return zip.length;
}
