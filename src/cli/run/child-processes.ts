import { spawn } from 'node:child_process';
import { realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { RunningAgent } from './context.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** podid once more, for which nobody waits. */
export function startDetached(words: readonly string[], env: Environment): void {
  const [program, script] = process.argv;
  if (program === undefined || script === undefined) {
    return;
  }
  const child = spawn(program, [script, ...words], {
    detached: true,
    stdio: 'ignore',
    env,
    windowsHide: true,
  });
  // One that cannot be started is one that does nothing.
  child.on('error', () => undefined);
  child.unref();
}

/** The node agent that stands beside podid. */
export function startAgent(words: readonly string[], env: Environment): RunningAgent {
  const [program = 'node', script = ''] = process.argv;
  const agent = join(dirname(realpathSync(script)), 'podid-nmi.js');
  const child = spawn(program, [agent, ...words], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env,
    windowsHide: true,
  });
  let lastText = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    lastText = (lastText + text).slice(-2000);
  });
  const ended = new Promise<string>((resolve) => {
    child.on('error', (error) => resolve(error.message));
    child.on('close', () => resolve(lastText.trim().split('\n').at(-1) ?? ''));
  });
  return {
    ended,
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}
