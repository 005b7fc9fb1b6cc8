import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseStatements } from './parse-statements.ts';
import { readZip } from './read-zip.ts';

export interface KubectlRun {
  /** `command` of the request. */
  readonly text: string;
  /** `context` of the request: a zip in base64, or empty. */
  readonly context: string;
  /** Of the cluster it runs in. */
  readonly kubeconfig: string;
  /** Found as PATH finds it. */
  readonly path: string;
  readonly signal: AbortSignal;
}

export interface KubectlEnd {
  readonly exitCode: number;
  readonly logs: string;
}

/** As much of an output as Azure hands on. */
const longestLogs = 512_000;

/**
 * Runs the kubectl commands of a text in a folder of their own that holds the context's files.
 * @throws Error that says why nothing could be run
 */
export async function runKubectl(run: KubectlRun): Promise<KubectlEnd> {
  const statements = parseStatements(run.text);
  const files = run.context === '' ? [] : [...readZip(Buffer.from(run.context, 'base64'))];
  const folder = await mkdtemp(join(tmpdir(), 'podid-run-command-'));
  try {
    const kubeconfig = join(folder, '.kubeconfig');
    await writeFile(kubeconfig, run.kubeconfig, { mode: 0o600 });
    for (const [name, content] of files) {
      await writeFile(join(folder, name), content, { mode: 0o600 });
    }
    const env = { PATH: run.path, HOME: folder, KUBECONFIG: kubeconfig };
    let logs = '';
    let exitCode = 0;
    for (const { words, after } of statements) {
      if (after === '&&' && exitCode !== 0) {
        continue;
      }
      const end = await runOne(words, { cwd: folder, env, signal: run.signal });
      logs += end.logs;
      exitCode = end.exitCode;
    }
    return { exitCode, logs: Buffer.from(logs).subarray(0, longestLogs).toString('utf8') };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function runOne(
  [program = '', ...args]: readonly string[],
  options: { readonly cwd: string; readonly env: NodeJS.ProcessEnv; readonly signal: AbortSignal },
): Promise<KubectlEnd> {
  return new Promise((done, fail) => {
    const child = spawn(program, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    const chunks: Buffer[] = [];
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    }
    child.on('error', (error: NodeJS.ErrnoException) =>
      fail(error.code === 'ENOENT' ? new Error('kubectl is not on the PATH of the emulator') : error),
    );
    child.on('close', (code) => done({ exitCode: code ?? 1, logs: Buffer.concat(chunks).toString('utf8') }));
  });
}
