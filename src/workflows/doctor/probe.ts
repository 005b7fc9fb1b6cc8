import { isPodidError, type PodidError } from '../../errors/podid-error.ts';

/** Something that was looked at; or why it could not be seen, which is no finding by itself. */
export type Probe<Value> =
  | { readonly kind: 'seen'; readonly seen: Value }
  | { readonly kind: 'hidden'; readonly hidden: PodidError };

/** @throws whatever is no failure of looking: a bug, or the signal's reason */
export async function look<Value>(signal: AbortSignal, read: () => Promise<Value>): Promise<Probe<Value>> {
  try {
    return { kind: 'seen', seen: await read() };
  } catch (error) {
    if (signal.aborted || !isPodidError(error)) {
      throw error;
    }
    return { kind: 'hidden', hidden: error };
  }
}

/** Reads what an earlier answer leads to. */
export async function probeNext<Value, Next>(
  signal: AbortSignal,
  first: Probe<Value>,
  read: (value: Value) => Promise<Next>,
): Promise<Probe<Next>> {
  return first.kind === 'hidden' ? first : look(signal, () => read(first.seen));
}

export function readOr<Value, Other>(probed: Probe<Value>, other: Other): Value | Other {
  return probed.kind === 'seen' ? probed.seen : other;
}
