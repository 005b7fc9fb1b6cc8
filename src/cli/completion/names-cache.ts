import { createHash } from 'node:crypto';
import { open, readFile, stat } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';
import type { EntryKey } from '../../domain/entries/pod-identity.ts';
import { homeFolder } from '../../domain/home-folder.ts';
import { makePrivateFolder, writePrivateFile } from '../../terminal/private-file.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Who asks Azure, as far as it is known without asking; part of the name of a cache file and never in it.
 */
export interface Account {
  readonly env: Environment;
  /** Id or name of the subscription. */
  readonly subscription: string;
  /** The user that az is signed in as. */
  readonly user: string;
}

/** Names of one subscription, or of one cluster. */
export interface CachedNames {
  readonly clusters?: readonly { readonly resourceGroup: string; readonly name: string }[];
  readonly managedIdentities?: readonly string[];
  readonly namespaces?: readonly string[];
  readonly identities?: readonly EntryKey[];
  readonly exceptions?: readonly EntryKey[];
}

export interface NamesFile {
  readonly path: string;
  /** Names younger than a day; nothing while cold or unreadable. */
  read(nowMs: number): Promise<{ readonly names: CachedNames; readonly fresh: boolean }>;
  /** Only the owner can read it. */
  write(nowMs: number, names: CachedNames): Promise<void>;
  /** Whether this process is the one to refresh it: of those that find it stale, one in half a minute. */
  claim(nowMs: number): Promise<boolean>;
}

const freshMs = 60_000;
const usableMs = 24 * 3_600_000;
const claimMs = 30_000;

/**
 * The file of the names of one account's subscription, or of one cluster in it.
 *
 * @param cluster `group/name`; undefined for the subscription's clusters
 * @returns undefined where there is no folder for caches
 */
export function namesFile(account: Account, cluster: string | undefined): NamesFile | undefined {
  const folder = cacheFolder(account.env);
  if (folder === undefined) {
    return undefined;
  }
  const path = join(folder, `names-${keyOf(account, cluster)}.json`);
  return {
    path,
    async read(nowMs) {
      const found = await readNames(path);
      const ageMs = nowMs - found.writtenMs;
      if (!(ageMs >= 0 && ageMs < usableMs)) {
        return { names: {}, fresh: false };
      }
      return { names: found.names, fresh: ageMs < freshMs };
    },
    async write(writtenMs, names) {
      await makePrivateFolder(dirname(path));
      await writePrivateFile(path, JSON.stringify({ writtenMs, names }));
    },
    claim: (nowMs) => claimFile(`${path}.refresh`, nowMs),
  };
}

/** `XDG_CACHE_HOME`, which counts only when it is absolute. */
function cacheFolder(env: Environment): string | undefined {
  const own = env['XDG_CACHE_HOME'];
  if (own !== undefined && isAbsolute(own)) {
    return join(own, 'podid');
  }
  const home = homeFolder(env);
  return home === undefined ? undefined : join(home, '.cache', 'podid');
}

/** Whatever leads to other names leads to another file. A token counts by its digest alone. */
function keyOf({ env, subscription, user }: Account, cluster: string | undefined): string {
  const ways = [
    'PODID_ARM_ENDPOINT',
    'PODID_ARM_TOKEN',
    'PODID_CLOUD',
    'PODID_AUTH',
    'AZURE_TOKEN_CREDENTIALS',
    'AZURE_AUTHORITY_HOST',
    'AZURE_TENANT_ID',
    'AZURE_CLIENT_ID',
    'AZURE_CONFIG_DIR',
  ].map((name) => env[name] ?? '');
  const parts = [...ways, subscription.toLowerCase(), user, cluster?.toLowerCase() ?? ''];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);
}

async function readNames(path: string): Promise<{ readonly writtenMs: number; readonly names: CachedNames }> {
  try {
    const { writtenMs, names } = JSON.parse(await readFile(path, 'utf8'));
    return { writtenMs: Number(writtenMs), names: Object(names) };
  } catch {
    return { writtenMs: Number.NaN, names: {} };
  }
}

async function claimFile(path: string, nowMs: number): Promise<boolean> {
  try {
    const last = await stat(path).then(
      ({ mtimeMs }) => mtimeMs,
      () => Number.NEGATIVE_INFINITY,
    );
    if (Math.abs(nowMs - last) < claimMs) {
      return false;
    }
    await makePrivateFolder(dirname(path));
    const file = await open(path, 'w', 0o600);
    try {
      await file.utimes(nowMs / 1000, nowMs / 1000);
    } finally {
      await file.close();
    }
    return true;
  } catch {
    return false;
  }
}
