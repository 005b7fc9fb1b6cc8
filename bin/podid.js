#!/usr/bin/env node
const { existsSync, mkdirSync } = require('node:fs');
const nodeModule = require('node:module');
const { homedir } = require('node:os');
const { dirname, isAbsolute, join } = require('node:path');

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(`podid: This is Node ${process.versions.node}; podid needs Node 20.19 or newer.\n`);
  process.exitCode = 1;
} else {
  keepCompiled();
  void import('../dist/podid.js').then(({ main }) => main(process.argv.slice(2)));
}

/** Node 22.1 and later keep what they compiled, in a folder of the user's own; where they cannot, they do without. */
function keepCompiled() {
  try {
    const { XDG_CACHE_HOME: caches = '' } = process.env;
    const folder = join(isAbsolute(caches) ? caches : join(homedir(), '.cache'), 'podid', 'compiled');
    if (nodeModule.enableCompileCache !== undefined) {
      makeFolder(folder);
      nodeModule.enableCompileCache(folder);
    }
  } catch {
    // A read-only home, for one.
  }
}

/** Not by `recursive` of Node, which tries without end where no folder can be made, as in `/proc`. */
function makeFolder(path) {
  if (!existsSync(path)) {
    if (dirname(path) !== path) {
      makeFolder(dirname(path));
    }
    mkdirSync(path, { mode: 0o700 });
  }
}
