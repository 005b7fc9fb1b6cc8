import { quoted, type UsageFaults } from '../usage-faults.ts';
import { labelKeyRule, labelValueRule } from './kubernetes-names.ts';

const flag = '--pod-labels';

/** `k=v` each, at least one, no key twice. The value may be empty; a second `=` is a fault. */
export function parsePodLabels(
  faults: UsageFaults,
  pairs: readonly string[],
): Readonly<Record<string, string>> {
  const labels = new Map<string, string>();
  for (const pair of pairs.filter((text) => text !== '')) {
    const [key = '', ...values] = pair.split('=');
    const value = values.join('=');
    const isPair = values.length > 0 && values.every((part) => labelValueRule(part) === undefined);
    if (values.length !== 1 && !isPair) {
      const meant = nearestOfList(pair) ?? nearest(key, values.join('-') || 'VALUE');
      faults.add(flag, `${flag}: ${quoted(pair)} is not of the form KEY=VALUE.${meant}`);
      continue;
    }
    if (values.length > 1) {
      const { rule = '' } = labelValueRule(value) ?? {};
      faults.add(
        flag,
        `${flag}: ${quoted(value)} is not a label value: ${rule}.${nearest(key, values.join('-'))}`,
      );
      continue;
    }
    faults.check(flag, key, 'a label key', labelKeyRule);
    faults.check(flag, value, 'a label value', labelValueRule);
    if (labels.has(key)) {
      faults.add(flag, `${flag}: the key ${quoted(key)} is given twice.`);
    }
    labels.set(key, value);
  }
  if (labels.size === 0 && pairs.every((text) => text === '')) {
    faults.add(flag, `${flag} needs at least one KEY=VALUE: without labels no pod is excepted.`);
  }
  return Object.fromEntries(labels);
}

function nearest(key: string, value: string): string {
  const isLegal = labelKeyRule(key) === undefined && labelValueRule(value) === undefined;
  return isLegal ? ` Nearest: ${key}=${value}` : '';
}

/** For the comma of kubectl's selectors between labels, where this flag takes a space. */
function nearestOfList(text: string): string | undefined {
  const pairs = text.split(',');
  const areLabels = pairs.every((pair) => {
    const [key = '', value, ...more] = pair.split('=');
    const isPair = value !== undefined && more.length === 0;
    return isPair && labelKeyRule(key) === undefined && labelValueRule(value) === undefined;
  });
  return areLabels ? ` Nearest, with spaces between the labels: ${pairs.join(' ')}` : undefined;
}
