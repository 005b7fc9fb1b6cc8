import { rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { command } from '../../errors/hint.ts';
import { PodidError } from '../../errors/podid-error.ts';
import { fileErrorText } from '../../errors/system-error-code.ts';
import { makePrivateFolder, writePrivateFile } from '../../terminal/private-file.ts';
import type { Context } from '../run/context.ts';
import { unreadable } from './settings.ts';
import { type ConfigValues, configPath, readConfigFile } from './with-config.ts';

/** @throws PodidError InvalidUsage where there is no folder for it */
export function ownConfigPath({ env }: Pick<Context, 'env'>): string {
  const path = configPath(env);
  if (path === undefined) {
    throw new PodidError(
      'InvalidUsage',
      'There is no place for settings: none of HOME, USERPROFILE and XDG_CONFIG_HOME is set.',
      {
        hint: command('export XDG_CONFIG_HOME=FOLDER'),
      },
    );
  }
  return path;
}

/** What the file holds, unchecked. @throws PodidError InvalidUsage when it cannot be read */
export async function readConfig(path: string): Promise<ConfigValues> {
  try {
    return (await readConfigFile(path)) ?? {};
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

/** Writes the file anew, readable by its owner alone. @throws PodidError InvalidUsage when it cannot be written */
export async function writeConfig(path: string, values: ConfigValues): Promise<void> {
  await orUnwritable(path, async () => {
    await makePrivateFolder(dirname(path));
    await writePrivateFile(path, `${JSON.stringify(values, null, 2)}\n`);
  });
}

/** @throws PodidError InvalidUsage when it cannot be removed */
export async function removeConfig(path: string): Promise<void> {
  await orUnwritable(path, () => rm(path, { force: true }));
}

async function orUnwritable(path: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (cause) {
    throw new PodidError('InvalidUsage', `${path} cannot be written (${fileErrorText(cause)}).`, {
      hint: command('export XDG_CONFIG_HOME=FOLDER'),
      cause,
    });
  }
}
