import { spawn } from 'node:child_process';
import { realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { RunningAgent } from './context.ts';

/** Put in place by the bundler of the executable that needs no Node: all programs are that one file. */
declare const PODID_IN_ONE_FILE: boolean | undefined;
const isOneFile = typeof PODID_IN_ONE_FILE === 'boolean';

type Environment = Readonly<Record<string, string | undefined>>;

/** podid once more, for which nobody waits. */
export function startDetached(words: readonly string[], env: Environment): void {
  const [, script] = process.argv;
  if (script === undefined) {
    return;
  }
  const child = spawn(process.execPath, isOneFile ? words : [script, ...words], {
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
  const child = spawn(process.execPath, [agentOfThisProgram(), ...words], {
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

/** The first word after the executable's name that makes it the agent. */
function agentOfThisProgram(): string {
  const [, script = ''] = process.argv;
  return isOneFile ? 'podid-nmi' : join(dirname(realpathSync(script)), 'podid-nmi.js');
}
