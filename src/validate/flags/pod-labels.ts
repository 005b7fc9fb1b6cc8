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
    const parts = pair.split('=');
    const [key = '', value] = parts;
    if (value === undefined || parts.length > 2) {
      faults.add(flag, `${flag}: ${quoted(pair)} is not of the form KEY=VALUE.${nearest(parts)}`);
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

function nearest(parts: readonly string[]): string {
  const [key = '', ...values] = parts;
  if (labelKeyRule(key) !== undefined) {
    return '';
  }
  const value = values.join('-') || 'VALUE';
  return labelValueRule(value) === undefined ? ` Nearest: ${key}=${value}` : '';
}
