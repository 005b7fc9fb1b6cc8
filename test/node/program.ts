import { spawn } from 'node:child_process';

export interface Program {
  readonly pid: number;
  /** All lines of stdout and stderr so far. */
  readonly lines: readonly string[];
  /**
   * Resolves with the first line that matches, also one printed before; rejects when the program ends without
   * it.
   */
  line(pattern: RegExp): Promise<string>;
  /** Resolves when so many lines match; rejects when the program ends with fewer. */
  lineCount(pattern: RegExp, count: number): Promise<void>;
  /** Sends a signal and waits for the end; returns exit code or signal. */
  stop(signal: NodeJS.Signals): Promise<number | NodeJS.Signals | null>;
  signal(signal: NodeJS.Signals): void;
  /** Writes a line to its stdin, where it was started with one. */
  say(line: string): void;
  readonly ended: Promise<number | NodeJS.Signals | null>;
}

/** Starts a program and collects what it prints. */
export function startProgram(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  { listens = false }: { readonly listens?: boolean } = {},
): Program {
  const child = spawn(command, args, {
    env: { ...process.env, ...env },
    stdio: [listens ? 'pipe' : 'ignore', 'pipe', 'pipe'],
  });
  // It has ended before it was told.
  child.stdin?.on('error', () => undefined);
  const lines: string[] = [];
  const waiting = new Set<() => void>();
  let over = false;
  const notify = () => {
    for (const look of waiting) {
      look();
    }
  };
  for (const stream of [child.stdout, child.stderr].filter((one) => one !== null)) {
    let rest = '';
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      const parts = (rest + chunk).split('\n');
      rest = parts.pop() ?? '';
      lines.push(...parts);
      notify();
    });
  }
  const ended = new Promise<number | NodeJS.Signals | null>((resolve) => {
    child.on('error', (error) => lines.push(String(error)));
    child.on('close', (code, signal) => {
      over = true;
      notify();
      resolve(code ?? signal);
    });
  });
  const seen = <Found>(pattern: RegExp, find: () => Found | undefined): Promise<Found> =>
    new Promise((resolve, reject) => {
      const look = () => {
        const found = find();
        if (found !== undefined || over) {
          waiting.delete(look);
          found === undefined
            ? reject(new Error(`${command} ${args.join(' ')} ended without ${pattern}:\n${lines.join('\n')}`))
            : resolve(found);
        }
      };
      waiting.add(look);
      look();
    });
  return {
    pid: child.pid ?? 0,
    lines,
    line: (pattern) => seen(pattern, () => lines.find((line) => pattern.test(line))),
    async lineCount(pattern, count) {
      await seen(pattern, () =>
        lines.filter((line) => pattern.test(line)).length >= count ? true : undefined,
      );
    },
    signal: (signal) => child.kill(signal),
    say: (line) => void child.stdin?.write(`${line}\n`),
    stop(signal) {
      if (!over) {
        child.kill(signal);
      }
      return ended;
    },
    ended,
  };
}
