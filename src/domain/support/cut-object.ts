import { controllerFlags, rulesFlags, serverFlags } from '../kubernetes/program-flags.ts';
import { cutMark, cutSecrets } from './cut-secrets.ts';

/** Members whose text is a secret itself; `secretName` and `clientPassword: {name}` only say where one is. */
const secretMember =
  /(?:secret|password|passwd|passphrase|pass|pwd|token|credentials?|assertion|signature|authorization|cookie|sas|(?:secret|access|account|api|private|shared|master|subscription)key|connectionstring)$/;

/** Whose annotations say how podid is installed; anybody may write anything into all others. */
const keptAnnotations =
  /^(?:(?:[\w-]{1,40}\.)?podid\.io|app\.kubernetes\.io|meta\.helm\.sh)\/|^deployment\.kubernetes\.io\/revision$|^deprecated\.daemonset\.template\.generation$|^kubernetes\.io\/(?:description|config\.source)$/;

/** Members that hold what a program is started with; the latter two in the values that an agent was installed with. */
const wordMembers = new Set(['args', 'command', 'serveArgs', 'rulesArgs']);

/** The latter, of an agent's pods, in those values. */
const annotationMembers = new Set(['annotations', 'podAnnotations']);

/** Flags of podid's programs and of upstream's: none of them takes a secret. */
const knownFlags = new Set([
  ...[controllerFlags, serverFlags, rulesFlags].flatMap(({ rules, without }) => [
    ...Object.keys(rules),
    ...without,
  ]),
]);
const knownWords = new Set([
  'podid-nmi',
  'podid-mic',
  'nmi',
  'mic',
  'serve',
  'rules',
  'boot-guard',
  'true',
  'false',
]);

/** Nothing of podid's is as deep. */
const deepest = 100;

/**
 * An object of Kubernetes as a support bundle holds it: values of environment variables and of headers, arguments of
 * other programs, annotations of others, what clients noted of their writes, and what is a secret by its name or by its
 * form are cut.
 */
export function cutObject(value: unknown, name = '', depth = 0): unknown {
  const isSecret = secretMember.test(name.toLowerCase().replace(/[-_.]/g, ''));
  if (depth > deepest) {
    return cutMark;
  }
  if (typeof value === 'string') {
    return isSecret && value !== '' ? cutMark : cutText(value, depth);
  }
  if (typeof value === 'number') {
    return isSecret ? cutMark : value;
  }
  if (Array.isArray(value)) {
    return wordMembers.has(name)
      ? cutWords(value)
      : value.map((each: unknown) => cutObject(each, name, depth + 1));
  }
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  const members = Object.entries(value).filter(
    ([key]) => key !== 'managedFields' && (!annotationMembers.has(name) || keptAnnotations.test(key)),
  );
  // A variable, a header, a setting: which there are shows; what is in them does not.
  const isNamed = typeof Reflect.get(value, 'name') === 'string';
  return Object.fromEntries(
    members.map(([key, each]) => [
      cutSecrets(key),
      isNamed && key === 'value' ? cutMark : cutObject(each, key, depth + 1),
    ]),
  );
}

/** What is JSON is cut by its names, too. */
function cutText(text: string, depth: number): string {
  if (/^\s{0,20}[[{]/.test(text)) {
    try {
      return JSON.stringify(cutObject(JSON.parse(text), '', depth + 1));
    } catch {
      // Only looked like it.
    }
  }
  return cutSecrets(text);
}

/** What a program is started with: of podid's as it is, of all others the names of flags. */
function cutWords(words: readonly unknown[]): unknown[] {
  let isKnown = false;
  return words.map((word) => {
    const [, dashes, flag = '', is, value = ''] =
      /^(--?)([A-Za-z][\w.-]{0,60})(?:(=)([\s\S]*))?$/.exec(String(word)) ?? [];
    if (dashes === undefined) {
      const isKept = isKnown || knownWords.has(String(word));
      isKnown = false;
      return isKept ? cutSecrets(String(word)) : cutMark;
    }
    const isOwn = knownFlags.has(flag);
    isKnown = isOwn && is === undefined;
    if (!isOwn && dashes === '-' && flag.length > 1) {
      // -pPASSWORD.
      return cutMark;
    }
    const shown = `${dashes}${cutSecrets(flag)}`;
    return is === undefined ? shown : `${shown}=${isOwn ? cutSecrets(value) : cutMark}`;
  });
}
