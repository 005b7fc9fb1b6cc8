/**
 * Up to when something was forgotten, by namespace: a record that lost something of one namespace is whole for all
 * others.
 */
export interface Forgotten {
  /** @param askedMs since the epoch: when that was last asked */
  add(namespace: string, askedMs: number): void;
  /** Of namespaces of which nobody can tell any more; 0 where there are none. */
  readonly allUntilMs: number;
  list(): readonly (readonly [namespace: string, untilMs: number])[];
}

const mostNamespaces = 200;

export function createForgotten(): Forgotten {
  const untilMs = new Map<string, number>();
  let allUntilMs = 0;
  return {
    add(namespace, askedMs) {
      untilMs.set(namespace, Math.max(untilMs.get(namespace) ?? 0, askedMs));
      if (untilMs.size > mostNamespaces) {
        allUntilMs = Math.max(allUntilMs, ...untilMs.values());
        untilMs.clear();
      }
    },
    get allUntilMs() {
      return allUntilMs;
    },
    list: () => [...untilMs],
  };
}
