import { spawn } from 'node:child_process';
import { systemErrorCode } from '../../errors/system-error-code.ts';

export interface ToolEnd {
  readonly stdout: string;
  readonly stderr: string;
  /** `exited`: with `exitCode`. */
  readonly how: 'exited' | 'not found' | 'too slow';
  readonly exitCode: number;
}

export interface ToolRun {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
  /** For tests; absent: this machine's. */
  readonly platform?: NodeJS.Platform;
}

const mostBytes = 1024 * 1024;

/**
 * Runs az or azd by its name, for what it prints. It starts in a folder that nobody else writes to, since the shell of
 * Windows takes programs of the current one.
 *
 * @param words checked by the caller: on Windows, where the tools are scripts, a shell reads them
 * @throws the signal's reason
 */
export async function runTool(name: string, words: readonly string[], run: ToolRun): Promise<ToolEnd> {
  const { environment, timeoutMs, signal } = run;
  signal?.throwIfAborted();
  const isWindows = (run.platform ?? process.platform) === 'win32';
  // As one line: Node deprecates a list of words together with a shell (DEP0190).
  const [program, list] = isWindows ? [[name, ...words].join(' '), []] : [name, [...words]];
  const child = spawn(program, list, {
    env: environment,
    cwd: isWindows ? environment['SystemRoot'] || 'C:\\Windows' : '/',
    shell: isWindows,
    stdio: ['ignore', 'pipe', 'pipe'],
    windowsHide: true,
    ...(signal === undefined ? {} : { signal }),
  });
  const texts = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text: string) => {
      texts[stream] = (texts[stream] + text).slice(0, mostBytes);
    });
  }
  let isSlow = false;
  const timer = setTimeout(() => {
    isSlow = true;
    child.kill('SIGKILL');
    // A child of the tool's own may hold the pipes open.
    child.stdout.destroy();
    child.stderr.destroy();
  }, timeoutMs);
  const end = await new Promise<number | string>((resolve) => {
    child.on('error', (error) => resolve(systemErrorCode(error) ?? 'error'));
    child.on('close', (code) => resolve(code ?? 1));
  });
  clearTimeout(timer);
  signal?.throwIfAborted();
  const isMissing =
    typeof end === 'string' || end === 127 || /is not recognized|^\S+: .*not found/.test(texts.stderr);
  const how = isSlow ? 'too slow' : isMissing && texts.stdout === '' ? 'not found' : 'exited';
  return { ...texts, how, exitCode: typeof end === 'number' ? end : 1 };
}
