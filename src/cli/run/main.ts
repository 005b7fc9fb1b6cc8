import { advice, command } from '../../errors/hint.ts';
import { PodidError } from '../../errors/podid-error.ts';
import { createContext } from './context.ts';
import { runProgram } from './program.ts';

/**
 * The command line, from the words after `podid` to the process's exit code. Never ends the process itself:
 * what is written to a pipe has to get there first.
 */
export async function main(argv: readonly string[]): Promise<void> {
  const interruption = new AbortController();
  const interrupt = () => interruption.abort(interruptedBy('Interrupted'));
  const terminate = () => interruption.abort(interruptedBy('Terminated'));
  // Once each: a second Ctrl-C does what Ctrl-C does everywhere.
  process.once('SIGINT', interrupt);
  process.once('SIGTERM', terminate);
  // The terminal was closed.
  process.once('SIGHUP', terminate);
  // Until the command has finished: a process whose last handle went away while it waited has not succeeded.
  process.exitCode = 1;
  process.once('beforeExit', reportUnfinished);
  try {
    process.exitCode = await runProgram(argv, createContext(interruption.signal));
  } finally {
    process.off('beforeExit', reportUnfinished);
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', terminate);
    process.off('SIGHUP', terminate);
  }
}

function reportUnfinished(): void {
  process.stderr.write(
    'podid: podid stopped before the command finished, so its outcome is unknown.\nhint: podid status shows the state of the cluster\n',
  );
}

function interruptedBy(code: 'Interrupted' | 'Terminated'): PodidError {
  return new PodidError(code, `${code}. Azure finishes what it has accepted.`, {
    hint: advice`${command('podid status')} shows the state of the cluster, and ${command('podid wait --for idle')} waits for it`,
  });
}
