import { mkdirSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * What steers podid, the SDKs and the tools beside it on the machine of whoever runs the tests. Language and time
 * zone stay: what podid prints must not depend on them.
 */
const authorities = /^(NODE_EXTRA_CA_CERTS|REQUESTS_CA_BUNDLE|SSL_CERT_FILE|SSL_CERT_DIR|CURL_CA_BUNDLE)$/;
const steering = [
  authorities,
  /^(https?|all|no)_proxy$/i,
  /^(AZURE|ARM|KUBE|KUBERNETES|MSI|IDENTITY|SYSTEM|XDG)_|^KUBECONFIG$/,
  /^PODID_(?!ALL_(?:DRILLS|TAKEOVERS)$|CI_RUN$|FUZZ_SECONDS$|NODE_\d+$)/,
  /^(COLUMNS|LINES|NO_COLOR|FORCE_COLOR|CLICOLOR|CLICOLOR_FORCE)$/,
];

/** Whom the machine trusts besides the public authorities, by its variables. */
export const trusted = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => authorities.test(name)),
);
for (const name of Object.keys(process.env)) {
  if (steering.some((pattern) => pattern.test(name))) {
    delete process.env[name];
  }
}

// One for all: nothing in it is meant to be found again, and the machine's own holds sign-ins and kubeconfigs.
const own = join(tmpdir(), `podid-tests-home-${process.getuid?.() ?? ''}`);
/** Where tests are at home, and where whoever runs them is. */
export const homes = { own, machine: homedir() };
mkdirSync(own, { recursive: true, mode: 0o700 });
process.env['HOME'] = own;
