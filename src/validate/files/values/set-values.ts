import { quoted, type UsageFaults } from '../../usage-faults.ts';
import type { ValueNode, ValueOrigin } from './value-tree.ts';

type SetFlag = '--set' | '--set-string';

interface Setting {
  readonly steps: readonly (string | number)[];
  readonly value: ValueNode;
}

/** Helm takes indices up to 65536; nothing here has more than a handful. */
const largestIndex = 100;

/**
 * Values with `--set` or `--set-string` over them, in helm's grammar: `a.b=1,c={x,y},d[0].e=text`. A backslash takes its
 * meaning from the character behind it. With `--set` numbers, `true`, `false` and `null` are what they look like.
 */
export function setValues(
  tree: ValueNode,
  flag: SetFlag,
  texts: readonly string[],
  faults: UsageFaults,
): ValueNode {
  const origin: ValueOrigin = { kind: 'flag', flag };
  return texts
    .flatMap((text) => settingsOf(text, flag, faults))
    .reduce((values, { steps, value }) => {
      const clash = (name: string) =>
        faults.add(
          flag,
          `${flag}: ${name} is set to what is no map or list, so that nothing in it can be set.`,
        );
      return placed(values, steps, { value, origin, clash, name: '' });
    }, tree);
}

/** Those of one text. Reading ends where it is not KEY=VALUE: what is behind that nobody can tell. */
function settingsOf(text: string, flag: SetFlag, faults: UsageFaults): readonly Setting[] {
  const origin: ValueOrigin = { kind: 'flag', flag };
  const settings: Setting[] = [];
  let rest = text;
  while (rest !== '') {
    const part = rest;
    const refuse = (why: string) => {
      faults.add(flag, `${flag}: ${quoted(part)} ${why}`);
      return settings;
    };
    const [, path = '', afterPath = ''] = /^((?:\\[\s\S]|[^\\=,])*)=([\s\S]*)$/.exec(rest) ?? [];
    const steps = stepsOf(path);
    if (steps === undefined) {
      return refuse('is not KEY=VALUE, such as podid.image.tag=0.1.0.');
    }
    if (steps.some((step) => typeof step === 'number' && step > largestIndex)) {
      return refuse(`has an index above ${largestIndex}.`);
    }
    const list = /^\{((?:\\[\s\S]|[^\\}])*)\}(?:,|$)/.exec(afterPath);
    if (list === null && afterPath.startsWith('{')) {
      return refuse(
        'begins with { and does not end with }. Type a backslash before a brace that is not of a list.',
      );
    }
    const [whole, inner = ''] = list ?? /^((?:\\[\s\S]|[^\\,])*),?/.exec(afterPath) ?? [''];
    const scalar = (item: string): ValueNode => ({ origin, value: scalarOf(unescaped(item), flag) });
    settings.push({
      steps,
      value: list === null ? scalar(inner) : { origin, value: splitAt(inner, ',').map(scalar) },
    });
    rest = afterPath.slice(whole.length);
  }
  return settings;
}

/** `a.b[0].c`: names and indices. Undefined where a name is missing or an index is none. */
function stepsOf(path: string): readonly (string | number)[] | undefined {
  const parts = splitAt(path, '.').map((name) => /^((?:\\[\s\S]|[^\\[])+)((?:\[\d{1,5}\])*)$/.exec(name));
  return parts.every((part) => part !== null)
    ? parts.flatMap(([, name = '', indices = '']) => [
        unescaped(name),
        ...[...indices.matchAll(/\d+/g)].map(([digits]) => Number(digits)),
      ])
    : undefined;
}

/** At each separator that no backslash precedes; the backslashes stay. */
function splitAt(text: string, separator: string): readonly string[] {
  const parts = [''];
  for (const [letter] of text.matchAll(/\\?[\s\S]/g)) {
    if (letter === separator) {
      parts.push('');
    } else {
      parts[parts.length - 1] += letter;
    }
  }
  return parts;
}

function unescaped(text: string): string {
  return text.replaceAll(/\\([\s\S])/g, '$1');
}

function scalarOf(text: string, flag: SetFlag): string | number | boolean | null {
  const word = text.toLowerCase();
  if (flag === '--set-string') {
    return text;
  }
  if (word === 'true' || word === 'false') {
    return word === 'true';
  }
  if (word === 'null') {
    return null;
  }
  // As in helm: a leading zero makes it a text.
  const isInteger = text === '0' || (/^[-+]?\d{1,19}$/.test(text) && !text.startsWith('0'));
  return isInteger ? Number(text) + 0 : text;
}

interface Placing {
  readonly value: ValueNode;
  readonly origin: ValueOrigin;
  readonly clash: (name: string) => void;
  /** Of what stands there. */
  readonly name: string;
}

/** The node with the value in it, where the steps lead. Lists grow; what has no members is a fault. */
function placed(
  node: ValueNode | undefined,
  [step, ...steps]: readonly (string | number)[],
  placing: Placing,
): ValueNode {
  const { value, origin, clash, name } = placing;
  if (step === undefined) {
    return value;
  }
  if (typeof step === 'number') {
    if (node !== undefined && !Array.isArray(node.value)) {
      clash(name);
      return node;
    }
    const items: readonly ValueNode[] = Array.isArray(node?.value) ? node.value : [];
    const nothing: ValueNode = { origin, value: null };
    const all = Array.from({ length: Math.max(items.length, step + 1) }, (_, at) => items[at] ?? nothing);
    const before = all[step]?.value === null ? undefined : all[step];
    return {
      origin,
      value: all.with(step, placed(before, steps, { ...placing, name: `${name}[${step}]` })),
    };
  }
  if (node !== undefined && !(node.value instanceof Map)) {
    clash(name);
    return node;
  }
  const members = new Map<string, ValueNode>(node?.value instanceof Map ? node.value : []);
  const inner = { ...placing, name: name === '' ? step : `${name}.${step}` };
  members.set(step, placed(members.get(step), steps, inner));
  return { origin, value: members };
}
