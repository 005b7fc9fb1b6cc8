import { setMaxListeners } from 'node:events';
import { advice, command } from '../../errors/hint.ts';
import { PodidError } from '../../errors/podid-error.ts';
import { createContext } from './context.ts';
import { runProgram } from './program.ts';

/**
 * The command line, from the words after `podid` to the process's exit code. Never ends the process itself:
 * what is written to a pipe has to get there first.
 */
export async function main(argv: readonly string[]): Promise<void> {
  const interruption = interruptionBy(process);
  // Until the command has finished: a process whose last handle went away while it waited has not succeeded.
  process.exitCode = 1;
  process.once('beforeExit', reportUnfinished);
  try {
    process.exitCode = await runProgram(argv, createContext(interruption.signal));
  } finally {
    process.off('beforeExit', reportUnfinished);
    interruption.end();
  }
}

function reportUnfinished(): void {
  process.stderr.write(
    'podid: podid stopped before the command finished, so its outcome is unknown.\nhint: podid status shows the state of the cluster\n',
  );
}

/**
 * What each signal that ends a command is to whoever started it. SIGHUP: the terminal was closed, a console window of
 * Windows, too, which ends the process some seconds later all the same; SIGBREAK: Ctrl-Break on Windows.
 */
const meanings = {
  SIGINT: 'Interrupted',
  SIGTERM: 'Terminated',
  SIGHUP: 'Terminated',
  SIGBREAK: 'Terminated',
} as const;

/** Listens until `end`. Once for each signal: a second Ctrl-C does what Ctrl-C does everywhere. */
export function interruptionBy(process: NodeJS.EventEmitter): {
  readonly signal: AbortSignal;
  end(): void;
} {
  const controller = new AbortController();
  // Every request under way listens to it, and Node warns of more than ten.
  setMaxListeners(0, controller.signal);
  const listeners = Object.entries(meanings).map(([name, code]) => {
    const abort = () => controller.abort(interruptedBy(code));
    process.once(name, abort);
    return { name, abort };
  });
  return {
    signal: controller.signal,
    end: () => {
      for (const { name, abort } of listeners) {
        process.off(name, abort);
      }
    },
  };
}

function interruptedBy(code: 'Interrupted' | 'Terminated'): PodidError {
  return new PodidError(code, `${code}. Azure finishes what it has accepted.`, {
    hint: advice`${command('podid status')}  # shows the state of the cluster; to wait for it: ${command('podid wait --for idle')}`,
  });
}
