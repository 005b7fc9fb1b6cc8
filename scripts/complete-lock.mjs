// Completes package-lock.json. When a registry does not carry a platform's optional package (yet), `npm
// install` leaves it out of the lock file, and `npm ci` then refuses the lock as out of step. Run after any
// change of packages: node scripts/complete-lock.mjs
import { readFileSync, writeFileSync } from 'node:fs';

const file = new URL('../package-lock.json', import.meta.url);
const lock = JSON.parse(readFileSync(file, 'utf8'));
const { packages } = lock;
const systems = ['android', 'darwin', 'freebsd', 'linux', 'openharmony', 'win32'];

for (const parent of Object.values(packages)) {
  for (const [name, version] of Object.entries(parent.optionalDependencies ?? {})) {
    packages[`node_modules/${name}`] ??= platformPackage(name, version, parent);
  }
}
lock.packages = Object.fromEntries(Object.entries(packages).sort(([one], [other]) => (one < other ? -1 : 1)));
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);

/** What npm writes of a package that is for another machine: named `@scope/prefix-SYSTEM-CPU[-ABI]`. */
function platformPackage(name, version, { license, engines }) {
  const words = name.split(/[/-]/);
  const at = words.findIndex((word) => systems.includes(word));
  if (at < 0) {
    throw new Error(
      `${name} is missing from the lock file, and its name contains no platform: install it by hand.`,
    );
  }
  const [system, cpu, abi = ''] = words.slice(at);
  const libc = system !== 'linux' || abi === '' ? {} : { libc: [abi.startsWith('musl') ? 'musl' : 'glibc'] };
  return { version, cpu: [cpu], dev: true, ...libc, license, optional: true, os: [system], engines };
}
