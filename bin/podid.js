#!/usr/bin/env node
import { mkdirSync } from 'node:fs';
import nodeModule from 'node:module';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(`podid: This is Node ${process.versions.node}; podid needs Node 20.19 or newer.\n`);
  process.exitCode = 1;
} else {
  keepCompiled();
  const { main } = await import('../dist/podid.js');
  await main(process.argv.slice(2));
}

/** Node 22.1 and later keep what they compiled, in a folder of the user's own; where they cannot, they do without. */
function keepCompiled() {
  try {
    const { XDG_CACHE_HOME: caches = '' } = process.env;
    const folder = join(isAbsolute(caches) ? caches : join(homedir(), '.cache'), 'podid', 'compiled');
    if (nodeModule.enableCompileCache !== undefined) {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      nodeModule.enableCompileCache(folder);
    }
  } catch {
    // A read-only home, for one.
  }
}
