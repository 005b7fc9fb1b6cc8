import { readFile, stat } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { homeFolder } from '../../domain/home-folder.ts';
import { decodeText } from '../../errors/plain-text.ts';
import type { Context } from '../run/context.ts';

/**
 * The context as a command sees it: where neither a flag nor a variable says something, podid's own file does. So its
 * settings take the place of variables that are not set.
 *
 * @throws PodidError InvalidUsage when the file cannot be used
 */
export async function withConfig(context: Context): Promise<Context> {
  const path = configPath(context.env);
  if (path === undefined) {
    return context;
  }
  let values: ConfigValues | undefined;
  try {
    values = await readConfigFile(path);
  } catch (error) {
    throw (await import('./settings.ts')).unreadable(path, error);
  }
  if (values === undefined) {
    return context;
  }
  const { variablesOf } = await import('./settings.ts');
  return withVariables(context, variablesOf(path, values));
}

function withVariables(context: Context, variables: Readonly<Record<string, string>>): Context {
  const env = { ...context.env };
  for (const [name, value] of Object.entries(variables)) {
    env[name] ||= value;
  }
  // The other members stay where they are: some are opened when they are asked for.
  return Object.create(context, { env: { value: env, enumerable: true } }) as Context;
}

/** What the file holds, as it was written: whoever uses it checks it. */
export type ConfigValues = Readonly<Record<string, unknown>>;

const mostBytes = 64 * 1024;

/** `podid/config.json` in `XDG_CONFIG_HOME`, which counts only when it is absolute; undefined: there is no home. */
export function configPath(env: Readonly<Record<string, string | undefined>>): string | undefined {
  const own = env['XDG_CONFIG_HOME'];
  if (own !== undefined && isAbsolute(own)) {
    return join(own, 'podid', 'config.json');
  }
  const home = homeFolder(env);
  return home ? join(home, '.config', 'podid', 'config.json') : undefined;
}

/** Undefined where there is no file. @throws what Node says of one that cannot be read, or that holds no JSON object */
export async function readConfigFile(path: string): Promise<ConfigValues | undefined> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') {
      return undefined;
    }
    throw error;
  });
  if (found === undefined) {
    return undefined;
  }
  // A pipe would hang, and a device has no end.
  if (!found.isFile() || found.size > mostBytes) {
    throw new Error('it is not a file of settings');
  }
  const value: unknown = JSON.parse(decodeText(await readFile(path)));
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Error('it does not hold a JSON object');
  }
  return value as ConfigValues;
}
