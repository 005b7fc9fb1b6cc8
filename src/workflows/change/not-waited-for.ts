/** What `--no-wait` has left undone, and the command that waits for it. */
export function notWaitedFor(waitCommand: string, also: readonly string[] = []): string {
  const undone = ['nothing was mirrored into the cluster', ...also].join(' and ');
  return `Azure has accepted the change; it was not waited for, so ${undone}. To wait: ${waitCommand}`;
}
