import { cutObject } from '../../domain/support/cut-object.ts';
import { cutSecrets } from '../../domain/support/cut-secrets.ts';
import type { ListedKind, WholeObject } from '../../domain/support/support-cluster.ts';
import type { ErrorCode } from '../../errors/error-catalog.ts';
import { isPodidError, type PodidError } from '../../errors/podid-error.ts';

export interface SupportFile {
  /** Within the bundle. */
  readonly path: string;
  readonly text: string;
}

/** What could not be read, and why, with the API server's own sentence. */
export interface Unread {
  readonly what: string;
  readonly reason: string;
}

export interface Bundle {
  readonly unread: readonly Unread[];
  /** Undefined where it cannot be read, which is noted. @throws what has one of the codes, and the signal's reason */
  read<Value>(
    what: string,
    ask: () => Promise<Value>,
    ...throws: readonly ErrorCode[]
  ): Promise<Value | undefined>;
  note(what: string, reason: string): void;
  /** No more texts go in; the first that did not is noted. */
  isFull(): boolean;
  /** A text as it is, everything else as JSON; what looks like a secret is cut. */
  add(path: string, content: unknown): void;
  objects(kind: ListedKind, items: readonly WholeObject[]): void;
  /** By their paths. */
  files(): readonly SupportFile[];
}

/** Of all texts together, in letters. */
const mostLetters = 64 * 1024 * 1024;

export function startBundle(signal: AbortSignal): Bundle {
  const texts = new Map<string, string>();
  const lists = new Map<string, WholeObject[]>();
  const unread: Unread[] = [];
  let letters = 0;
  let isFull = false;
  const note: Bundle['note'] = (what, reason) => {
    unread.push({ what, reason: cutSecrets(reason) });
  };
  return {
    unread,
    note,
    isFull: () => isFull,
    async read(what, ask, ...throws) {
      try {
        return await ask();
      } catch (error) {
        signal.throwIfAborted();
        if (!isPodidError(error) || throws.includes(error.code)) {
          throw error;
        }
        note(what, reasonOf(error));
        return undefined;
      }
    },
    add(path, content) {
      if (isFull) {
        return;
      }
      const text = typeof content === 'string' ? cutSecrets(content) : json(content);
      isFull = letters + text.length > mostLetters;
      if (isFull) {
        note(
          `${path}, and the logs and answers that come after it`,
          'The bundle has reached 64 MiB: name nodes with --node, or fewer --lines.',
        );
        return;
      }
      letters += text.length;
      texts.set(path, text);
    },
    objects({ apiVersion, kind, plural }, items) {
      // The items of a list do not say what they are.
      const whole = items.map((item) => Object.assign({ apiVersion, kind }, item));
      lists.set(plural, [...(lists.get(plural) ?? []), ...whole]);
    },
    files() {
      const listed = [...lists]
        .filter(([, items]) => items.length > 0)
        .map(([plural, items]) => ({
          path: `objects/${plural}.json`,
          text: json({ apiVersion: 'v1', kind: 'List', items }),
        }));
      const others = [...texts].map(([path, text]) => ({ path, text }));
      return [...others, ...listed].toSorted((one, other) => (one.path < other.path ? -1 : 1));
    },
  };
}

function json(value: unknown): string {
  return `${JSON.stringify(cutObject(value), undefined, 2)}\n`;
}

/** What the API server said stands in the details where the message does not have it. */
function reasonOf({ message, details }: PodidError): string {
  const said = details.map((detail) => detail.message).filter((text) => !message.includes(text));
  return [message, ...said].join(' ');
}
