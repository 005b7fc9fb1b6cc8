import type { Hint } from '../../errors/hint.ts';
import type { PodidError } from '../../errors/podid-error.ts';
import type { Evidence } from './evidence.ts';
import type { Probe } from './probe.ts';

export interface Verdict {
  readonly result: 'pass' | 'fail' | 'warn' | 'skip';
  /** What was found, and, where it is not as it should be, why that matters. */
  readonly message: string;
  /** The command that fixes it, or the next thing to do. */
  readonly hint?: Hint;
  /** Why nothing was found: what could not be read. */
  readonly unread?: PodidError;
}

export interface CheckResult extends Verdict {
  readonly name: string;
}

/** One link of the chain from Azure to a pod's token. */
export interface Check {
  readonly name: string;
  /** Links that must hold before this one says anything: when one of them fails, this one is skipped. */
  readonly behind: readonly string[];
  /** Pure: decides by the evidence alone. */
  readonly judge: (evidence: Evidence) => Verdict;
}

export function pass(message: string): Verdict {
  return { result: 'pass', message };
}

export function fail(message: string, hint?: Hint): Verdict {
  return { result: 'fail', message, ...(hint === undefined ? {} : { hint }) };
}

export function warn(message: string, hint?: Hint): Verdict {
  return { result: 'warn', message, ...(hint === undefined ? {} : { hint }) };
}

export function skip(message: string, hint?: Hint): Verdict {
  return { result: 'skip', message, ...(hint === undefined ? {} : { hint }) };
}

/** What cannot be read is not a fault: the message names the right that is missing. */
export function unread(error: PodidError): Verdict {
  return { ...skip(`Could not be checked. ${error.message}`, error.hint), unread: error };
}

/** Judges what was read. */
export function judging<Value>(probed: Probe<Value>, judge: (value: Value) => Verdict): Verdict {
  return probed.kind === 'unread' ? unread(probed.error) : judge(probed.value);
}

/** `a, b and 3 more`. */
export function listed(items: readonly string[], most = 5): string {
  const first = items.slice(0, most).join(', ');
  return items.length > most ? `${first} and ${items.length - most} more` : first;
}
