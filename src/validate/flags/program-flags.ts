import { managedIdentityType } from '../../domain/azure/resource-id.ts';
import { isGuid, isWrittenId } from '../../domain/azure/written-id.ts';
import type { FlagRule, ProgramFlags } from '../../domain/kubernetes/program-flags.ts';
import { parseSecretPairs } from '../../domain/kubernetes/secret-pairs.ts';
import type { ValueSection } from '../files/values/value-section.ts';
import { quoted } from '../usage-faults.ts';
import { durationRule, parseDuration } from './duration.ts';

/**
 * A list of flags for a program of podid's in a container, where it would start again and again with one that it does not
 * take. The chart refuses the same by the same sentences (`templates/_flags.tpl`).
 *
 * @param name of the value, as the user writes it
 */
export function readProgramFlags(
  section: ValueSection,
  key: string,
  name: string,
  flags: ProgramFlags,
): readonly string[] {
  const given = section.texts(key);
  for (const word of given) {
    const fault = faultOf(word, flags);
    if (fault !== undefined) {
      section.fault(key, `${name}${fault}`);
    }
  }
  return given;
}

function faultOf(word: string, { program, without, rules }: ProgramFlags): string | undefined {
  const [, flag = '', value] = /^--?([^=]+)(?:=(.*))?$/s.exec(word) ?? [];
  const rule = Object.hasOwn(rules, flag) ? rules[flag] : undefined;
  if (rule === undefined || (value === undefined && rule !== 'switch')) {
    const never = `${without.slice(0, -1).join(', ')} and ${without.at(-1)}`;
    return ` takes flags of ${program}, each as --name=value, but not ${never}; this is ${quoted(word)}.`;
  }
  if (rule.startsWith('@')) {
    return `: --${flag} follows from the value ${rule.slice(1)}; leave it out.`;
  }
  const wanted = value === undefined ? undefined : brokenRule(rule, value);
  return wanted === undefined ? undefined : `: --${flag} takes ${wanted}; this is ${quoted(value ?? '')}.`;
}

/** What the rule asks for, where the text is something else. An empty text is the flag's default where no number is asked for. */
function brokenRule(rule: FlagRule, text: string): string | undefined {
  const [, least, most] = /^(\d+)-(\d*)$/.exec(rule) ?? [];
  if (least !== undefined) {
    const isWithin = /^\d{1,9}$/.test(text) && Number(text) >= Number(least);
    return isWithin && (most === '' || Number(text) <= Number(most))
      ? undefined
      : `a whole number ${most === '' ? `of ${least} or more` : `from ${least} to ${most}`}`;
  }
  if (rule.includes('|')) {
    const words = rule.split('|');
    return words.includes(text.toLowerCase()) ? undefined : `one of ${words.join(', ')}`;
  }
  return text === '' && rule !== 'switch' ? undefined : brokenKind[rule]?.(text);
}

const listOf = (text: string) =>
  text
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '');
const broken = (isTaken: boolean, wanted: string) => (isTaken ? undefined : wanted);

const brokenKind: Readonly<Record<string, (text: string) => string | undefined>> = {
  switch: (text) => broken(['true', 'false'].includes(text), 'true or false'),
  duration: (text) => broken(parseDuration(text) !== undefined, durationRule(text)),
  delay: (text) =>
    broken(
      ['never', '0', '0s'].includes(text) || parseDuration(text) !== undefined,
      `${durationRule(text)}, or never`,
    ),
  rate: (text) => broken(isRate(text), 'a number above 0'),
  ids: (text) =>
    broken(
      listOf(text).every((id) => isGuid(id) || isWrittenId(id, managedIdentityType)),
      'client ids, which are GUIDs, and resource ids of managed identities',
    ),
  address: (text) => broken(ipv4.test(text), 'an IPv4 address'),
  pairs: (text) =>
    broken(
      parseSecretPairs(listOf(text)).wrong.length === 0,
      'pairs of namespaces IDENTITIES:SECRETS, as capz-system:default',
    ),
};

const octet = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)';
const ipv4 = new RegExp(`^(?:${octet}\\.){3}${octet}$`);

/** Writes a second, parts of one too. */
export function isRate(text: string): boolean {
  return /^\d{1,5}(?:\.\d{1,3})?$/.test(text) && Number(text) > 0;
}
