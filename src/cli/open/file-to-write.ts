import { access } from 'node:fs/promises';
import { dirname } from 'node:path';
import { advice } from '../../errors/hint.ts';
import { PodidError } from '../../errors/podid-error.ts';
import { fileErrorText } from '../../errors/system-error-code.ts';
import { fileBehind, writePrivateFile } from '../../terminal/private-file.ts';
import { saveYaml } from '../../terminal/save-yaml.ts';
import { quoted, type UsageFaults } from '../../validate/usage-faults.ts';

/** A flag that names a file to write, and that file. */
export interface FileToWrite {
  readonly flag: '--export' | '--out';
  readonly path: string;
}

/** A file that is there is written over only with `--force`; its folder has to exist. */
export async function checkFileToWrite(
  faults: UsageFaults,
  { flag, path }: FileToWrite,
  force: boolean,
): Promise<void> {
  if (path === '') {
    return faults.add(flag, `${flag} is empty.`);
  }
  const isReplaceable = await fileBehind(path).then(
    () => true,
    () => false,
  );
  if (!isReplaceable) {
    faults.add(flag, `${flag}: ${quoted(path)} is not a regular file.`);
  } else if (!force && (await exists(path))) {
    faults.add(flag, `${flag}: ${quoted(path)} exists; --force overwrites it.`);
  }
  if (!(await exists(dirname(path)))) {
    faults.add(flag, `${flag}: the folder of ${quoted(path)} does not exist.`);
  }
}

/**
 * @param head comments above the content
 * @throws PodidError InvalidUsage when the file cannot be written
 */
export async function saveFile(file: FileToWrite, content: unknown, head = ''): Promise<void> {
  await orRefuse(file, () => saveYaml(file.path, content, head));
}

/** A text, for its owner alone to read. @throws PodidError InvalidUsage when the file cannot be written */
export async function saveText(file: FileToWrite, text: string): Promise<void> {
  await orRefuse(file, () => writePrivateFile(file.path, text));
}

async function orRefuse({ flag, path }: FileToWrite, write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (cause) {
    throw new PodidError(
      'InvalidUsage',
      `The file ${quoted(path)} cannot be written (${fileErrorText(cause)}); nothing was changed.`,
      {
        hint: flag === '--export' ? exportHint : outHint,
        cause,
      },
    );
  }
}

const exportHint = advice`give --export a file in a folder that you can write to`;
const outHint = advice`give --out a file in a folder that you can write to`;

async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}
