import { mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * What steers podid, the SDKs and the tools beside it on the machine of whoever runs the tests. Language and time
 * zone stay: what podid prints must not depend on them.
 */
const steering = [
  /^(https?|all|no)_proxy$/i,
  /^(AZURE|ARM|KUBE|KUBERNETES|MSI|IDENTITY|SYSTEM|XDG)_|^KUBECONFIG$/,
  /^PODID_(?!CI_RUN$|FUZZ_SECONDS$|NODE_\d+$)/,
  /^(NODE_EXTRA_CA_CERTS|REQUESTS_CA_BUNDLE|SSL_CERT_FILE|SSL_CERT_DIR|CURL_CA_BUNDLE)$/,
  /^(COLUMNS|LINES|NO_COLOR|FORCE_COLOR|CLICOLOR|CLICOLOR_FORCE)$/,
];

for (const name of Object.keys(process.env)) {
  if (steering.some((pattern) => pattern.test(name))) {
    delete process.env[name];
  }
}

// One for all: nothing in it is meant to be found again, and the machine's own holds sign-ins and kubeconfigs.
const home = join(tmpdir(), `podid-tests-home-${process.getuid?.() ?? ''}`);
mkdirSync(home, { recursive: true, mode: 0o700 });
process.env['HOME'] = home;
