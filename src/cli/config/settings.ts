import { command } from '../../errors/hint.ts';
import { PodidError } from '../../errors/podid-error.ts';
import { fileErrorText, systemErrorCode } from '../../errors/system-error-code.ts';
import { choiceOf } from '../../flags/read-flags.ts';
import { clusterNameRule, resourceGroupRule, subscriptionRule } from '../../validate/flags/azure-names.ts';
import { parseDuration } from '../../validate/flags/duration.ts';
import { nearestWord } from '../../validate/nearest-word.ts';
import { type Rule, UsageFaults } from '../../validate/usage-faults.ts';
import { clusterFlags, kubeFlags, waitFlags } from '../flags/cluster-flags.ts';
import { globalFlags } from '../flags/global-flags.ts';
import { modeFlag } from '../flags/mode-flags.ts';

interface Setting {
  /** The variable in whose place it stands. */
  readonly variable: string;
  /** What a value is, with its article. */
  readonly noun: string;
  readonly rule: Rule;
  /** A value as it is kept, where another spelling of it is taken, too. */
  readonly spelled?: (text: string) => string;
}

function oneOf(
  noun: string,
  flag: { readonly variable: string; readonly choices: readonly string[] },
): Setting {
  const rule: Rule = (text) =>
    choiceOf(text, flag.choices) !== undefined
      ? undefined
      : { rule: flag.choices.join(', '), nearest: nearestWord(text, flag.choices) };
  const spelled = (text: string) => choiceOf(text, flag.choices) ?? text;
  return { variable: flag.variable, noun, rule, spelled };
}

const durationRule: Rule = (text) =>
  parseDuration(text) === undefined ? { rule: '500ms, 90s, 5m, 1h' } : undefined;

/** By the names of their flags, in the order in which they are listed. */
const settings = {
  'cluster-name': { ...clusterFlags.clusterName, noun: 'a cluster name', rule: clusterNameRule },
  'resource-group': { ...clusterFlags.resourceGroup, noun: 'a resource group', rule: resourceGroupRule },
  subscription: { ...clusterFlags.subscription, noun: 'a subscription', rule: subscriptionRule },
  mode: oneOf('a mode', modeFlag.mode),
  cloud: oneOf('a cloud', globalFlags.cloud),
  auth: oneOf('a way to sign in', globalFlags.auth),
  output: oneOf('a format', globalFlags.output),
  'public-fqdn': oneOf('one of these', { ...kubeFlags.publicFqdn, choices: ['true', 'false'] }),
  'poll-interval': { ...waitFlags.pollInterval, noun: 'a duration', rule: durationRule },
} as const satisfies Record<string, Setting>;

export type SettingName = keyof typeof settings;

export const settingNames = Object.keys(settings) as readonly SettingName[];

export function variableOf(name: SettingName): string {
  return settings[name].variable;
}

function isSetting(name: string): name is SettingName {
  return Object.hasOwn(settings, name);
}

/**
 * The value as it is kept. @param source what it comes from, in the message: a flag, or a file with the setting
 */
export function readSetting(name: SettingName, text: string, source: string, faults: UsageFaults): string {
  const { noun, rule, spelled }: Setting = settings[name];
  faults.check(source, text, noun, rule);
  return spelled === undefined ? text : spelled(text);
}

/** @param cause what reading the file threw */
export function unreadable(path: string, cause: unknown): PodidError {
  const isOfSystem = systemErrorCode(cause) !== undefined;
  const why = isOfSystem ? fileErrorText(cause) : cause instanceof SyntaxError ? notJson : messageOf(cause);
  return new PodidError('InvalidUsage', `podid's own settings in ${path} cannot be read: ${why}.`, {
    hint: command('podid config unset --all'),
    cause,
  });
}

const notJson = 'it does not hold JSON';

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

/**
 * The variables that a file's settings stand for. @throws PodidError InvalidUsage with all that is wrong with the file
 */
export function variablesOf(
  path: string,
  values: Readonly<Record<string, unknown>>,
): Readonly<Record<string, string>> {
  const faults = new UsageFaults();
  const variables: Record<string, string> = {};
  const wrong: string[] = [];
  for (const [name, value] of Object.entries(values)) {
    const source = `${path}: ${name}`;
    const before = faults.messages.length;
    if (!isSetting(name)) {
      const meant = nearestWord(name, settingNames);
      const nearest = meant === undefined ? '' : ` Nearest: ${meant}`;
      faults.add(source, `${source} is not a setting of podid: ${settingNames.join(', ')}.${nearest}`);
    } else if (typeof value !== 'string') {
      faults.add(source, `${source} is not a text.`);
    } else {
      variables[variableOf(name)] = readSetting(name, value, source, faults);
    }
    if (faults.messages.length > before) {
      wrong.push(name);
    }
  }
  faults.throwIfAny(() => command('podid config unset', wrong[0] ?? ''));
  return variables;
}
