/** Any part of an object, whose members may be missing or of another type than they should be. */
export type Json = unknown;

export function valueAt(value: Json, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (held, member) =>
      typeof held === 'object' && held !== null ? (held as Record<string, unknown>)[member] : undefined,
    value,
  );
}

/** Empty where there is none. */
export function textAt(value: Json, ...path: readonly string[]): string {
  const found = valueAt(value, path);
  return typeof found === 'string' ? found : '';
}

/** Zero where there is none. */
export function numberAt(value: Json, ...path: readonly string[]): number {
  const found = valueAt(value, path);
  return typeof found === 'number' ? found : 0;
}

export function listAt(value: Json, ...path: readonly string[]): readonly Json[] {
  const found = valueAt(value, path);
  return Array.isArray(found) ? found : [];
}

/** Without members where there is none. */
export function mapAt(value: Json, ...path: readonly string[]): Readonly<Record<string, unknown>> {
  const found = valueAt(value, path);
  return typeof found === 'object' && found !== null ? (found as Record<string, unknown>) : {};
}
