import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const run = promisify(execFile);

describe('The closing line of a run of the tests', () => {
  it('adds up the rings, and names what failed and why before it', async () => {
    expect(
      await closingLines(
        [
          report(3, [
            {
              fullName: 'A list is sorted',
              status: 'failed',
              failureMessages: ['Error: expected 1 to be 2'],
            },
          ]),
          report(4, []),
        ],
        1,
      ),
    ).toEqual([
      'failed: test/a.test.ts A list is sorted',
      '  Error: expected 1 to be 2',
      '7 passed, 1 failed',
    ]);
  });

  it('names a test that failed first and passed when it was run again', async () => {
    const again = { fullName: 'A watch ends', status: 'passed', failureMessages: ['Error: not yet'] };
    expect(await closingLines([{ ...report(3, [again]), numFailedTests: 0 }], 0)).toEqual([
      'passed when run again: test/a.test.ts A watch ends',
      '  Error: not yet',
      '3 passed, 0 failed',
    ]);
  });

  it('names a file that could not be loaded', async () => {
    expect(
      await closingLines([{ ...report(0, [], "Cannot find module './gone.ts'"), numFailedTests: 0 }], 1),
    ).toEqual(['failed: test/a.test.ts', "  Cannot find module './gone.ts'", '0 passed, 1 failed']);
  });

  it('names what was left out by choice, with what runs it, and counts every other skipped test as failed', async () => {
    const skipped = { fullName: 'A takeover', status: 'skipped', failureMessages: [] };
    const byChoice = { ...skipped, meta: { leftOut: 'ALL=1 runs it' } };
    const of = (...results: readonly Assertion[]) => ({
      ...report(3, results),
      numFailedTests: 0,
      numPendingTests: results.length,
    });
    expect(await closingLines([of(byChoice)], 0)).toEqual([
      'left out: test/a.test.ts A takeover (ALL=1 runs it)',
      '3 passed, 0 failed',
    ]);
    expect((await closingLines([of(byChoice, skipped)], 0)).at(-1)).toBe('3 passed, 1 failed');
  });

  it('counts a step without tests that failed', async () => {
    expect(await closingLines([report(5, [])], 2)).toEqual(['5 passed, 2 failed']);
  });

  it('says nothing else where all is well', async () => {
    expect(await closingLines([report(5, [])], 0)).toEqual(['5 passed, 0 failed']);
  });
});

interface Assertion {
  readonly fullName: string;
  readonly status: string;
  readonly failureMessages: readonly string[];
  readonly meta?: { readonly leftOut: string };
}

function report(passed: number, assertionResults: readonly Assertion[], message = '') {
  return {
    numPassedTests: passed,
    numFailedTests: assertionResults.length,
    numPendingTests: 0,
    numTodoTests: 0,
    testResults: [{ name: join(process.cwd(), 'test/a.test.ts'), message, assertionResults }],
  };
}

async function closingLines(reports: readonly object[], failedSteps: number) {
  const folder = await mkdtemp(join(tmpdir(), 'podid-reports-'));
  try {
    await Promise.all(
      reports.map((content, number) => writeFile(join(folder, `${number}.json`), JSON.stringify(content))),
    );
    const command = run('node', ['scripts/count-tests.mjs', folder, String(failedSteps)], {
      env: { ...process.env, CI: 'true' },
    });
    const { stdout } = await command.catch((failure: { stdout: string }) => failure);
    return stdout.trimEnd().split('\n');
  } finally {
    await rm(folder, { recursive: true });
  }
}
