import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export type KeyKind = 'rsa' | 'P-256' | 'P-384' | 'P-521';

/** A folder with certificates made by openssl, removed when disposed. */
export function certificateFolder(): Disposable & {
  /** `NAME.key` and `NAME.crt`, issued by `NAME-ca`, whose certificate is `NAME-ca.crt`. */
  issue(name: string, kind: KeyKind): void;
  /** A PKCS#12 file of them. */
  pfx(name: string, password: string, ...options: string[]): Buffer;
  read(file: string): string;
  path(file: string): string;
} {
  const folder = mkdtempSync(join(tmpdir(), 'podid-certificates-'));
  const path = (file: string) => join(folder, file);
  const openssl = (...args: string[]) =>
    execFileSync('openssl', args, { cwd: folder, stdio: ['ignore', 'pipe', 'ignore'] });
  const newKey = (kind: KeyKind) =>
    kind === 'rsa' ? ['-newkey', 'rsa:2048'] : ['-newkey', 'ec', '-pkeyopt', `ec_paramgen_curve:${kind}`];
  return {
    path,
    read: (file) => readFileSync(path(file), 'utf8'),
    issue(name, kind) {
      openssl(
        'req',
        '-x509',
        '-nodes',
        ...newKey('P-256'),
        '-subj',
        `/CN=${name} CA`,
        '-days',
        '2',
        '-keyout',
        `${name}-ca.key`,
        '-out',
        `${name}-ca.crt`,
      );
      openssl(
        'req',
        '-x509',
        '-nodes',
        ...newKey(kind),
        '-subj',
        `/CN=${name}`,
        '-days',
        '2',
        '-CA',
        `${name}-ca.crt`,
        '-CAkey',
        `${name}-ca.key`,
        '-addext',
        'subjectAltName=IP:127.0.0.1',
        '-addext',
        'basicConstraints=critical,CA:false',
        '-keyout',
        `${name}.key`,
        '-out',
        `${name}.crt`,
      );
    },
    pfx(name, password, ...options) {
      openssl(
        'pkcs12',
        '-export',
        '-inkey',
        `${name}.key`,
        '-in',
        `${name}.crt`,
        '-certfile',
        `${name}-ca.crt`,
        '-passout',
        `pass:${password}`,
        ...options,
        '-out',
        `${name}.pfx`,
      );
      return readFileSync(path(`${name}.pfx`));
    },
    [Symbol.dispose]() {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
