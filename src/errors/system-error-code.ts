/**
 * `ECONNREFUSED`, `ENOENT` and the like: what Node names an error of the system by; undefined for every
 * other.
 */
export function systemErrorCode(error: unknown): string | undefined {
  const code: unknown = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  return typeof code === 'string' ? code : undefined;
}

/** The same in words, for a file that cannot be read or written; other text than the code where that is known. */
export function fileErrorText(error: unknown): string {
  const code = systemErrorCode(error);
  return code === undefined ? String(error) : (fileErrors[code] ?? code);
}

const fileErrors: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder',
  EACCES: 'you lack the right to it',
  EPERM: 'you lack the right to it',
  EISDIR: 'it is a folder',
  ERR_FS_EISDIR: 'it is a folder',
  ENOTDIR: 'a part of its path is no folder',
  ENOSPC: 'no space is left',
  EROFS: 'it cannot be written to',
};
