import { isPodidError, type PodidError } from '../../errors/podid-error.ts';

/** What a read came to. One that failed is not a finding by itself. */
export type Probe<Value> =
  | { readonly kind: 'read'; readonly value: Value }
  | { readonly kind: 'unread'; readonly error: PodidError };

/** @throws whatever is not a failure of the read: a bug, or the signal's reason */
export async function probe<Value>(signal: AbortSignal, read: () => Promise<Value>): Promise<Probe<Value>> {
  try {
    return { kind: 'read', value: await read() };
  } catch (error) {
    if (signal.aborted || !isPodidError(error)) {
      throw error;
    }
    return { kind: 'unread', error };
  }
}

/** Reads what the value of another probe leads to. */
export async function probeNext<Value, Next>(
  signal: AbortSignal,
  first: Probe<Value>,
  read: (value: Value) => Promise<Next>,
): Promise<Probe<Next>> {
  return first.kind === 'unread' ? first : probe(signal, () => read(first.value));
}

export function readOr<Value, Other>(probed: Probe<Value>, other: Other): Value | Other {
  return probed.kind === 'read' ? probed.value : other;
}
