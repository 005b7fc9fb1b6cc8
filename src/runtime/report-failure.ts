import { messageText, plainText } from '../errors/plain-text.ts';
import { isPodidError } from '../errors/podid-error.ts';

/** Writes to stderr why a daemon ends, with the hint, and leaves the exit code; a fault of its own with its stack. */
export function reportFailure(program: string, error: unknown): void {
  if (isPodidError(error)) {
    const hint = error.hint === undefined ? '' : `hint: ${plainText(String(error.hint))}\n`;
    process.stderr.write(`${program}: ${messageText(error.message)}\n${hint}`);
    process.exitCode = error.exitCode;
    return;
  }
  const text = error instanceof Error ? (error.stack ?? '') : String(error);
  process.stderr.write(`${program}: ${messageText(text)}\n`);
  process.exitCode = 1;
}
