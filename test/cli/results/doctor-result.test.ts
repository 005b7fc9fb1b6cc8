import { describe, expect, it } from 'vitest';
import { doctorShape } from '../../../src/cli/results/doctor-result.ts';
import { advice } from '../../../src/errors/hint.ts';
import { noColours } from '../../../src/terminal/colours.ts';
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

describe("the doctor's table", () => {
  it.each([40, 60, 80, 200])('keeps every letter and fits in %i columns', async (width) => {
    const text = await resultText({ checks }, doctorShape(width), {
      format: 'table',
      width,
      colour: noColours,
      isTerminal: true,
      hintText: String,
    });
    const lines = text.trimEnd().split('\n');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(width);
    expect(text).not.toContain('…');
    const findings = lines.slice(1).map((line) => line.slice('✗ operator-role'.length).trim());
    expect(findings.join('').replaceAll(' ', '')).toBe(
      `Alliswell.Noroleon${scope}.→podiddoctor--fixOnetwothreefourfivesixseveneightnineten.`,
    );
  });

  it('is as wide as it gets where there is no width', async () => {
    const text = await resultText({ checks }, doctorShape(undefined), {
      format: 'table',
      width: undefined,
      colour: noColours,
      isTerminal: true,
      hintText: String,
    });
    expect(text.trimEnd().split('\n')).toHaveLength(5);
  });
});
