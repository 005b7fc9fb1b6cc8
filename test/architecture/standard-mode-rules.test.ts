import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

/** The faults of upstream's MIC that podid-mic is not to have, by their numbers. */
const rules = Array.from({ length: 28 }, (_, at) => at + 1);
const folder = join(import.meta.dirname, '..');
const titles = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.test.ts'))
  .flatMap((name) => readFileSync(join(folder, name), 'utf8').match(/['"`(]rules? \d+(?: and \d+)?:/g) ?? []);
const named = new Set(titles.flatMap((title) => title.match(/\d+/g) ?? []).map(Number));

describe('the rules of standard mode', () => {
  it.each(rules)('rule %d has a test with its number in the name', (rule) => {
    expect(named).toContain(rule);
  });
});
