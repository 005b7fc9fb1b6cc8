/**
 * `ECONNREFUSED`, `ENOENT` and the like: what Node names an error of the system by; undefined for every
 * other.
 */
export function systemErrorCode(error: unknown): string | undefined {
  const code: unknown = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  return typeof code === 'string' ? code : undefined;
}
