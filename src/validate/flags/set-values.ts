import { mergeTrees, noValues, type ValueNode, type ValueOrigin } from '../files/value-tree.ts';
import { quoted, type UsageFaults } from '../usage-faults.ts';

/**
 * `--set` in helm's simple form: `a.b=1,c={x,y},d[0].e=text`. A backslash takes its meaning from a comma, a
 * dot or a brace. Numbers, `true`, `false` and `null` are what they look like; everything else is text.
 */
export function parseSetFlags(texts: readonly string[], faults: UsageFaults): ValueNode {
  return texts
    .flatMap((text) => splitAt(text, ','))
    .reduce((tree, part) => {
      const node = parseOne(part, faults);
      return node === undefined ? tree : mergeTrees(tree, node);
    }, noValues);
}

const origin: ValueOrigin = { kind: 'flag', flag: '--set' };

function parseOne(text: string, faults: UsageFaults): ValueNode | undefined {
  const [path = '', ...rest] = splitAt(text, '=');
  const steps = splitAt(path, '.').flatMap(stepsOf);
  if (rest.length === 0 || steps.some((step) => step === '')) {
    faults.add('--set', `--set: ${quoted(text)} is not KEY=VALUE, such as podid.image.tag=0.1.0.`);
    return undefined;
  }
  const value: ValueNode = { origin, value: readValue(rest.join('=')) };
  return steps.reduceRight<ValueNode>(
    (inner, step) => ({
      origin,
      value: typeof step === 'number' ? listWith(step, inner) : new Map([[step, inner]]),
    }),
    value,
  );
}

/** Helm's largest index is 65536; nothing here has more than a handful. */
const largestIndex = 100;

function listWith(index: number, inner: ValueNode): readonly ValueNode[] {
  const nothing: ValueNode = { origin, value: null };
  return [...Array.from({ length: Math.min(index, largestIndex) }, () => nothing), inner];
}

/** `tolerations[0]` is the name and the index. */
function stepsOf(part: string): (string | number)[] {
  const match = /^(.*?)((?:\[\d+\])*)$/s.exec(part);
  const indices = [...(match?.[2] ?? '').matchAll(/\d+/g)].map(([digits]) => Number(digits));
  return [plain(match?.[1] ?? part), ...indices];
}

function readValue(text: string): ValueNode['value'] {
  const list = /^\{(.*)\}$/s.exec(text)?.[1];
  if (list !== undefined) {
    return list === '' ? [] : splitAt(list, ',').map((item) => ({ origin, value: scalarOf(item) }));
  }
  return scalarOf(text);
}

function scalarOf(text: string): string | number | boolean | null {
  if (text === 'true' || text === 'false') {
    return text === 'true';
  }
  if (text === 'null') {
    return null;
  }
  // As in helm: a leading zero makes it a text.
  return /^(?:0|-?[1-9]\d{0,14})$/.test(text) ? Number(text) : plain(text);
}

/** At each separator outside of braces that no backslash precedes; the backslashes stay. */
function splitAt(text: string, separator: string): string[] {
  const parts: string[] = [''];
  let depth = 0;
  for (const [letter] of text.matchAll(/\\?[\s\S]/g)) {
    if (letter === '{') {
      depth += 1;
    }
    if (letter === '}') {
      depth -= 1;
    }
    if (letter === separator && depth <= 0) {
      parts.push('');
    } else {
      parts[parts.length - 1] += letter;
    }
  }
  return parts;
}

function plain(text: string): string {
  return text.replaceAll(/\\([\s\S])/g, '$1');
}
