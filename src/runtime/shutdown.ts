/**
 * Aborted at the first of the signals that end a daemon; its reason names the signal. SIGHUP is one of them: a terminal
 * that is closed takes the daemon with it, and there is nothing to read anew, since what changes is followed; SIGBREAK
 * is Ctrl-Break on Windows. A second
 * signal ends the process at once, as Node does by itself.
 */
export function endSignal(process: NodeJS.EventEmitter): AbortSignal {
  const controller = new AbortController();
  const names = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGBREAK'];
  const listeners = names.map((name) => {
    const end = () => {
      for (const [index, other] of names.entries()) {
        process.off(other, listeners[index] ?? end);
      }
      controller.abort(new Error(name));
    };
    process.on(name, end);
    return end;
  });
  return controller.signal;
}
