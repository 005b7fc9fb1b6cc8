import type { ClusterId } from '../clusters/cluster.ts';

type FlagValue = string | readonly string[] | true | undefined;

/**
 * A podid command for a hint, ready to be pasted into a shell: the words, the cluster, then the flags that
 * have a value.
 *
 * @param flags long flag names without dashes; `true` stands for a switch
 */
export function nextCommand(
  words: string,
  cluster: ClusterId,
  flags: Readonly<Record<string, FlagValue>> = {},
): string {
  const mode = knowsMode.test(words) ? cluster.mode : undefined;
  return [
    `podid ${words}`,
    ...Object.entries({ ...whereIs(cluster), mode, ...flags }).flatMap(flagWords),
  ].join(' ');
}

/** Commands with `--mode`. */
const knowsMode = /^(?:(?:exception )?(?:add|update|delete|list|show)|plan|apply|export)$/;

function whereIs({ resourceGroup, name, subscriptionId, reach }: ClusterId): Record<string, FlagValue> {
  return reach === undefined ? { g: resourceGroup, c: name, subscription: subscriptionId } : { ...reach };
}

function flagWords([flag, value]: [string, FlagValue]): string[] {
  if (value === undefined) {
    return [];
  }
  const dashed = flag.length === 1 ? `-${flag}` : `--${flag}`;
  const values = typeof value === 'string' ? [value] : value === true ? [] : value;
  return [dashed, ...values.map(shellWord)];
}

/** Quoted where a POSIX shell would read it as more than one plain word. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
