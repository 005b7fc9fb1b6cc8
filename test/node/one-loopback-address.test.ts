import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { scenarioNames } from '../../src/cli/flags/scenario-names.ts';
import { root } from '../architecture/source-files.ts';

const execute = promisify(execFile);

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'podid-one-address-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/**
 * Linux answers to all of 127.0.0.0/8, macOS to 127.0.0.1 alone. The network goes with the program.
 *
 * @returns stdout @throws when the exit code is not 0
 */
async function onMacLoopback(program: string, ...words: readonly string[]): Promise<string> {
  const prepare = 'ip link set lo up && ip addr del 127.0.0.1/8 dev lo && ip addr add 127.0.0.1/32 dev lo';
  const { stdout } = await execute(
    'unshare',
    ['--net', 'sh', '-c', `${prepare} && exec "$@"`, '-', program, ...words],
    { cwd: root, env: { ...process.env, XDG_STATE_HOME: folder, XDG_CACHE_HOME: folder } },
  );
  return stdout;
}

const bindNext = `
  require('node:net').createServer()
    .on('error', ({ code }) => console.log(code))
    .listen(0, '127.0.0.2', function () { console.log('bound'); this.close(); });
`;

/** Starts an emulator of each scenario, asks it, and ends it as the terminal's user does. */
const tryScenarios = `
  set -eu
  podid() { "$NODE" -- bin/podid.js "$@"; }
  for name; do
    rm -f "$FOLDER/$name.env"
    "$NODE" -- bin/podid.js emulator --scenario "$name" --write-env "$FOLDER/$name.env" >/dev/null 2>"$FOLDER/$name.err" &
    emulator=$!
    while [ ! -e "$FOLDER/$name.env" ]; do kill -0 $emulator || { cat "$FOLDER/$name.err" >&2; exit 1; }; sleep 0.05; done
    (. "$FOLDER/$name.env" && podid status -o tsv --query networkPlugin >/dev/null)
    kill -INT $emulator
    wait $emulator && echo "$name"
  done
`;

describe('where loopback has 127.0.0.1 alone', () => {
  it('nothing can be bound to the next address', async () => {
    expect(await onMacLoopback(process.execPath, '--eval', bindNext)).toBe('EADDRNOTAVAIL\n');
  });

  it('the demo does what it says, with a node for each pod', async () => {
    const out = await onMacLoopback(process.execPath, 'scripts/demo.mjs');
    expect(out).toContain('each on a node of its own');
    expect(out).toContain('Every step did what it says.');
  });

  it('an emulator of every scenario starts, answers and ends', async () => {
    const variables = [`NODE=${process.execPath}`, `FOLDER=${folder}`];
    const out = await onMacLoopback('env', ...variables, 'sh', '-c', tryScenarios, '-', ...scenarioNames);
    expect(out.trimEnd().split('\n')).toEqual([...scenarioNames]);
  });

  it('the commands of the documents work, one page after the other', async () => {
    const vitest = join(root, 'node_modules/vitest/vitest.mjs');
    const pages = ['--project', 'emulator', 'test/docs-run/documents.test.ts', '--reporter=json'];
    const report = JSON.parse(await onMacLoopback(process.execPath, vitest, 'run', ...pages));
    expect(report).toMatchObject({ success: true, numFailedTests: 0 });
    expect(report.numPassedTests).toBeGreaterThan(20);
  });
});
