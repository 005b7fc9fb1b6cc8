#!/usr/bin/env node
// kubectl asks this for what may follow `kubectl podid …`.
const [major, minor] = process.versions.node.split('.').map(Number);
if (major > 20 || (major === 20 && minor >= 19)) {
  void import('../dist/podid.js').then(({ main }) =>
    main(['__complete', 'kubectl', ...process.argv.slice(2)]),
  );
}
