import { Command, type CommandPart, type Hint, type Literal } from '../../errors/hint.ts';
import type { ClusterId } from '../clusters/cluster.ts';
import type { PodIdentity } from '../entries/pod-identity.ts';

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

/**
 * Without the add-on entries are objects of the cluster, and a command that changes them has to say so.
 * @param profile undefined: not read
 */
export function modeFlags(profile: { readonly enabled: boolean } | undefined): CommandFlags {
  return profile?.enabled === false ? { mode: 'cluster' } : {};
}

/** Of the `podid add` that makes Azure try an entry again which it ended as Failed. */
export function addAgainFlags({ namespace, name, bindingSelector, identity }: PodIdentity): CommandFlags {
  const selector = bindingSelector === name ? undefined : bindingSelector || undefined;
  return { namespace, name, 'identity-resource-id': identity.resourceId, 'binding-selector': selector };
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

/**
 * How a command finds its cluster: by Azure (`azure`); by the cluster's own API, for which Azure is not needed
 * (`api`); by both (`both`), where the API's way may be `--via` too (`objects`), or is taken in mode cluster
 * alone (`entries`). `subscription`: it is about no cluster.
 */
export type Reach = 'none' | 'subscription' | 'azure' | 'api' | 'both' | 'objects' | 'entries';

/** A flag as typed, `['-g', 'demo-rg']`, under its name in the flag table. */
export interface TypedFlag {
  readonly key: string;
  readonly words: readonly string[];
}

/** The command line that a hint follows. */
export interface TypedCommand {
  /** After `podid`. */
  readonly words: readonly string[];
  readonly flags: readonly TypedFlag[];
  /** How the podid command of these words, flags and all, finds its cluster. */
  readonly reachOf: (words: readonly string[]) => Reach;
}

const chartValuesFolder = '/etc/podid/';
const signIn = ['cloud', 'auth', 'tenant'];
const cluster = ['resourceGroup', 'clusterName', 'subscription', 'clusterId'];
const way = ['kubeconfig', 'context', 'via', 'publicFqdn'];
const clusterWords = /^(?:-[gc]|--(?:resource-group|cluster-name|subscription|cluster-id)(?:=|$))/;
const wayWords = /^--(?:kubeconfig|context|via|public-fqdn)(?:=|$)/;

/**
 * The hint with each podid command reaching the cluster that was typed, in the way that was typed, as far as
 * the command takes those flags and names no other; and each of kubectl and Helm the kubeconfig that was typed. The one place of that: no command of a hint, typed as it
 * stands, goes to another cluster.
 */
export function hintAfter(hint: Hint, typed: TypedCommand): Hint {
  return hint.withCommands((part) => {
    const [program = ''] = part.words;
    if (program === 'podid') {
      return completed(part, typed);
    }
    const flags = Object.hasOwn(kubeconfigFlags, program) ? kubeconfigFlags[program] : undefined;
    return flags === undefined || part.keeps === 'nothing'
      ? part.words
      : byKubeconfig(part.words, typed, flags);
  });
}

/** How programs that go by a kubeconfig call the flags by which podid was told which. */
const kubeconfigFlags: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  kubectl: { kubeconfig: '--kubeconfig', context: '--context' },
  helm: { kubeconfig: '--kubeconfig', context: '--kube-context' },
};

/** The same file and context; what follows `--` is for a program in a pod. */
function byKubeconfig(
  words: readonly string[],
  typed: TypedCommand,
  names: Readonly<Record<string, string>>,
): readonly string[] {
  const flags = typed.flags.flatMap(({ key, words: [first = '', ...more] }) => {
    const name = Object.hasOwn(names, key) ? names[key] : undefined;
    return name === undefined || words.includes(name) ? [] : [first.replace(/^--[a-z]+/, name), ...more];
  });
  const end = words.indexOf('--');
  return words.toSpliced(end === -1 ? words.length : end, 0, ...flags);
}

function completed({ words, keeps }: CommandPart, typed: TypedCommand): readonly string[] {
  if (keeps === 'nothing' || words.includes('--help')) {
    return words;
  }
  const isTyped = ['podid', ...typed.words].every((word, at) => words[at] === word);
  if (keeps === 'flags' && isTyped) {
    const given = words.filter((word) => word.startsWith('-')).map((word) => word.replace(/=.*/, ''));
    const kept = typed.flags.filter(
      (flag) => !given.includes(flag.words[0]?.replace(/=.*/, '') ?? '') && !isOfChart(flag),
    );
    const head = words.slice(0, typed.words.length + 1);
    return [...head, ...kept.flatMap(withoutSecret), ...words.slice(head.length)];
  }
  const reach = typed.reachOf(words.slice(1));
  const keys = keptKeys(words, reach, typed);
  const added = typed.flags.filter(
    ({ key, words: [flag = ''] }) => keys.includes(key) && !words.includes(flag),
  );
  return [...words, ...added.flatMap((flag) => flag.words)];
}

function keptKeys(words: readonly string[], reach: Reach, typed: TypedCommand): readonly string[] {
  if (reach === 'none') {
    return [];
  }
  if (reach === 'subscription') {
    return [...signIn, 'subscription'];
  }
  const mode = typed.flags.some(({ key }) => key === 'mode');
  return [...signIn, ...clusterKeys(words), ...modeKeys(words, reach), ...wayKeys(words, reach, mode)];
}

function clusterKeys(words: readonly string[]): readonly string[] {
  return words.some((word) => clusterWords.test(word)) ? [] : cluster;
}

/** Entries live where those of the typed command did. */
function modeKeys(words: readonly string[], reach: Reach): readonly string[] {
  return (reach === 'objects' && words[1] !== 'mirror') || reach === 'entries' ? ['mode'] : [];
}

/** @param inMode the typed command has a mode */
function wayKeys(words: readonly string[], reach: Reach, inMode: boolean): readonly string[] {
  const unread = reach === 'entries' && !inMode && !words.includes('--mode');
  if (reach === 'azure' || unread || words.some((word) => wayWords.test(word))) {
    return [];
  }
  return reach === 'objects' || reach === 'entries' ? way : way.filter((key) => key !== 'via');
}

/** The Job of podid's chart reads values from a file of its own pod, which nobody else has. */
function isOfChart({ key, words }: TypedFlag): boolean {
  return key === 'values' && words.some((word) => word.includes(chartValuesFolder));
}

/** A hint may end up in a log that others read. */
function withoutSecret({ key, words }: TypedFlag): readonly string[] {
  return key === 'set'
    ? words.map((word) => word.replace(/^([^=]*(?:secret|password|token)[^=]*=).+/i, '$1VALUE'))
    : words;
}
