import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Hint } from '../../errors/hint.ts';
import { decodeText } from '../../errors/plain-text.ts';
import { fileErrorText, systemErrorCode } from '../../errors/system-error-code.ts';
import type { SourceText } from '../../validate/files/located-yaml.ts';
import { quoted, type UsageFaults } from '../../validate/usage-faults.ts';
import type { Context } from '../run/context.ts';

/**
 * Files as named: a folder stands for its YAML and JSON files by name, `-` for stdin. What cannot be read
 * goes to the faults.
 */
export async function readSourceFiles(
  paths: readonly string[],
  context: Pick<Context, 'readStdin'>,
  faults: UsageFaults,
  flag = '--file',
): Promise<SourceText[]> {
  const sources: SourceText[] = [];
  for (const path of paths) {
    sources.push(...(await readSource(path, context, { faults, flag })));
  }
  if (paths.filter((path) => path === '-').length > 1) {
    faults.add(flag, `${flag}: stdin (-) can be read only once.`);
  }
  return sources;
}

/**
 * The file of a plan, for a command that takes one. A folder is none, for nobody knows which of its files is meant.
 *
 * @param absent the next command where there is no such file; gets a name that `--out` of a plan takes
 */
export async function readPlanFile(
  path: string | undefined,
  { context, faults }: { readonly context: Pick<Context, 'readStdin'>; readonly faults: UsageFaults },
  absent: (out: string) => Hint,
): Promise<SourceText | undefined> {
  if (path === undefined) {
    return undefined;
  }
  const out = /\.(?:ya?ml|json)$/i.test(path) ? path : 'plan.yaml';
  const [source] = await readSource(path, context, { faults, flag: '--file', absent: absent(out) });
  if (source === undefined || source.name === path || path === '-') {
    return source;
  }
  faults.add('--file', `--file: ${quoted(path)} is a folder, and one file is taken, such as ${source.name}.`);
  return undefined;
}

async function readSource(
  path: string,
  context: Pick<Context, 'readStdin'>,
  { faults, flag, absent }: { readonly faults: UsageFaults; readonly flag: string; readonly absent?: Hint },
): Promise<SourceText[]> {
  if (path === '-') {
    return [{ name: 'stdin', text: await context.readStdin() }];
  }
  try {
    if (!(await stat(path)).isDirectory()) {
      return [{ name: path, text: decodeText(await readFile(path)) }];
    }
    const names = (await readdir(path)).filter((name) => /\.(?:ya?ml|json)$/i.test(name)).toSorted();
    if (names.length === 0) {
      faults.add(flag, `${flag}: folder ${quoted(path)} holds no YAML or JSON file.`);
    }
    return await Promise.all(
      names.map(async (name) => ({
        name: join(path, name),
        text: decodeText(await readFile(join(path, name))),
      })),
    );
  } catch (error) {
    const isAbsent = systemErrorCode(error) === 'ENOENT';
    faults.add(
      flag,
      `${flag}: ${quoted(path)} cannot be read: ${fileErrorText(error)}.`,
      isAbsent ? absent : undefined,
    );
    return [];
  }
}
