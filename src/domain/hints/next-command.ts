import { Command, type Literal } from '../../errors/hint.ts';
import type { ClusterId } from '../clusters/cluster.ts';

type FlagValue = string | readonly string[] | true | undefined;

/** Long flag names without dashes; `true` stands for a switch. */
export type CommandFlags = Readonly<Record<string, FlagValue>>;

/** A podid command for a hint: the words, the cluster, then the flags that have a value. */
export function nextCommand<const Text extends string>(
  words: Text & Literal<Text>,
  cluster: ClusterId,
  flags: CommandFlags = {},
): Command {
  return podidCommand(words.split(' '), { ...clusterFlags(cluster), ...flags });
}

/** `-g`, `-c` and `--subscription`. */
export function clusterFlags({ resourceGroup, name, subscriptionId }: ClusterId): CommandFlags {
  return { g: resourceGroup, c: name, subscription: subscriptionId };
}

/** The same for a cluster that other flags name. */
export function podidCommand(words: readonly string[], flags: CommandFlags): Command {
  return new Command(['podid', ...words, ...Object.entries(flags).flatMap(flagWords)]);
}

/** A value that begins with a dash would be read as a flag, unless it stands in one word with its own. */
function flagWords([flag, value]: [string, FlagValue]): string[] {
  if (value === undefined) {
    return [];
  }
  const isLetter = flag.length === 1;
  const dashed = isLetter ? `-${flag}` : `--${flag}`;
  const values = typeof value === 'string' ? [value] : value === true ? [] : value;
  return values.some((each) => each.startsWith('-'))
    ? values.map((each) => `${dashed}${isLetter ? '' : '='}${each}`)
    : [dashed, ...values];
}

/** `-g`, `-n` and `--subscription` of az. */
export function azFlags({ resourceGroup, name, subscriptionId }: ClusterId, clusterFlag = '-n'): string[] {
  return ['-g', resourceGroup, clusterFlag, name, '--subscription', subscriptionId];
}
