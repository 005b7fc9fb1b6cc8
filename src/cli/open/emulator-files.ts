import { advice } from '../../errors/hint.ts';
import { PodidError } from '../../errors/podid-error.ts';
import { fileErrorText } from '../../errors/system-error-code.ts';
import { fileBehind, writePrivateFile } from '../../terminal/private-file.ts';
import { quoted, type UsageFaults } from '../../validate/usage-faults.ts';

/** A file the emulator is to write later: its folder has to be there and writable now. */
export async function checkFile(flag: string, path: string, faults: UsageFaults): Promise<void> {
  await fileBehind(path).catch((error: Error) =>
    faults.add(flag, `The emulator cannot start: ${flag}: ${fileErrorText(error)}`),
  );
}

/** @throws PodidError InvalidUsage */
export async function writeEnvironment(path: string, lines: string): Promise<void> {
  try {
    await writePrivateFile(path, lines);
  } catch (cause) {
    throw new PodidError(
      'InvalidUsage',
      `--write-env: ${quoted(path)} cannot be written: ${fileErrorText(cause)}`,
      {
        hint: advice`give --write-env a file in an existing folder that you can write to`,
        cause,
      },
    );
  }
}
