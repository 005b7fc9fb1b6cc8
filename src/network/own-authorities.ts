import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { createSecureContext, rootCertificates } from 'node:tls';
import type { Environment } from './proxy-choice.ts';

export interface OwnAuthorities {
  /** PEM of all that is trusted. Undefined: Node's own trust is all there is. */
  readonly ca?: readonly string[];
  /** The variables that are honoured. */
  readonly used: readonly string[];
  /** Variables whose file cannot be read as certificates, with the file. */
  readonly unusable: readonly { readonly variable: string; readonly path: string }[];
}

/**
 * What variables of other programs name is trusted beside what Node trusts: a file of PEM certificates, or a folder of
 * them. What cannot be read is left out, since it may be meant for another program; it is told of.
 */
export async function readOwnAuthorities(
  environment: Environment,
  variables: readonly string[],
): Promise<OwnAuthorities> {
  const used: string[] = [];
  const unusable: { variable: string; path: string }[] = [];
  const added: string[] = [];
  for (const variable of variables) {
    const path = environment[variable];
    if (!path) {
      continue;
    }
    const found = await certificatesIn(path);
    if (found === undefined) {
      unusable.push({ variable, path });
    } else {
      used.push(variable);
      added.push(...found);
    }
  }
  if (added.length === 0) {
    return { used, unusable };
  }
  // Node reads this one by itself, but no longer where a list is given.
  const nodes = environment['NODE_EXTRA_CA_CERTS'];
  const extra = nodes ? ((await certificatesIn(nodes)) ?? []) : [];
  const ca = [...rootCertificates, ...new Set([...extra, ...added])];
  return { ca, used, unusable };
}

const mostBytes = 16 * 1024 * 1024;
const mostFiles = 2_000;

/** Undefined where nothing can be read, or what is read is not certificates. */
async function certificatesIn(path: string): Promise<readonly string[] | undefined> {
  try {
    const found = await stat(path);
    if (found.isDirectory()) {
      const names = (await readdir(path)).slice(0, mostFiles);
      const each = await Promise.all(names.map((name) => certificatesInFile(join(path, name))));
      return usable(each.flat());
    }
    return usable(await certificatesInFile(path));
  } catch {
    return undefined;
  }
}

async function certificatesInFile(path: string): Promise<readonly string[]> {
  // A pipe would hang, and a device has no end.
  const found = await stat(path).catch(() => undefined);
  if (found === undefined || !found.isFile() || found.size > mostBytes) {
    return [];
  }
  const text = await readFile(path, 'latin1').catch(() => '');
  return text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
}

function usable(certificates: readonly string[]): readonly string[] | undefined {
  try {
    createSecureContext({ ca: [...certificates] });
    return certificates.length === 0 ? undefined : certificates;
  } catch {
    return undefined;
  }
}
