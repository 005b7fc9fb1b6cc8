// Keeps beside each daemon what V8 makes of it, so that no start compiles it anew: bin/load-daemon.js takes it.
//   node keep-compiled.mjs FOLDER    with bin/ and dist/ in it; run by the very Node that will start them
// Of every function, also of those that a start does not run: which ones it does run depends on the cluster.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { setFlagsFromString } from 'node:v8';

const folder = resolve(process.argv[2] ?? '');
const loader = join(folder, 'bin/load-daemon.js');
const { compiledOf, digestOf, scriptOf } = createRequire(import.meta.url)(loader);

for (const found of readdirSync(join(folder, 'dist')).filter((each) => each.endsWith('.cjs'))) {
  const file = join(folder, 'dist', found);
  const name = found.slice(0, -'.cjs'.length);
  const source = readFileSync(file);
  setFlagsFromString('--no-lazy');
  const script = scriptOf(file, source.toString());
  // V8 takes what it compiled with the same flags alone.
  setFlagsFromString('--lazy');
  const cachedData = script.createCachedData();
  writeFileSync(compiledOf(file), Buffer.concat([digestOf(source, cachedData), cachedData]));
  const ask = `process.exit(require(${JSON.stringify(loader)}).isCompiled(${JSON.stringify(name)}) ? 0 : 1)`;
  if (spawnSync(process.execPath, ['-e', ask], { stdio: 'inherit' }).status !== 0) {
    throw new Error(`Node ${process.version} does not take what it compiled of ${file}.`);
  }
}
