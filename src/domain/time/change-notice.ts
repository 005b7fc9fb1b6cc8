/** Wakes waiters when something they read may have changed. */
export interface ChangeNotice {
  announce(): void;
  /** Grows with every announcement: what was worked out from what is announced holds while this stays. */
  readonly version: number;
  /** Resolves at the next change; rejects with the signal's reason. */
  next(signal: AbortSignal): Promise<void>;
  /** Calls `onChange` at each change, for as long as the notice lives. */
  listen(onChange: () => void): void;
}

export function createChangeNotice(): ChangeNotice {
  const waiters = new Set<() => void>();
  const listeners: (() => void)[] = [];
  let version = 0;
  return {
    get version() {
      return version;
    },
    announce() {
      version += 1;
      for (const call of listeners) {
        call();
      }
      if (waiters.size > 0) {
        const called = [...waiters];
        waiters.clear();
        for (const call of called) {
          call();
        }
      }
    },
    listen(onChange) {
      listeners.push(onChange);
    },
    next(signal) {
      return new Promise((resolve, reject) => {
        signal.throwIfAborted();
        const abort = () => {
          waiters.delete(call);
          reject(signal.reason);
        };
        const call = () => {
          signal.removeEventListener('abort', abort);
          resolve();
        };
        waiters.add(call);
        signal.addEventListener('abort', abort, { once: true });
      });
    },
  };
}
