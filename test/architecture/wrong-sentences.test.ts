// biome-ignore-all lint/suspicious/noTemplateCurlyInString: templates as they stand in the sources
import { describe, expect, it } from 'vitest';
import { settingNames } from '../../src/cli/config/settings.ts';
import { counted } from '../../src/domain/counted.ts';
import { pod } from '../../src/workflows/doctor/checks/pod.ts';
import { run, subscriptionId } from '../cli/fake-context.ts';
import { oneCluster } from '../cli/one-cluster.ts';
import { evidenceOf } from '../workflows/doctor/evidence-in-test.ts';
import { sourceFiles } from './source-files.ts';

const where = `-g demo -c demo --subscription ${subscriptionId}`;
const exception = { namespace: 'shop', name: 'old', podLabels: { app: 'old' } };
const cluster = oneCluster({ exceptions: [exception] });

async function printed(line: string | readonly string[]): Promise<string> {
  const { stdout, stderr } = await run(line, { cluster });
  return stdout + stderr;
}

function doctorOnPod(phase: string): string {
  const one = { namespace: 'demo', name: 'sp-pod', nodeName: 'node-1', phase, labels: {} };
  const evidence = evidenceOf({
    pods: [one as never],
    objects: {} as never,
    subject: { namespace: 'demo', pod: 'sp-pod' },
  });
  return JSON.stringify(pod.judge(evidence));
}

/** Sentences that podid has printed once: what printed them, what was wrong, and what is right. */
const places: readonly (readonly [string, () => Promise<string> | string, RegExp, string])[] = [
  [
    'Pod sp-pod is .',
    () => doctorOnPod(''),
    /sp-pod(?: is)? \.|: \.|is \./,
    'Pod sp-pod does not run: its phase is not known.',
  ],
  [
    'Nearest: app=',
    () => printed(`exception add ${where} --namespace shop --name x --pod-labels app`),
    /Nearest: app=(?!VALUE)/,
    'Nearest: app=VALUE',
  ],
  [
    'Nearest: app=, of a second equals sign',
    () => printed(`exception add ${where} --namespace shop --name x --pod-labels app==b`),
    /Nearest: app=(?![\w-])/,
    '--pod-labels',
  ],
  [
    "-v stands before the command's word",
    () => printed('-v list'),
    /stands before|comes after it/,
    'This command has no flag -v.',
  ],
  [
    '--nope stands before the command',
    () => printed('--ignore-not-found delete'),
    /stands before|comes after it/,
    '--ignore-not-found must come after the command, not before it.',
  ],
  [
    '"foo" is none of managed-identity',
    () => printed(`list ${where} --auth foo`),
    /is none of/,
    '"foo" is not one of ',
  ],
  ['1 exceptions', () => printed(`disable ${where}`), /\b1 \w+s\b/, '1 exception'],
  [
    'public-fqdn: "yes" is not true or false: true, false',
    () => printed('config set public-fqdn yes'),
    /is not true or false/,
    '"yes" is not one of these: true, false.',
  ],
];

describe('a sentence that was wrong once', () => {
  it.each(places)('does not come back at its place: %s', async (_sentence, print, wrong, right) => {
    const text = await print();
    expect(text).not.toMatch(wrong);
    expect(text).toContain(right);
  });

  it('is that of no other setting: none says its choices twice', async () => {
    for (const name of settingNames) {
      const text = await printed(['config', 'set', name, '%%/%%']);
      const [, noun = '', rule = ''] = /is not ([^:]+): (.*)/.exec(text) ?? [];
      const choices = rule.split(/[,.] ?/).filter((word) => /^[a-z]+$/.test(word));
      expect([name, choices.filter((word) => noun.split(' ').includes(word))]).toEqual([name, []]);
    }
  });
});

/** What must stand in no text of podid's: how it looks in the source, and how it would be read. */
const patterns: readonly (readonly [string, RegExp, string])[] = [
  ['a word twice', /\b(?<word>is|the|of|and|for|by|with|are|at|was|has) \k<word>\b/, "'Pod is is ready'"],
  ['on on, but for "turn the add-on on"', /(?<!add-)\bon on\b/, "'Pod identity is on on cluster'"],
  [
    'exceptions, however many',
    /^(?!.* === 1 \?).*\$\{[^{}]*(?:length|count|size)\} (?:exceptions|objects|instances)\b/,
    '`${list.length} exceptions`',
  ],
  ['is none of', /\bis none of\b/, "'x is none of a, b'"],
  ['stands before', /stands before the command/, "'-v stands before the command'"],
  [
    'an end that may be empty',
    /Pod \$\{\w+(?:\.\w+)?\} is \$\{\w+(?:\.\w+)?\}\./,
    '`Pod ${name} is ${phase}.`',
  ],
];

/** Lines of texts, without comments. */
const lines = sourceFiles('src')
  .filter(({ path }) => !path.startsWith('src/emulator/'))
  .flatMap(({ path, text }) =>
    text
      .split('\n')
      .filter((line) => /['"`]/.test(line) && !/^\s*(?:\*|\/\/|\/\*)/.test(line))
      .map((line) => ({ path, line: line.trim() })),
  );

describe('no text of podid has', () => {
  it.each(patterns)('%s', (_what, pattern, example) => {
    expect(lines.length).toBeGreaterThan(5000);
    expect(example).toMatch(pattern);
    expect(lines.filter(({ line }) => pattern.test(line))).toEqual([]);
  });
});

describe('a count', () => {
  it.each([
    [counted(1, 'exception'), '1 exception'],
    [counted(0, 'exception'), '0 exceptions'],
    [counted(1, 'entry', 'entries'), '1 entry'],
    [counted(2, 'entry', 'entries'), '2 entries'],
  ])('reads "%s"', (text, right) => {
    expect(text).toBe(right);
  });
});
