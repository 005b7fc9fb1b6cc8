import type { Spinner } from './progress.ts';

/**
 * A spinner on stderr that leaves signals to the program: a change under way is not ended by the spinner's
 * own exit.
 */
export async function terminalSpinner(isUtf8: boolean): Promise<Spinner> {
  const { default: yoctoSpinner } = await import('yocto-spinner');
  const frames = isUtf8 ? {} : { spinner: asciiFrames };
  return yoctoSpinner({ stream: process.stderr, handleSignals: false, ...frames });
}

const asciiFrames = { frames: ['-', '\\', '|', '/'], interval: 120 };
