import { existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { homes, trusted } from './own-machine.ts';

/**
 * For rings that build programs, after `own-machine.ts`: a home with what compilers and package managers keep and are
 * told in the machine's, so that nothing is built twice and registries are those of the machine, and with nothing else of it. Where
 * a company looks into the traffic, its authority counts, too.
 */
const ofBuilders = [
  ...['.cache', '.npm', '.npmrc', '.m2', '.cargo', '.rustup', '.pyenv', 'go'],
  ...['.config/go', '.config/pip'],
];

const own = `${homes.own}-of-builders`;
for (const name of ofBuilders) {
  const [from, to] = [join(homes.machine, name), join(own, name)];
  if (existsSync(from) && !existsSync(to)) {
    mkdirSync(dirname(to), { recursive: true, mode: 0o700 });
    link(from, to);
  }
}
process.env['HOME'] = own;
Object.assign(process.env, trusted);

/** Another worker may have been faster. */
function link(from: string, to: string): void {
  try {
    symlinkSync(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') {
      throw error;
    }
  }
}
