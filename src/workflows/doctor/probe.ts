import { isPodidError, type PodidError } from '../../errors/podid-error.ts';

/** Something that was looked at; or why it could not be seen, which is no finding by itself. */
export type Probe<Value> = { readonly seen: Value } | { readonly hidden: PodidError };

/** @throws whatever is no failure of looking: a bug, or the signal's reason */
export async function look<Value>(signal: AbortSignal, read: () => Promise<Value>): Promise<Probe<Value>> {
  try {
    return { seen: await read() };
  } catch (error) {
    if (signal.aborted || !isPodidError(error)) {
      throw error;
    }
    return { hidden: error };
  }
}

/** Looks at what another sight leads to. */
export async function probeNext<Value, Next>(
  signal: AbortSignal,
  first: Probe<Value>,
  read: (value: Value) => Promise<Next>,
): Promise<Probe<Next>> {
  return 'hidden' in first ? first : look(signal, () => read(first.seen));
}

export function readOr<Value, Other>(probed: Probe<Value>, other: Other): Value | Other {
  return 'seen' in probed ? probed.seen : other;
}
