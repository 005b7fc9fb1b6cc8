import type { ClusterId } from '../clusters/cluster.ts';

type FlagValue = string | readonly string[] | true | undefined;

/** Long flag names without dashes; `true` stands for a switch. */
export type CommandFlags = Readonly<Record<string, FlagValue>>;

/**
 * A podid command for a hint, ready to be pasted into a shell: the words, the cluster, then the flags that
 * have a value.
 */
export function nextCommand(words: string, cluster: ClusterId, flags: CommandFlags = {}): string {
  const { resourceGroup, name, subscriptionId } = cluster;
  return commandText(words, { g: resourceGroup, c: name, subscription: subscriptionId, ...flags });
}

/** The same for a cluster that other flags name. */
export function commandText(words: string, flags: CommandFlags): string {
  return [`podid ${words}`, ...Object.entries(flags).flatMap(flagWords)].join(' ');
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
