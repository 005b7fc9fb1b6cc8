import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type Emulator, startEmulator } from '../../src/emulator/start-emulator.ts';
import { root } from '../architecture/source-files.ts';

const execute = promisify(execFile);

interface Step {
  readonly run?: string;
  readonly script?: string;
  readonly inputs?: { readonly inlineScript?: string };
}

const page = await readFile(join(root, 'docs/ci.md'), 'utf8');
const blocks = [...page.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(([, text = '']) => text);
const [file = '', actions = '', pipelines = ''] = blocks;

let emulator: Emulator;
let folder = '';
beforeEach(async () => {
  emulator = await startEmulator();
  folder = await mkdtemp(join(tmpdir(), 'podid-ci-'));
  await writeFile(join(folder, 'pod-identities.yaml'), file);
  await program('podid', `exec ${process.execPath} ${join(root, 'bin/podid.js')} "$@"`);
  await program('npm', 'test "$*" = "install --global podid"');
});
afterEach(async () => {
  await emulator.stop();
  await rm(folder, { recursive: true, force: true });
});

async function program(name: string, line: string): Promise<void> {
  await writeFile(join(folder, name), `#!/bin/sh\n${line}\n`);
  await chmod(join(folder, name), 0o755);
}

/** As the runners do: each script in a bash of its own that ends at the first failure. */
async function runSteps(steps: readonly Step[], more: Readonly<Record<string, string>>): Promise<string[]> {
  const outputs: string[] = [];
  for (const step of steps) {
    const script = step.run ?? step.script ?? step.inputs?.inlineScript;
    if (script === undefined) {
      continue;
    }
    const { stdout } = await execute('bash', ['--norc', '-eo', 'pipefail', '-c', script], {
      cwd: folder,
      env: {
        ...emulator.environment,
        PATH: `${folder}:${process.env['PATH']}`,
        HOME: folder,
        CI: 'true',
        PODID_POLL_INTERVAL: '10ms',
        ...more,
      },
    });
    outputs.push(stdout);
  }
  return outputs;
}

describe('docs/ci.md', () => {
  it('has a file and two pipelines', () => {
    expect(blocks).toHaveLength(3);
  });

  it('has shell lines for GitHub Actions that do what they say', async () => {
    const workflow = parse(actions) as {
      env: Record<string, string>;
      jobs: { identities: { steps: Step[] } };
    };
    const summary = join(folder, 'summary.md');
    const env = { ...workflow.env, GITHUB_STEP_SUMMARY: summary };
    const first = await runSteps(workflow.jobs.identities.steps, env);
    expect(first).toHaveLength(3);
    expect(first[1]).toContain('+ pod identity demo/web');
    expect(await readFile(summary, 'utf8')).toMatch(/^```\n[\s\S]*legacy[\s\S]*```\n$/);
    expect(first[2]).toMatch(/web\s+demo\s+web\s+\S+\s+Assigned/);
    expect(first[2]).toContain('[]');
    const puts = () => emulator.requests.filter(({ operation }) => operation === 'clusters.put').length;
    expect(puts()).toBe(1);
    await runSteps(workflow.jobs.identities.steps, env);
    expect(puts()).toBe(1);
  });

  it('has shell lines for Azure Pipelines that do what they say', async () => {
    const pipeline = parse(pipelines) as { variables: Record<string, string>; steps: Step[] };
    const outputs = await runSteps(pipeline.steps, pipeline.variables);
    expect(outputs).toEqual(['', '']);
    const profile = [...emulator.world.clusters.values()][0]?.document['properties'];
    expect(JSON.stringify(profile)).toContain('"legacy"');
  });

  it('tries again after 7, and hands every other exit code on', async () => {
    const pipeline = parse(pipelines) as { variables: Record<string, string>; steps: Step[] };
    const script = pipeline.steps.at(-1);
    const ended = async (code: number) => {
      await writeFile(join(folder, 'calls'), '');
      await program('podid', `echo call >> ${join(folder, 'calls')}; exit ${code}`);
      const failure = await runSteps(script ? [script] : [], {}).catch(
        (error: { code: number }) => error.code,
      );
      const calls = (await readFile(join(folder, 'calls'), 'utf8')).split('\n').length - 1;
      return { failure, calls };
    };
    expect(await ended(7)).toEqual({ failure: 7, calls: 3 });
    expect(await ended(5)).toEqual({ failure: 5, calls: 1 });
  });
});
