/**
 * Aborted at the first SIGTERM or SIGINT; its reason names the signal. A second one ends the process at once,
 * as Node does by itself.
 */
export function endSignal(process: NodeJS.EventEmitter): AbortSignal {
  const controller = new AbortController();
  const names = ['SIGTERM', 'SIGINT'];
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
