// Keeps beside each daemon what V8 makes of it, so that no start compiles that anew: bin/load-daemon.js takes it.
//   node keep-compiled.mjs FOLDER    with bin/ and dist/ in it; run by the very Node that will start them
// It is of what a start runs that finds no API server. With every function there is, an agent takes 4 MB more of memory
// after some work.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** With these words a daemon reads its flags and ends, for want of an API server. */
const starts = { 'podid-nmi': ['serve', '--node=none'], 'podid-mic': [] };
const [folder, started] = process.argv.slice(2);
const loader = resolve(folder ?? '', 'bin/load-daemon.js');
const require = createRequire(import.meta.url);

if (started === undefined) {
  for (const name of Object.keys(starts)) {
    run(name, [fileURLToPath(import.meta.url), folder, name]);
    run(name, [
      '-e',
      `process.exit(require(${JSON.stringify(loader)}).isCompiled(${JSON.stringify(name)}) ? 0 : 1)`,
    ]);
  }
} else {
  await keepOf(started);
}

/** In a process of its own, without what would name an API server. */
function run(name, argv) {
  const { status } = spawnSync(process.execPath, argv, { env: {}, stdio: 'ignore' });
  if (status !== 0) {
    throw new Error(`Node ${process.version} keeps nothing compiled of ${name} that it takes again.`);
  }
}

async function keepOf(name) {
  // V8 takes what it compiled with the same flags alone, and a start sets its own when its modules are loaded.
  require('node:v8').setFlagsFromString = () => undefined;
  const { compiledOf, digestOf, runScript, scriptOf } = require(loader);
  const file = join(resolve(folder), 'dist', `${name}.cjs`);
  const source = readFileSync(file);
  const script = scriptOf(file, source.toString());
  await runScript(file, script).main(starts[name]);
  const cachedData = script.createCachedData();
  writeFileSync(compiledOf(file), Buffer.concat([digestOf(source, cachedData), cachedData]));
  process.exit(0);
}
