import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { globalFlags } from '../../../src/cli/flags/global-flags.ts';
import { commandTree, loadCommand } from '../../../src/cli/run/command-tree.ts';
import { longFlag } from '../../../src/flags/flag-table.ts';
import { run } from '../fake-context.ts';

const commands = await Promise.all(commandTree.commands.map(loadCommand));
const flags = [globalFlags, ...commands.map((command) => command.flags)].flatMap((set) =>
  Object.keys(set).map((key) => longFlag(key)),
);
const words = [...new Set(commandTree.commands.flatMap((command) => command.words))];

/**
 * Words that look like podid's own, and words that nobody would type. Help, versions and the emulator end
 * well and are left out.
 */
const word = fc
  .oneof(
    fc.constantFrom(
      ...words,
      ...flags,
      '-g',
      '-n',
      '-c',
      '-y',
      '-o',
      '--',
      '-',
      '',
      '=',
      '--=',
      '-=',
      '-gx',
      '--no-',
      '-n=',
    ),
    fc.tuple(fc.constantFrom(...flags), fc.string()).map(([flag, value]) => `${flag}=${value}`),
    fc.string(),
    fc.string({ unit: 'grapheme' }),
    fc.constantFrom(
      '__proto__',
      'constructor',
      '--__proto__',
      '--constructor=x',
      'toString',
      '--hasOwnProperty',
    ),
  )
  .filter(
    (text) => !['--help', '-h', '--version', 'help', 'emulator'].includes(text) && !text.startsWith('-h'),
  );

const clusterless = ['emulator', 'schema', 'completion', 'from-az', 'token', 'policy', 'config', 'version'];

describe('any words at all', () => {
  it('are answered as a usage fault: no request, nothing on stdout, never a fault of podid', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...words), fc.array(word, { maxLength: 8 }), async (first, rest) => {
        // Without a cluster's name no command can run, whatever else is right, but for those that want none.
        fc.pre(
          !clusterless.includes(first) &&
            !rest.some((text) => /^(?:-c|--cluster-name|--cluster-id)/.test(text)),
        );
        const ran = await run([first, ...rest, '--output', 'json']);
        expect(ran, ran.stderr).toMatchObject({ exitCode: 2, stdout: '', requests: [] });
        // Another --output before this one may be what is wrong, and then the error is text.
        expect(ran.stderr).toMatch(/^(?:podid: |\{"code":"InvalidUsage")/);
      }),
      { numRuns: 500 },
    );
  });
});
