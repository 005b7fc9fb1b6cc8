import { type FSWatcher, statSync, watch } from 'node:fs';

/**
 * The kernel's notice comes within milliseconds; this is for folders that come later, and for file systems
 * without notices.
 */
const pollEveryMs = 500;

/**
 * Calls `onChange` when a file of the folder comes, goes or is written, until the signal is aborted. The
 * folder need not be there yet.
 */
export function followFolder(folder: string, signal: AbortSignal, onChange: () => void): void {
  if (signal.aborted) {
    return;
  }
  let watcher: FSWatcher | undefined;
  let last = stampOf(folder);
  const look = () => {
    const now = stampOf(folder);
    const isAnother = now.inode !== last.inode;
    if (isAnother) {
      watcher?.close();
      watcher = undefined;
    }
    if (watcher === undefined && now.inode !== 0n) {
      watcher = tryWatch(folder, onChange);
    }
    if (isAnother || now.changedNs !== last.changedNs) {
      last = now;
      onChange();
    }
  };
  look();
  const timer = setInterval(look, pollEveryMs);
  timer.unref();
  signal.addEventListener(
    'abort',
    () => {
      clearInterval(timer);
      watcher?.close();
    },
    { once: true },
  );
}

interface Stamp {
  readonly inode: bigint;
  readonly changedNs: bigint;
}

/** A folder's time changes when an entry comes or goes. */
function stampOf(folder: string): Stamp {
  const found = statSync(folder, { bigint: true, throwIfNoEntry: false });
  return { inode: found?.ino ?? 0n, changedNs: found?.mtimeNs ?? 0n };
}

function tryWatch(folder: string, onChange: () => void): FSWatcher | undefined {
  try {
    return watch(folder, { persistent: false }, onChange).on('error', () => undefined);
  } catch {
    return undefined;
  }
}
