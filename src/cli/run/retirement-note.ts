import { open, readdir, rm } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { homeFolder } from '../../domain/home-folder.ts';
import { makePrivateFolder } from '../../terminal/private-file.ts';
import { wrapMessage } from '../../terminal/wrap-text.ts';
import type { CommandSpec } from './command-spec.ts';
import type { Context } from './context.ts';

type Environment = Context['env'];

const text =
  "note: Azure's support for the pod-identity add-on ended in September 2025. podid supports it for as long as Azure does, and podid's own agent does not need the add-on; Microsoft recommends Workload Identity instead. PODID_NO_NOTICE=1 hides this note.";

/** Runners that end a log with it; `CI` is what most of them set. */
const ciVariables = ['CI', 'TF_BUILD', 'GITHUB_ACTIONS', 'JENKINS_URL', 'TEAMCITY_VERSION'];

const filePrefix = 'retirement-note.';

/**
 * Says once a day, to people alone, what becomes of the add-on. A file a day in `XDG_STATE_HOME` remembers
 * it; where none can be made nothing is printed, so that it never appears twice.
 */
export async function printRetirementNote(
  { clock, env, stderr }: Pick<Context, 'clock' | 'env' | 'stderr'>,
  command: CommandSpec,
): Promise<void> {
  const isUnwanted = env['PODID_NO_NOTICE'] || ciVariables.some((name) => env[name]);
  if (isUnwanted || !('clusterName' in command.flags)) {
    return;
  }
  const folder = stateFolder(env);
  if (folder === undefined) {
    return;
  }
  const today = `${filePrefix}${new Date(clock.now()).toISOString().slice(0, 10)}`;
  if (await isFirst(folder, today)) {
    await stderr.write(`${wrapMessage(text, stderr.columns)}\n`);
  }
}

/** `XDG_STATE_HOME`, which counts only when it is absolute. */
function stateFolder(env: Environment): string | undefined {
  const own = env['XDG_STATE_HOME'];
  if (own !== undefined && isAbsolute(own)) {
    return join(own, 'podid');
  }
  const home = homeFolder(env);
  return home === undefined ? undefined : join(home, '.local', 'state', 'podid');
}

/** Of processes that end at once, one makes the file. */
async function isFirst(folder: string, name: string): Promise<boolean> {
  try {
    await makePrivateFolder(folder);
    await (await open(join(folder, name), 'wx', 0o600)).close();
    const others = (await readdir(folder)).filter((each) => each.startsWith(filePrefix) && each !== name);
    await Promise.all(others.map((each) => rm(join(folder, each), { force: true })));
    return true;
  } catch {
    return false;
  }
}
