import { type ExecFileException, execFile, spawnSync } from 'node:child_process';

export interface ToolResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ToolInput {
  readonly stdin?: string;
  readonly signal?: AbortSignal;
}

/** Runs one of the node's network tools; a port, so that tests can stand in for the kernel. */
export type RunTool = (tool: string, args: readonly string[], input?: ToolInput) => Promise<ToolResult>;

/** The rules could not be written or read. `hint` says what to look at on the node. */
export class RulesError extends Error {
  override readonly name = 'RulesError';
  readonly hint: string | undefined;

  constructor(message: string, hint?: string, options?: ErrorOptions) {
    super(message, options);
    this.hint = hint;
  }
}

const limits = { timeout: 10_000, maxBuffer: 64 * 1024 * 1024 };

/**
 * The tool itself, from PATH, killed after ten seconds: the kernel's lock is held for milliseconds.
 * An exit code other than 0 is an answer and no error.
 * @throws RulesError when the tool is missing or hangs
 */
export const runTool: RunTool = (tool, args, input = {}) =>
  new Promise((resolve, reject) => {
    const child = execFile(
      tool,
      [...args],
      { ...limits, ...(input.signal && { signal: input.signal }) },
      (error, stdout, stderr) => {
        if (error === null) {
          resolve({ code: 0, stdout, stderr });
        } else if (typeof error.code === 'number') {
          resolve({ code: error.code, stdout, stderr });
        } else {
          reject(error.name === 'AbortError' ? error : toolFailed(tool, error));
        }
      },
    );
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input.stdin ?? '');
  });

/**
 * The same, and nothing else of this process runs until the tool has ended: a third of the processor time, for a process
 * that has nothing else to do yet. It takes no signal.
 * @throws RulesError when the tool is missing or hangs
 */
export const runToolAtOnce: RunTool = async (tool, args, { stdin } = {}) => {
  const { error, status, stdout, stderr } = spawnSync(tool, args, {
    ...limits,
    encoding: 'utf8',
    ...(stdin === undefined ? { stdio: ['ignore', 'pipe', 'pipe'] } : { input: stdin }),
  });
  if (error !== undefined || status === null) {
    throw toolFailed(tool, error);
  }
  return { code: status, stdout, stderr };
};

/**
 * Runs a tool that must succeed.
 * @throws RulesError with what the tool printed
 */
export async function mustRun(
  run: RunTool,
  tool: string,
  args: readonly string[],
  input: ToolInput = {},
): Promise<string> {
  const { code, stdout, stderr } = await run(tool, args, input);
  if (code !== 0) {
    const output = stderr.trim().split('\n')[0] ?? '';
    throw new RulesError(
      `${tool} ${args.join(' ')} ended with ${code}: ${output}`,
      /not permitted|denied/i.test(output)
        ? 'The process that writes rules needs the capability NET_ADMIN.'
        : undefined,
    );
  }
  return stdout;
}

function toolFailed(tool: string, cause: ToolError | undefined): RulesError {
  if (cause?.code === 'ENOENT') {
    return new RulesError(
      `The tool ${tool} is not installed.`,
      `Install ${tool}, or use the image of podid.`,
    );
  }
  return new RulesError(`${tool} did not end in time.`, undefined, { cause });
}

interface ToolError extends Error {
  readonly code?: ExecFileException['code'];
}
