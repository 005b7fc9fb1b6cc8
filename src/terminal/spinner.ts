import type { Spinner } from './progress.ts';

/**
 * A spinner on stderr that leaves signals to the program: a change under way is not ended by the spinner's
 * own exit.
 */
export async function terminalSpinner(): Promise<Spinner> {
  const { default: yoctoSpinner } = await import('yocto-spinner');
  return yoctoSpinner({ stream: process.stderr, handleSignals: false });
}
