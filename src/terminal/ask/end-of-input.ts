/**
 * Reports when nobody can answer any more: Ctrl-D, or a terminal that went away. Watching ends with `stop`.
 */
export function watchEndOfInput(): { readonly signal: AbortSignal; stop(): void } {
  const end = new AbortController();
  const ended = () => end.abort();
  // The prompt reads the keyboard raw, so Ctrl-D is a key and ends nothing by itself.
  const typed = (
    _text: string | undefined,
    key: { readonly name?: string; readonly ctrl?: boolean } | undefined,
  ) => {
    if (key?.ctrl === true && key.name === 'd') {
      ended();
    }
  };
  const stdin = process.stdin;
  stdin.on('keypress', typed);
  for (const event of ['end', 'close', 'error']) {
    stdin.on(event, ended);
  }
  if (stdin.readableEnded || stdin.destroyed) {
    ended();
  }
  return {
    signal: end.signal,
    stop() {
      stdin.off('keypress', typed);
      for (const event of ['end', 'close', 'error']) {
        stdin.off(event, ended);
      }
    },
  };
}
