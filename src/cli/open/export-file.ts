import { access } from 'node:fs/promises';
import { dirname } from 'node:path';
import { advice } from '../../errors/hint.ts';
import { PodidError } from '../../errors/podid-error.ts';
import { fileErrorText } from '../../errors/system-error-code.ts';
import { fileBehind } from '../../terminal/private-file.ts';
import { saveYaml } from '../../terminal/save-yaml.ts';
import { quoted, type UsageFaults } from '../../validate/usage-faults.ts';

/** A file that is there is written over only with `--force`; its folder has to exist. */
export async function checkExportFile(faults: UsageFaults, path: string, force: boolean): Promise<void> {
  if (path === '') {
    return faults.add('--export', '--export is empty.');
  }
  if (!force && (await exists(path))) {
    faults.add('--export', `--export: ${quoted(path)} exists; --force overwrites it.`);
  }
  await fileBehind(path).catch(() => {
    faults.add('--export', `--export: ${quoted(path)} is not a regular file.`);
  });
  if (!(await exists(dirname(path)))) {
    faults.add('--export', `--export: the folder of ${quoted(path)} does not exist.`);
  }
}

/**
 * @param head comments above the content
 * @throws PodidError InvalidUsage when the file cannot be written
 */
export async function saveExportFile(path: string, content: unknown, head: string): Promise<void> {
  try {
    await saveYaml(path, content, head);
  } catch (cause) {
    throw new PodidError(
      'InvalidUsage',
      `The file ${quoted(path)} cannot be written (${fileErrorText(cause)}); nothing was changed.`,
      {
        hint: advice`give --export a file in a folder that you can write to`,
        cause,
      },
    );
  }
}

async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}
