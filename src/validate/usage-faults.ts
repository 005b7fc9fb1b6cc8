import type { Hint } from '../errors/hint.ts';
import { PodidError } from '../errors/podid-error.ts';

/** Why a value is not what its flag takes. */
export interface Breach {
  /** What the value would have to be, as the end of "… is not a namespace: ". */
  readonly rule: string;
  /** The nearest legal value, where there is one. */
  readonly nearest?: string | undefined;
}

/** Undefined when the text keeps the rule. */
export type Rule = (text: string) => Breach | undefined;

interface Fault {
  readonly flag: string;
  readonly message: string;
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
  /** The command that helps, where nothing else is wrong. */
  readonly next?: Hint;
}

/** What is wrong at a place of a file. */
interface LocatedFault {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** Without the place. */
  readonly what: string;
}

/**
 * Collects what is wrong with a command line, so that one answer names it all. A value that breaks its rule
 * is handed back as it is: `throwIfAny` comes before anyone uses it.
 */
export class UsageFaults {
  readonly #faults: Fault[] = [];

  /**
   * @param message a full sentence that names the flag and, where there is one, the value
   * @param next the command that helps, for the hint where nothing else is wrong
   */
  add(flag: string, message: string, next?: Hint): void {
    // Who notices a fault does not know who has noticed it before.
    if (!this.messages.includes(message)) {
      this.#faults.push({ flag, message, ...(next === undefined ? {} : { next }) });
    }
  }

  missing(flag: string, what: string): void {
    this.add(flag, `${flag} is missing: ${what}.`);
  }

  /** @param noun what the value should be, with its article: `a namespace` */
  check(flag: string, text: string, noun: string, rule: Rule): string {
    const breach = rule(text);
    if (breach !== undefined) {
      this.add(flag, `${flag}: ${breachText(text, noun, breach)}`);
    }
    return text;
  }

  /**
   * A fault in what a flag's file holds: the message begins with its place, as compilers and editors have it.
   */
  addAt(
    place: { readonly file: string; readonly line: number; readonly column: number },
    message: string,
    flag = '--file',
  ): void {
    const { file, line, column } = place;
    this.#faults.push({
      flag,
      message: `${file}:${line}:${column}: ${message}`,
      file,
      line,
      column,
    });
  }

  /** As `check`, for a value at a place in a file. */
  checkAt(place: Parameters<UsageFaults['addAt']>[0], text: string, noun: string, rule: Rule): boolean {
    const breach = rule(text);
    if (breach !== undefined) {
      this.addAt(place, breachText(text, noun, breach));
    }
    return breach === undefined;
  }

  get messages(): readonly string[] {
    return this.#faults.map(({ message }) => message);
  }

  /** Those that have a place in a file. */
  get located(): readonly LocatedFault[] {
    return this.#faults.flatMap(({ file, line, column, message }) =>
      file === undefined || line === undefined || column === undefined
        ? []
        : { file, line, column, what: message.slice(`${file}:${line}:${column}: `.length) },
    );
  }

  get any(): boolean {
    return this.#faults.length > 0;
  }

  /** @param hint where no fault has a hint of its own, or there are several @throws PodidError InvalidUsage with every fault */
  throwIfAny(hint: () => Hint): void {
    const [first, ...others] = this.#faults;
    if (first === undefined) {
      return;
    }
    const message =
      others.length === 0
        ? first.message
        : `${this.#faults.length} things are wrong with this command, and nothing was sent.`;
    throw new PodidError('InvalidUsage', message, {
      hint: (others.length === 0 ? first.next : undefined) ?? hint(),
      details: this.#faults.map(({ next: _, ...fault }) => ({ code: 'InvalidUsage', ...fault })),
    });
  }
}

function breachText(text: string, noun: string, breach: Breach): string {
  const nearest = breach.nearest ? ` Nearest: ${breach.nearest}` : '';
  return `${quoted(text)} is not ${noun}: ${breach.rule}.${nearest}`;
}

/** As JSON, with every character that does not print as its escape, and no longer than a line can bear. */
export function quoted(text: string): string {
  const json = JSON.stringify(text.length > 300 ? `${text.slice(0, 297)}…` : text);
  return json.replace(/(?! )[\p{C}\p{Z}]/gu, (letter) =>
    letter.replace(/[\s\S]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`),
  );
}
