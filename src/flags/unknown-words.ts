import { nearestWord } from '../validate/nearest-word.ts';
import { quoted, type UsageFaults } from '../validate/usage-faults.ts';
import { type FlagTable, longFlag, longFlags, type Misnamed } from './flag-table.ts';

/** Reports words and flags that the command does not know, each with the nearest one that it does. */
export function checkRest(
  rest: readonly string[],
  flags: FlagTable,
  misnamed: Misnamed,
  faults: UsageFaults,
): void {
  let afterUnknownFlag = false;
  for (const word of rest) {
    if (word === '--') {
      continue;
    }
    if (word === '#') {
      // What follows is the rest of a hint of podid's own.
      faults.add(word, commentText);
      break;
    }
    if (word.startsWith('-') && word.length > 1) {
      const name = word.split('=', 1)[0] ?? word;
      faults.add(name, unknownFlagText(name, flags, misnamed));
      afterUnknownFlag = !word.includes('=');
    } else if (afterUnknownFlag) {
      afterUnknownFlag = false;
    } else {
      faults.add(word, strayWordText(word, flags));
    }
  }
}

const commentText =
  'Your shell has handed "#" on, with what follows: leave it away, or have zsh take it for a comment: setopt interactivecomments.';

/** A word that should not be there, and what became of it on the way from a document or over a line's end. */
export function strayWordText(word: string, flags: FlagTable): string {
  const dashed = /^[\u2010-\u2015\u2212](.+)$/su.exec(word)?.[1];
  if (dashed !== undefined) {
    const meant = nearestWord(
      `--${dashed.replace(/^[-\u2010-\u2015\u2212]+/u, '').split('=', 1)[0]}`,
      longFlags(flags),
    );
    const hint = meant === undefined ? '' : ` Did you mean ${meant}?`;
    return `${quoted(word)} begins with a long dash, as word processors make it; a flag begins with "--".${hint}`;
  }
  if (word.trim() === '') {
    return `${quoted(word)} is one word too many and has only spaces: perhaps a space follows the backslash at the end of a line.`;
  }
  if (word === 'help' || word === 'version') {
    return `${quoted(word)} is one word too many. Did you mean --${word}?`;
  }
  const flag = flagOfWord(word, flags);
  const meant = flag === undefined ? entryOfWord(word, flags) : `${flag} ${word}`;
  const hint = meant === undefined ? '' : ` Did you mean ${meant}?`;
  return `${quoted(word)} is one word too many: this command takes only flags.${hint}`;
}

/** The flag whose value a word looks like. */
function flagOfWord(word: string, flags: FlagTable): string | undefined {
  if (!/^[A-Za-z0-9][\w./-]*$/.test(word)) {
    return undefined;
  }
  if (/\.(?:ya?ml|json|html?|zip)$/i.test(word)) {
    return ['file', 'out'].filter((key) => Object.hasOwn(flags, key)).map((key) => longFlag(key))[0];
  }
  const value = word.includes('/') ? workloadOrKey.test(word) : /^[a-z0-9.-]+$/.test(word);
  if (!value) {
    return undefined;
  }
  const usual = workloadKind.test(word) ? ['workload', 'identity'] : ['identity'];
  return usual.filter((key) => Object.hasOwn(flags, key)).map((key) => longFlag(key))[0];
}

/** An entry by NAMESPACE/NAME, as `list -o name` prints it, or by its name alone; a pod in the same way. */
function entryOfWord(word: string, flags: FlagTable): string | undefined {
  const has = (key: string) => Object.hasOwn(flags, key);
  const [, namespace, name] = /^([a-z0-9-]+)\/([a-z0-9.-]+)$/.exec(word) ?? [];
  if (namespace === undefined) {
    const isName = /^[a-z0-9][a-z0-9.-]*$/.test(word);
    const key = has('name') ? 'name' : has('allNamespaces') ? 'namespace' : undefined;
    return isName && key !== undefined ? `--${key} ${word}` : undefined;
  }
  if (has('emulatedPod')) {
    return `--emulated-pod ${word}`;
  }
  const key = ['name', 'pod'].find(has);
  return has('namespace') && key !== undefined ? `--namespace ${namespace} --${key} ${name}` : undefined;
}

const workloadOrKey = /^[\w.-]+\/[\w.-]+$/;
const workloadKind = /^(?:deploy|sts|statefulset|ds|daemonset|cj|cronjob|job|rs|replicaset|po)[a-z.]*\//i;

/**
 * What kubectl, az and other commands of podid call it, and here, by the first that the command has; a sentence where it
 * needs no flag.
 */
const habits: Readonly<Record<string, readonly string[]>> = {
  '-n': ['--namespace', '--identity'],
  '--namespace': ['--identity'],
  '--name': ['--identity', '--workload'],
  '--identity-resource-id': ['--identity'],
  '--what-if': ['--dry-run'],
  '--sa': ['--service-account'],
  '--serviceaccount': ['--service-account'],
  '-f': ['--out'],
  '--file': ['--out'],
  '-A': ['--namespace', '--identity'],
  '--all-namespaces': ['--namespace', '--identity'],
  '--all': ['--namespace', '--identity'],
};

const all: ReadonlySet<string> = new Set(['-A', '--all-namespaces', '--all']);

/** What is meant by a flag of others; undefined: nobody calls anything so, or the command has nothing of the kind. */
function habitText(name: string, flags: FlagTable): string | undefined {
  const known = Object.hasOwn(habits, name) ? habits[name] : undefined;
  const usual = known?.find((each) => longFlags(flags).includes(each));
  if (usual === undefined) {
    return undefined;
  }
  const flag = Object.entries(flags).find(([key, each]) => longFlag(key, each) === usual)?.[1];
  if (all.has(name)) {
    return flag?.fallback?.startsWith('all') === true ? `Without ${usual} it is all.` : undefined;
  }
  // An object of a namespace is named by both.
  const value = usual === '--identity' && /^(?:-n|--namespace)$/.test(name) ? ` ${flag?.value ?? ''}` : '';
  return `Did you mean ${usual}${value}?`;
}

function unknownFlagText(name: string, flags: FlagTable, misnamed: Misnamed): string {
  const own = Object.hasOwn(misnamed, name) ? misnamed[name] : undefined;
  const meant = own ?? habitText(name, flags) ?? nearestWord(name, longFlags(flags));
  if (meant === name) {
    return `${name} takes no value.`;
  }
  const hint = meant === undefined || /[.?]$/.test(meant) ? meant : `Did you mean ${meant}?`;
  return [`This command has no flag ${name}.`, hint].filter(Boolean).join(' ');
}
