import type { EntryKey } from '../../domain/entries/pod-identity.ts';
import { entryText } from '../../domain/entries/pod-identity.ts';

/** What an agent of podid's decided about a request for a token. */
export interface AgentDecision {
  /** `namespace/name`. */
  readonly pod: string;
  readonly status: number;
  readonly reason: string;
  readonly resource: string;
}

/**
 * The decisions about one pod in an agent's log, in its order; the log may be JSON lines or text lines with
 * JSON values.
 */
export function decisionsFor(log: string, pod: EntryKey): AgentDecision[] {
  const name = JSON.stringify(entryText(pod));
  return log
    .split('\n')
    .filter((line) => line.includes(name))
    .flatMap((line) => decisionIn(line) ?? [])
    .filter((decision) => decision.pod === entryText(pod));
}

export function lastOf<Item>(items: readonly Item[]): Item | undefined {
  return items.at(-1);
}

function decisionIn(line: string): AgentDecision | undefined {
  const facts = line.startsWith('{') ? jsonFacts(line) : textFacts(line);
  const { pod, status, kind } = facts;
  if (typeof pod !== 'string' || typeof status !== 'number' || kind !== 'msi') {
    return undefined;
  }
  const text = (value: unknown) => (typeof value === 'string' ? value : '');
  return { pod, status, reason: text(facts['reason']), resource: text(facts['resource']) };
}

type Facts = Readonly<Record<string, unknown>>;

function jsonFacts(line: string): Facts {
  try {
    const facts: unknown = JSON.parse(line);
    return typeof facts === 'object' && facts !== null ? (facts as Facts) : {};
  } catch {
    return {};
  }
}

/** `TIME LEVEL decided kind="msi" status=200 …`: values are JSON. */
function textFacts(line: string): Facts {
  const pairs = line.matchAll(/(\w+)=("(?:[^"\\]|\\.)*"|-?[\d.]+)/g);
  return Object.fromEntries([...pairs].map(([, key = '', value = '']) => [key, jsonValue(value)]));
}

function jsonValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
