import { describe, expect, it } from 'vitest';
import { doctorShape, doctorView } from '../../../src/cli/results/doctor-result.ts';
import { advice, Command, type Hint, hintText } from '../../../src/errors/hint.ts';
import { type Colours, noColours } from '../../../src/terminal/colours.ts';
import { resultText } from '../../../src/terminal/print-result.ts';
import type { CheckResult } from '../../../src/workflows/doctor/check.ts';

const scope =
  '/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/demo/providers/Microsoft.ManagedIdentity/userAssignedIdentities/web';
const checks: CheckResult[] = [
  { name: 'sign-in', result: 'pass', message: 'All is well.', hint: advice`not shown` },
  {
    name: 'operator-role',
    result: 'fail',
    message: `No role on ${scope}.`,
    hint: advice`podid doctor --fix`,
  },
  { name: 'own-roles', result: 'warn', message: 'One two three four five six seven eight nine ten.' },
];

const shown = doctorView({ checks }, false);

function textOf(value: unknown, width: number | undefined, colour = noColours): Promise<string> {
  const format = {
    format: 'table',
    width,
    colour,
    isTerminal: true,
    signs: String,
    hintText: (hint: Hint) => hintText(hint, 'posix', 'held'),
  } as const;
  return resultText(value, doctorShape(width), format);
}

describe("the doctor's table", () => {
  it.each([40, 60, 80, 200])('keeps every letter of a finding and fits in %i columns', async (width) => {
    const text = await textOf(shown, width);
    const lines = text.trimEnd().split('\n');
    const findings = lines.slice(1, -2).filter((line) => !line.startsWith('  →'));
    expect(Math.max(...findings.map((line) => line.length))).toBeLessThanOrEqual(width);
    expect(text).not.toContain('…');
    const words = findings.map((line) => line.slice('✗ operator-role'.length).trim());
    expect(words.join('').replaceAll(' ', '')).toBe(
      `Alliswell.Noroleon${scope}.Onetwothreefourfivesixseveneightnineten.`,
    );
  });

  it('has each hint on one line, to be copied, and none of what is well', async () => {
    const line = `podid add --identity-resource-id ${scope} --namespace demo`;
    const long = doctorView(
      {
        checks: [
          { name: 'a', result: 'fail', message: 'No.', hint: advice`${new Command(line.split(' '))}` },
        ],
      },
      false,
    );
    expect(await textOf(long, 40)).toContain(`\n  → ${line}\n`);
    expect(await textOf(shown, 80)).not.toContain('not shown');
  });

  it('is as wide as it gets where there is no width', async () => {
    expect((await textOf(shown, undefined)).trimEnd().split('\n')).toHaveLength(7);
  });

  it('ends with how it stands altogether', async () => {
    expect((await textOf(shown, 80)).split('\n').slice(-3)).toEqual([
      '',
      '3 checks: 1 failed, 1 warning, 1 passed.',
      '',
    ]);
  });

  it('paints marks and the last line by what they say', async () => {
    const paint = (name: string) => (text: string) => `<${name}>${text}</${name}>`;
    const colour = Object.fromEntries(
      (['bold', 'cyan', 'dim', 'green', 'red', 'yellow'] as const).map((name) => [name, paint(name)]),
    ) as unknown as Colours;
    const text = await textOf(shown, 200, colour);
    expect(text).toContain('<green>✓ sign-in</green>');
    expect(text).toContain('<red>✗ operator-role</red>');
    expect(text).toContain('<yellow>! own-roles</yellow>');
    expect(text).toContain(
      '3 checks: <red>1 failed</red>, <yellow>1 warning</yellow>, <green>1 passed</green>.',
    );
  });

  it('shows under --problems what failed or warns, and counts all', async () => {
    const problems = doctorView({ checks }, true) as { readonly checks: readonly CheckResult[] };
    expect(problems.checks.map(({ name }) => name)).toEqual(['operator-role', 'own-roles']);
    expect(await textOf(problems, 80)).toMatch(/3 checks: 1 failed, 1 warning, 1 passed\.\n$/);
    const well = doctorView({ checks: checks.slice(0, 1) }, true);
    expect(await textOf(well, 80)).toBe('1 check: 1 passed.\n');
  });
});
