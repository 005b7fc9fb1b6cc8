// Adds up the JSON reports of the test rings and prints the closing line: "N passed, N failed". A step
// without tests that failed counts as one failure, so that the line never says 0 when something is wrong; and
// in CI a test that was skipped has failed. Vitest can merge reports, and counts neither.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const [folder, failedSteps] = process.argv.slice(2);
const reports = readdirSync(folder)
  .filter((name) => name.endsWith('.json'))
  .flatMap((name) => readReport(join(folder, name)));
const sum = (key) => reports.reduce((total, report) => total + report[key], 0);
const skipped = sum('numPendingTests') + sum('numTodoTests');
const failed = Math.max(sum('numFailedTests') + (process.env.CI ? skipped : 0), Number(failedSteps));
console.log(`${sum('numPassedTests')} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;

/** A ring that was ended in the middle of its report is a step that failed. */
function readReport(path) {
  try {
    return [JSON.parse(readFileSync(path, 'utf8'))];
  } catch {
    return [];
  }
}
