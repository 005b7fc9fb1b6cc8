// biome-ignore-all lint/suspicious/noTemplateCurlyInString: shell variables, not JavaScript's
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { globalFlags } from '../../../src/cli/flags/global-flags.ts';
import { translateScript } from '../../../src/cli/from-az/translate-script.ts';
import { parseCommandLine } from '../../../src/cli/run/command-line.ts';
import { commandTree } from '../../../src/cli/run/command-tree.ts';
import { readFlags, takeWord } from '../../../src/flags/read-flags.ts';
import { checkRest } from '../../../src/flags/unknown-words.ts';
import type { AzScript } from '../../../src/validate/az/az-script.ts';
import { readPosixScript } from '../../../src/validate/az/posix-script.ts';
import { withoutPrompts } from '../../../src/validate/az/transcript.ts';
import { readWindowsScript } from '../../../src/validate/az/windows-script.ts';
import { UsageFaults } from '../../../src/validate/usage-faults.ts';
import { azLines } from './az-lines.ts';
import { azScripts } from './az-scripts.ts';

describe('an az line', () => {
  it.each(azLines)('%j becomes %j', (line, expected) => {
    const { text, faults } = translateScript(line);
    if (typeof expected === 'object') {
      expect([text, faults.join(' ')]).toEqual(['', expected.refused]);
    } else {
      expect(faults).toEqual([]);
      expect(text).toBe({ kept: line, leftOut: '' }[expected] ?? expected);
    }
  });

  it('comes with notes of what is another there, and of what was left out', async () => {
    const told = azLines.map(([line]) =>
      [line, ...translateScript(line).notes.map((note) => `    ${note}`)].join('\n'),
    );
    await expect(`${told.join('\n\n')}\n`).toMatchFileSnapshot('az-line-notes.txt');
  });

  it.each([
    ['--yes', 'delete -g rg --cluster-name c --namespace n --name web --yes'],
    ['--yes', 'delete -g rg --cluster-name c --namespace n --name web -y'],
    ['--yes', 'exception delete -g rg --cluster-name c --namespace n --name web --yes'],
    ['--no-wait', 'list -g rg --cluster-name c --no-wait'],
    ['--no-wait', 'exception list -g rg --cluster-name c --no-wait'],
  ])('says that it left out %s of: %s', (flag, rest) => {
    const { text, notes, faults } = translateScript(`az aks pod-identity ${rest}`);
    expect(text).not.toContain(flag);
    expect([...notes, ...faults].join()).toContain(flag);
  });

  it('that becomes podid is one that podid itself reads', async () => {
    const scripts = [...azLines.map(([line]) => line), ...azScripts.map(({ script }) => script)];
    const commands = scripts.flatMap(podidCommands);
    expect(commands.length).toBeGreaterThan(100);
    const refused = await Promise.all(
      commands.map(async (words) => [words.join(' '), await faultsOf(words)]),
    );
    expect(refused.filter(([, faults]) => faults?.length !== 0)).toEqual([]);
  });
});

describe('a script of az', () => {
  it.each(azScripts)('$what', ({ script, becomes, notes = [] }) => {
    const translated = translateScript(script);
    expect(translated.faults).toEqual([]);
    expect(translated.text).toBe(becomes);
    expect(translated.notes).toEqual(expect.arrayContaining([...notes]));
  });

  it('is translated as a whole or not at all, and every line that is in the way is named', () => {
    const script = `az aks pod-identity list -g rg --cluster-name c
az aks pod-identity list -g rg
kubectl get pods
az aks update -g rg --disable-pod-identity
`;
    expect(translateScript(script)).toMatchObject({
      text: '',
      faults: [
        'line 2: az aks pod-identity list needs --cluster-name, which this command does not have.',
        'line 4: az aks update needs --name, which this command does not have.',
      ],
    });
  });

  it('that cannot be read is refused with the line', () => {
    const script = 'echo one\nif true; then\n  az aks pod-identity list -g rg --cluster-name c\n';
    expect(translateScript(script).faults[0]).toMatch(/^line \d: it cannot be read as a shell takes it: /);
  });

  it('keeps the line ends of Windows', () => {
    const script = 'az aks pod-identity list -g rg --cluster-name c\r\necho done\r\n';
    const { text } = translateScript(script);
    expect(text.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
    expect(text).toMatch(/podid list -g rg -c c\r\necho done\r\n$/);
  });

  it('that names one cluster names it for the commands that az gives none', () => {
    const assign = 'az vmss identity assign -g nodes -n pool1 --identities "$ID"';
    const list = (cluster: string) => `az aks pod-identity list -g rg --cluster-name ${cluster}\n`;
    const one = translateScript(list('c') + assign).text;
    expect(one).toContain('podid node assign -g rg -c c --node-resource-group nodes --vmss pool1');
    const two = translateScript(list('c') + list('d') + assign).text;
    expect(two).toContain('podid node assign --node-resource-group nodes --vmss pool1');
    expect(two).toContain('# podid: PODID_RESOURCE_GROUP and PODID_CLUSTER_NAME name the cluster');
  });

  it('without a command that podid knows is refused, whatever is in it, and nothing throws', () => {
    const piece = fc.constantFrom(
      ...['az ', 'aks ', 'pod-identity ', 'list ', '-g ', '"', "'", '`', '$(', ')', '(', '{', '}', '|', ';'],
      ...['\n', '\\\n', '`\n', '^\n', '#', '<#', '@"', '%A%', '$x = ', 'PS> ', '<a b>', '<<E\n', '> f', ' '],
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        const { text, faults } = translateScript(pieces.join(''));
        expect(faults.length > 0 || text !== undefined).toBe(true);
        expect(faults.length === 0 || text === '').toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it('keeps every line that is not of az', () => {
    const line = fc.constantFrom(
      'echo "a # b"',
      '# az aks pod-identity list',
      'for x in 1 2; do',
      'done',
      '  printf \'%s\\n\' "$x" | sort > out.txt',
      '',
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 8 }), (lines) => {
        const az = 'az aks pod-identity list -g rg --cluster-name c';
        const { text, faults } = translateScript([...lines, az].join('\n'));
        const kept = text.split('\n').filter((each) => !/^# podid: |^podid |^$/.test(each));
        const others = lines.filter((each) => each !== '');
        expect(faults.length > 0 || others.join('\n') === kept.join('\n')).toBe(true);
      }),
    );
  });
});

/** The words behind each `podid` that a script is given, with az's own reader turned to it. */
function podidCommands(script: string): string[][] {
  const { text } = translateScript(script);
  const turned = text.replace(/\baz\b/g, 'other').replace(/\bpodid\b/g, 'az');
  const { shell } = withoutPrompts(script);
  const { commands }: AzScript =
    shell === 'posix' ? readPosixScript(turned) : readWindowsScript(turned, shell);
  return commands.map(({ words }) => words.map((word) => word.text));
}

async function faultsOf(argv: readonly string[]): Promise<readonly string[]> {
  const faults = new UsageFaults();
  const { command, occurrences, rest } = await parseCommandLine(commandTree, argv);
  if (command === undefined) {
    return ['no command'];
  }
  const isHelp = readFlags(globalFlags, occurrences, faults).help;
  readFlags(command.flags, occurrences, isHelp ? new UsageFaults() : faults);
  checkRest(takeWord(rest, command.word, faults).rest, { ...globalFlags, ...command.flags }, {}, faults);
  return faults.messages;
}
