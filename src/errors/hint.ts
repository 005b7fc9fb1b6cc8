import { type Shell, shellWord } from './shell-word.ts';

/** Text of others within a sentence of podid's own. */
class OthersText {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** How much of the command line that was typed a command of a hint takes over; set by `again` and `asItStands`. */
type Keeps = 'way' | 'flags' | 'nothing';

export interface CommandPart {
  readonly words: readonly string[];
  readonly keeps: Keeps;
}

/** What is typed differently in each shell, as it is written in the source. */
class PerShell {
  readonly texts: Readonly<Record<Shell, string>>;

  constructor(texts: Readonly<Record<Shell, string>>) {
    this.texts = texts;
  }
}

type HintPart = string | CommandPart | OthersText | PerShell;

/**
 * What to do next: sentences of podid's own with commands in them. Its text exists only for a shell; made by
 * `advice`, so that a value gets into it as a word of a command or as text of others, and in no other way.
 */
export class Hint {
  readonly parts: readonly HintPart[];

  constructor(parts: readonly HintPart[]) {
    this.parts = parts;
  }

  /** As a POSIX shell takes its commands. */
  toString(): string {
    return hintText(this, 'posix');
  }

  toJSON(): string {
    return this.toString();
  }

  /** Whether podid's own sentences in it, or a command, name the command that is written out here. */
  names(words: string): boolean {
    return this.toString().includes(words);
  }

  /** With each of its commands as `change` has it. */
  withCommands(change: (part: CommandPart) => readonly string[]): Hint {
    const parts = this.parts.map((part) => (isCommand(part) ? { ...part, words: change(part) } : part));
    return new Hint(parts);
  }

  /**
   * For one that goes on behind it: what follows a command behind a `#` stands in brackets then, since a `#` takes the rest
   * of the line for itself.
   */
  asClause(): Hint {
    let opened = 0;
    const parts = this.withoutFullStop().parts.map((part) =>
      typeof part === 'string'
        ? part.replaceAll(/ {2}# /g, () => {
            opened += 1;
            return ' (';
          })
        : part,
    );
    return opened === 0 ? this : new Hint([...parts, ')'.repeat(opened)]);
  }

  /** For one that goes on behind it. */
  withoutFullStop(): Hint {
    const last = this.parts.at(-1);
    return typeof last === 'string' ? new Hint([...this.parts.slice(0, -1), last.replace(/\.$/, '')]) : this;
  }
}

/**
 * A command that somebody is to type, as the list of its words. Words are data: what a tenant, Azure or the
 * cluster chose is one word, whatever stands in it. It is quoted where it is printed, and nowhere else.
 */
export class Command extends Hint {
  readonly words: readonly string[];
  private readonly keeps: Keeps;

  constructor(words: readonly string[], keeps: Keeps = 'way') {
    super([{ words, keeps }]);
    this.words = words;
    this.keeps = keeps;
  }

  /** With more words at its end. */
  with(...more: readonly string[]): Command {
    return new Command([...this.words, ...more], this.keeps);
  }

  /** For one that is to be typed again: where it is the command that was typed, it keeps all flags of that. */
  again(): Command {
    return new Command(this.words, 'flags');
  }

  /** For one that is to reach the cluster in another way than the command that was typed. */
  asItStands(): Command {
    return new Command(this.words, 'nothing');
  }
}

/** A text that is written in the source as it is: `string`, and a template string with a value, are not. */
// biome-ignore lint/complexity/noBannedTypes: an empty record is assignable to one whose keys are a pattern.
export type Literal<Text extends string> = {} extends Record<Text, 1> ? never : Text;

/**
 * A command from its fixed words, which may be written as one literal (`kubectl get pods`), and from words that
 * hold values: `command('kubectl get pod -n', namespace, name)`. A template string with a value does not
 * compile in the place of the fixed words.
 */
export function command<const Text extends string>(
  fixed: Text & Literal<Text>,
  ...words: readonly string[]
): Command {
  return new Command([...fixed.split(' '), ...words]);
}

/**
 * The tag of every hint: advice`Start it: ${command('podid nmi install')}`. What stands in the source is
 * podid's own; between it stand commands, hints, numbers and `othersText(text)`, and a string does not compile.
 */
export function advice(
  texts: TemplateStringsArray,
  ...values: readonly (Hint | OthersText | PerShell | number)[]
): Hint {
  const given = values.map(partsOf);
  const goesOn = (at: number) =>
    texts.slice(at + 1).some((text) => text !== '') || given.slice(at + 1).some((parts) => parts.length > 0);
  const parts = texts.flatMap((text, at) => {
    const those = given[at] ?? [];
    return [text, ...(goesOn(at) ? new Hint(those).asClause().parts : those)];
  });
  return new Hint(parts.filter((part) => part !== ''));
}

function partsOf(value: Hint | OthersText | PerShell | number | undefined): readonly HintPart[] {
  if (value instanceof Hint) {
    return value.parts;
  }
  if (value === undefined) {
    return [];
  }
  const isPart = value instanceof OthersText || value instanceof PerShell;
  return [isPart ? value : new OthersText(String(value))];
}

/** A name or a sentence that podid did not write, for a hint: on one line, and in quotes unless it is one plain word. */
export function othersText(text: string): OthersText {
  return new OthersText(text);
}

/** Lines of podid's own for each shell, in a hint: there are no values of others in them. */
export function perShell(texts: Readonly<Record<Shell, string>>): PerShell {
  return new PerShell(texts);
}

/** Several as one, with a text of podid's own between them: what stands behind a `#` in one of them, in brackets. */
export function joinHints<const Text extends string>(
  hints: readonly Hint[],
  between: Text & Literal<Text>,
): Hint {
  return new Hint(
    hints.flatMap((each, at) => [
      ...(at === 0 ? [] : [between]),
      ...(at === hints.length - 1 ? each : each.asClause()).parts,
    ]),
  );
}

/**
 * Stands for a blank within a command until the text is written: lines are broken at other blanks alone, so that a
 * command can be pasted. A letter for private use, as wide as a blank.
 */
export const heldBlank = '\ue000';

/**
 * The one place where a hint becomes text: each word of its commands is quoted for the shell.
 *
 * @param blanks `held`: those within commands are `heldBlank`, for who breaks the text into lines
 */
export function hintText(hint: Hint, shell: Shell, blanks: 'plain' | 'held' = 'plain'): string {
  const held = (text: string) => (blanks === 'held' ? text.replaceAll(' ', heldBlank) : text);
  return hint.parts
    .map((part) => {
      const text = partText(part, shell);
      return isCommand(part) || part instanceof PerShell ? held(text) : text;
    })
    .join('');
}

function partText(part: HintPart, shell: Shell): string {
  if (typeof part === 'string') {
    // cmd would give what follows `#` to the command.
    return shell === 'cmd' ? part.replace(/^ +# /, ' & rem ') : part;
  }
  if (part instanceof PerShell) {
    return part.texts[shell];
  }
  return part instanceof OthersText ? quotedUnlessPlain(part.text) : commandLine(part.words, shell);
}

function isCommand(part: HintPart): part is CommandPart {
  return typeof part === 'object' && 'words' in part;
}

/** The words of a command as a shell takes them; of `export`, what sets the variables there. */
export function commandLine(words: readonly string[], shell: Shell = 'posix'): string {
  const [first, ...assignments] = words;
  if (first === 'export' && shell !== 'posix') {
    return assignments
      .map((assignment) => setVariable(assignment, shell))
      .join(shell === 'cmd' ? ' & ' : '; ');
  }
  return words.map((word) => shellWord(word, shell)).join(' ');
}

/** @param assignment `NAME=value` */
function setVariable(assignment: string, shell: Exclude<Shell, 'posix'>): string {
  const at = assignment.indexOf('=');
  const [name, value] = [assignment.slice(0, at), assignment.slice(at + 1)];
  if (shell === 'cmd') {
    // Without quotes a blank before what follows would be part of the value; within them nothing can be escaped.
    return `set "${assignment.replace(/["%\p{Cc}]/gu, '\ufffd')}"`;
  }
  const word = shellWord(value, shell);
  return `$env:${name} = ${/^['"]/.test(word) ? word : `'${word}'`}`;
}

function quotedUnlessPlain(text: string): string {
  return /^[\w.:/@+*-]+$/.test(text) ? text : JSON.stringify(text);
}
