import { advice } from '../../errors/hint.ts';
import { plainText } from '../../errors/plain-text.ts';
import { PodidError } from '../../errors/podid-error.ts';
import { wrapText } from '../wrap-text.ts';
import { watchEndOfInput } from './end-of-input.ts';

export interface AskOptions {
  /** Both ends are terminals: somebody reads the question and can answer it. */
  readonly interactive: boolean;
  /** `--yes`. */
  readonly yes: boolean;
  readonly signal: AbortSignal;
  /** Called before the question shows, so that no spinner draws over it. */
  readonly before: () => void;
  /** Called after a No. */
  readonly refused: () => void;
}

/** The `Confirm` of the command line. The question goes to stderr: stdout holds nothing but the result. */
export function confirmOnTerminal(options: AskOptions): (question: string) => Promise<boolean> {
  return async (question) => {
    if (options.yes) {
      return true;
    }
    if (!options.interactive) {
      throw new PodidError(
        'ConfirmationRequired',
        `${plainText(question)} This needs an answer, and there is no terminal to ask on.`,
        {
          hint: advice`the same command with --yes`,
        },
      );
    }
    options.before();
    const agreed = await askYesOrNo(question, options.signal);
    if (!agreed) {
      options.refused();
    }
    return agreed;
  };
}

/** What stands before and behind it on its line. */
const besideQuestion = '? '.length + ' (y/N) '.length;

/** Broken between words, below its own first one. */
export function asked(question: string, columns: number | undefined): string {
  return wrapText(plainText(question), columns && columns - besideQuestion).join('\n  ');
}

async function askYesOrNo(question: string, signal: AbortSignal): Promise<boolean> {
  const { default: inquirer } = await import('inquirer');
  const end = watchEndOfInput();
  const prompt = inquirer.createPromptModule({
    output: process.stderr,
    signal: AbortSignal.any([signal, end.signal]),
  });
  try {
    const { answer } = await prompt<{ answer: boolean }>([
      { type: 'confirm', name: 'answer', message: asked(question, process.stderr.columns), default: false },
    ]);
    return answer;
  } catch (error) {
    if (signal.aborted) {
      throw signal.reason;
    }
    // The prompt reads the keyboard raw, so Ctrl-C reaches it and not the process.
    if (end.signal.aborted || (error instanceof Error && error.name === 'ExitPromptError')) {
      throw new PodidError('Interrupted', 'Interrupted before anything was changed.');
    }
    throw error;
  } finally {
    end.stop();
  }
}
