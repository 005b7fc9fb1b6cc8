/**
 * The user's home as the environment has it: `HOME`, which Git Bash sets on Windows, too, else Windows' own
 * `USERPROFILE`. Undefined where neither is set, as for some services.
 */
export function homeFolder(env: Readonly<Record<string, string | undefined>>): string | undefined {
  return env['HOME'] || env['USERPROFILE'] || undefined;
}
