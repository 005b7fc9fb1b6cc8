import { isPodidError, type PodidError } from '../../errors/podid-error.ts';

/** Something that was looked at; or why it could not be seen, which is no finding by itself. */
export type Sight<Value> = { readonly seen: Value } | { readonly hidden: PodidError };

/** @throws whatever is no failure of looking: a bug, or the signal's reason */
export async function look<Value>(signal: AbortSignal, read: () => Promise<Value>): Promise<Sight<Value>> {
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
export async function lookFurther<Value, Next>(
  signal: AbortSignal,
  first: Sight<Value>,
  read: (value: Value) => Promise<Next>,
): Promise<Sight<Next>> {
  return 'hidden' in first ? first : look(signal, () => read(first.seen));
}

export function seenOr<Value, Other>(sight: Sight<Value>, other: Other): Value | Other {
  return 'seen' in sight ? sight.seen : other;
}
