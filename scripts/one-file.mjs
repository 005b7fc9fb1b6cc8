// Where the executable begins that needs no Node (scripts/build-binary.mjs). It is one of podid's programs, by the name
// that it was started by, or by its first word, since a Windows machine makes no links.
import { basename } from 'node:path';

const programs = {
  podid: () => import('../src/cli/run/main.ts'),
  'kubectl_complete-podid': async () => {
    const { main } = await import('../src/cli/run/main.ts');
    return { main: (typed) => main(['__complete', 'kubectl', ...typed]) };
  },
  'podid-nmi': () => import('../src/nmi/main.ts'),
  'podid-mic': () => import('../src/mic/main.ts'),
};
const words = process.argv.slice(2);
const name = [words[0], basename(process.argv0).replace(/\.exe$/i, '')].find((each) =>
  Object.hasOwn(programs, each ?? ''),
);
const open = programs[name] ?? programs.podid;
open().then(({ main }) => main(name !== undefined && words[0] === name ? words.slice(1) : words));
