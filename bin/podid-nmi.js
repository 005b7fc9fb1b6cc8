#!/usr/bin/env node
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(
    `podid-nmi: This is Node ${process.versions.node}; podid-nmi needs Node 20.19 or newer.\n`,
  );
  process.exitCode = 1;
} else {
  const { main } = require('./load-daemon.js').loadDaemon('podid-nmi');
  main(process.argv.slice(2));
}
