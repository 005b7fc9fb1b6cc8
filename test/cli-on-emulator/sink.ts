import { Writable } from 'node:stream';

/** Takes what a program prints, as one text. */
export function sink(): { readonly stream: Writable; readonly text: () => string } {
  let all = '';
  const stream = new Writable({
    write(chunk, _encoding, done) {
      all += String(chunk);
      done();
    },
  });
  return { stream, text: () => all };
}
