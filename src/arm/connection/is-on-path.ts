import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

/** Whether a program of that name can be started. @param path `PATH` */
export async function isOnPath(program: string, path: string | undefined): Promise<boolean> {
  const folders = (path ?? '').split(delimiter).filter((folder) => folder !== '');
  const files = folders.flatMap((folder) => ['', '.cmd', '.exe'].map((end) => join(folder, program + end)));
  const found = await Promise.all(
    files.map((file) =>
      access(file, constants.X_OK).then(
        () => true,
        () => false,
      ),
    ),
  );
  return found.includes(true);
}
