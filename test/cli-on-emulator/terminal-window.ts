import { execFile, execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import { expect } from 'vitest';

const run = promisify(execFile);

/** A real terminal with a program in it, by tmux: what stands on its screen is what a person would see. */
export interface TerminalWindow extends AsyncDisposable {
  /** The screen without blanks at the ends of lines; lines that the terminal had to break stay broken. */
  screen(): Promise<string>;
  /** All that was ever printed, lines whole again. */
  history(): Promise<string>;
  /** The screen with its colours, as escape sequences. */
  coloured(): Promise<string>;
  /** Keys by tmux's names: `Enter`, `Escape`, `Down`, `C-c`. */
  press(...keys: string[]): Promise<void>;
  type(text: string): Promise<void>;
  /** Waits until the screen shows it. */
  until(shown: string | RegExp): Promise<string>;
  /** Waits for the program's end. @returns its exit code */
  ended(): Promise<number>;
}

export interface WindowOptions {
  readonly columns?: number;
  readonly rows?: number;
  readonly env?: Readonly<Record<string, string>>;
}

export function hasTmux(): boolean {
  try {
    execFileSync('tmux', ['-V']);
    return true;
  } catch {
    return false;
  }
}

const retry = { timeout: 40_000, interval: 50 };

export async function openWindow(command: string, options: WindowOptions = {}): Promise<TerminalWindow> {
  const socket = `podid-test-${randomUUID()}`;
  const tmux = async (...words: string[]) =>
    (await run('tmux', ['-L', socket, '-f', '/dev/null', ...words])).stdout;
  const env = Object.entries({ TERM: 'xterm-256color', ...options.env }).flatMap(([name, value]) => [
    '-e',
    `${name}=${value}`,
  ]);
  const size = ['-x', String(options.columns ?? 100), '-y', String(options.rows ?? 40)];
  // tmux's own account of an exit code is lost now and then; the shell's is not.
  const script = `trap : INT; ${command}; printf '\\n[exit %s]\\n' "$?"; exec cat`;
  await tmux(
    ...['start-server', ';', 'set-option', '-sg', 'escape-time', '0', ';'],
    ...['set-option', '-g', 'status', 'off', ';'],
    ...['new-session', '-d', '-s', 'w', ...size, ...env, 'sh', '-c', script],
  );
  const capture = (...more: string[]) => tmux('capture-pane', '-p', '-t', 'w', ...more);
  const window: TerminalWindow = {
    screen: async () => (await capture()).trimEnd(),
    history: async () => (await capture('-J', '-S', '-')).trimEnd(),
    coloured: () => capture('-e'),
    press: async (...keys) => void (await tmux('send-keys', '-t', 'w', ...keys)),
    type: async (text) => void (await tmux('send-keys', '-t', 'w', '-l', text)),
    async until(shown) {
      await expect.poll(window.screen, retry).toMatch(shown);
      return await window.screen();
    },
    async ended() {
      const end = /\[exit (\d+)\]$/;
      await expect.poll(window.screen, retry).toMatch(end);
      return Number(end.exec(await window.screen())?.[1]);
    },
    async [Symbol.asyncDispose]() {
      await tmux('kill-server').catch(() => '');
    },
  };
  return window;
}
