// Adds up the JSON reports of the test rings. Names each test that failed, or passed only when it was run again,
// with its reason: a long run is often kept by its last lines alone. Then prints the closing line: "N passed, N
// failed". A step without tests that failed counts as one failure, so that the line never says 0 when something is
// wrong; and in CI a test that was skipped has failed, but for those that are left out by choice, which are named with
// what runs them. Vitest can merge reports, and does none of these.
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { stripVTControlCharacters } from 'node:util';

const [folder, failedSteps] = process.argv.slice(2);
const reports = readdirSync(folder)
  .filter((name) => name.endsWith('.json'))
  .flatMap((name) => readReport(join(folder, name)));
const sum = (key) => reports.reduce((total, report) => total + report[key], 0);
const files = reports.flatMap((report) => report.testResults);
for (const file of files) {
  tellFailures(file);
}
const leftOut = files.flatMap(leftOutOf);
for (const line of leftOut) {
  console.log(line);
}
const skipped = sum('numPendingTests') + sum('numTodoTests') - leftOut.length;
const failed = Math.max(sum('numFailedTests') + (process.env.CI ? skipped : 0), Number(failedSteps));
console.log(`${sum('numPassedTests')} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;

/** @param file a report's entry for one test file; one that could not be loaded has a message and no tests */
function tellFailures({ name, message, assertionResults }) {
  const file = relative(process.cwd(), name);
  const faults = assertionResults.filter(({ failureMessages }) => failureMessages.length > 0);
  if (faults.length === 0 && message) {
    console.log(`failed: ${file}\n${beginning(message)}`);
  }
  for (const { fullName, status, failureMessages } of faults) {
    const what = status === 'passed' ? 'passed when run again' : 'failed';
    console.log(`${what}: ${file} ${fullName}\n${beginning(failureMessages.join('\n'))}`);
  }
}

/** A line for each test that was skipped and says itself, in its `meta`, how it is run. */
function leftOutOf({ name, assertionResults }) {
  return assertionResults
    .filter(({ status, meta }) => status === 'skipped' && meta?.leftOut)
    .map(({ fullName, meta }) => `left out: ${relative(process.cwd(), name)} ${fullName} (${meta.leftOut})`);
}

/** The lines of a message that say what is wrong and where, set in. */
function beginning(message) {
  return stripVTControlCharacters(message)
    .split('\n')
    .slice(0, 12)
    .map((line) => `  ${line.slice(0, 300)}`)
    .join('\n');
}

/** A ring that was ended in the middle of its report is a step that failed. */
function readReport(path) {
  try {
    return [JSON.parse(readFileSync(path, 'utf8'))];
  } catch {
    return [];
  }
}
