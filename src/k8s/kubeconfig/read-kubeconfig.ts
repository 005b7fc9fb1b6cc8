import { X509Certificate } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { delimiter, dirname, isAbsolute, resolve } from 'node:path';
import { createSecureContext } from 'node:tls';
import { advice } from '../../errors/hint.ts';
import { decodeText } from '../../errors/plain-text.ts';
import { PodidError } from '../../errors/podid-error.ts';
import { fileErrorText, systemErrorCode } from '../../errors/system-error-code.ts';
import {
  type Kubeconfig,
  type KubeconfigCluster,
  type KubeconfigEntry,
  type KubeconfigUser,
  parseKubeconfig,
} from '../../validate/files/kubeconfig.ts';
import { checkClusterRules, checkUserRules } from '../../validate/files/kubeconfig-entries.ts';
import { type ChosenContext, type ChosenEntries, chooseEntries, readEntries } from './choose-context.ts';

/**
 * As `readContext`, with certificates and keys that were looked at.
 *
 * @throws PodidError InvalidKubeconfig, which never quotes content
 */
export async function readKubeconfig(path: string, context: string | undefined): Promise<ChosenContext> {
  const chosen = await readContext(path, context);
  checkPem(chosen, path);
  const { tokenFile: _read, ...user } = chosen.user;
  return { ...chosen, user };
}

/**
 * One context of the user's own kubeconfig, with the content of every file that it points to. Several paths,
 * joined as in KUBECONFIG, are merged as kubectl does it: the first to say something wins, and files that are
 * not there are passed over. A token's file stays beside its token, for whoever outlives the token.
 *
 * @param parse for whoever reads again and again, and remembers
 * @throws PodidError InvalidKubeconfig, which never quotes content
 */
export async function readContext(
  path: string,
  context: string | undefined,
  parse: typeof parseKubeconfig = parseKubeconfig,
): Promise<ChosenContext> {
  const configs = await Promise.all((await existingPaths(path)).map((one) => readOne(one, parse)));
  const merged: Kubeconfig = {
    clusters: configs.flatMap(({ clusters }) => clusters),
    users: configs.flatMap(({ users }) => users),
    contexts: configs.flatMap(({ contexts }) => contexts),
    ...firstCurrentContext(configs),
  };
  const entries = chooseEntries(merged, context, path);
  checkRules(entries);
  const { name, cluster, user } = readEntries(entries);
  return {
    name,
    cluster: await withClusterFiles(absolute(cluster, ['caFile'], folderOf(entries.cluster))),
    user: await withUserFiles(entries.user ? absoluteUser(user, folderOf(entries.user)) : user),
  };
}

function checkRules({ cluster, user }: ChosenEntries): void {
  checkClusterRules(cluster);
  if (user !== undefined) {
    checkUserRules(user);
  }
}

/** Paths in a kubeconfig are relative to its folder. */
function folderOf({ source }: KubeconfigEntry): string {
  return dirname(resolve(source));
}

async function existingPaths(path: string): Promise<readonly string[]> {
  const parts = path.split(delimiter).filter((part) => part !== '');
  const there = await Promise.all(parts.map((part) => stat(part).then(Boolean, () => false)));
  const existing = parts.filter((_, index) => there[index]);
  return existing.length > 0 ? existing : [parts[0] ?? path];
}

async function readOne(path: string, parse: typeof parseKubeconfig): Promise<Kubeconfig> {
  return parse(decodeText(await readSmallFile(path, `The kubeconfig ${path}`)), path);
}

/** A plugin's command is relative to the folder only when it is a path and no bare name. */
function absoluteUser(user: KubeconfigUser, folder: string): KubeconfigUser {
  const { plugin, ...rest } = absolute(user, ['tokenFile', 'certFile', 'keyFile'], folder);
  if (plugin === undefined) {
    return rest;
  }
  const isPath = /[/\\]/.test(plugin.command) && !isAbsolute(plugin.command);
  return { ...rest, plugin: isPath ? { ...plugin, command: resolve(folder, plugin.command) } : plugin };
}

function absolute<Entry extends object>(
  entry: Entry,
  members: readonly (keyof Entry)[],
  folder: string,
): Entry {
  const made = { ...entry };
  for (const member of members) {
    const path = made[member];
    if (typeof path === 'string') {
      made[member] = resolve(folder, path) as typeof path;
    }
  }
  return made;
}

function firstCurrentContext(configs: readonly Kubeconfig[]): { currentContext?: string } {
  const first = configs.find(({ currentContext }) => currentContext !== undefined)?.currentContext;
  return first === undefined ? {} : { currentContext: first };
}

async function withClusterFiles({ caFile, ...cluster }: KubeconfigCluster): Promise<KubeconfigCluster> {
  if (caFile === undefined) {
    return cluster;
  }
  return {
    ...cluster,
    caData: await readBase64(caFile, `The certificate authority of cluster ${cluster.name}`),
  };
}

async function withUserFiles(user: KubeconfigUser): Promise<KubeconfigUser> {
  const { tokenFile, certFile, keyFile, ...rest } = user;
  const whose = `of user ${user.name}`;
  const fromFile = tokenFile && (await readToken(tokenFile, whose, rest.token));
  const certData = certFile && (await readBase64(certFile, `The certificate ${whose}`));
  const keyData = keyFile && (await readBase64(keyFile, `The key ${whose}`));
  return {
    ...rest,
    ...(fromFile && tokenFile ? { token: fromFile, tokenFile } : {}),
    ...(certData ? { certData } : {}),
    ...(keyData ? { keyData } : {}),
  };
}

/** As in kubectl, a token that stands in the kubeconfig counts where its file cannot be read. */
async function readToken(
  path: string,
  whose: string,
  fallback: string | undefined,
): Promise<string | undefined> {
  try {
    return decodeText(await readFull(path, `The token file ${whose}`)).trim();
  } catch (error) {
    if (fallback === undefined) {
      throw error;
    }
    return undefined;
  }
}

async function readBase64(path: string, what: string): Promise<string> {
  return (await readFull(path, what)).toString('base64');
}

/** Empty is a file that is just being written: without an authority, a certificate or a token podid would ask otherwise than is meant. */
async function readFull(path: string, what: string): Promise<Buffer> {
  const content = await readSmallFile(path, what);
  if (content.every((byte) => byte <= 0x20)) {
    throw new PodidError('InvalidKubeconfig', `${what} is empty.`, { hint: otherFileHint, target: path });
  }
  return content;
}

const maxFileBytes = 10 * 1024 * 1024;
const otherFileHint = advice`Name a file that can be read with --kubeconfig; without it and KUBECONFIG podid asks Azure for credentials.`;

/** A pipe or device would hang or have no end, and could not be read a second time. */
async function readSmallFile(path: string, what: string): Promise<Buffer> {
  try {
    const found = await stat(path);
    if (!found.isFile()) {
      throw new PodidError('InvalidKubeconfig', `${what} is not a regular file.`, { hint: otherFileHint });
    }
    if (found.size > maxFileBytes) {
      throw new PodidError('InvalidKubeconfig', `${what} is larger than 10 MiB.`, { hint: otherFileHint });
    }
    return await readFile(path);
  } catch (error) {
    if (error instanceof PodidError) {
      throw error;
    }
    throw new PodidError('InvalidKubeconfig', `${what} cannot be read: ${fileErrorText(error)}.`, {
      hint: otherFileHint,
      target: path,
    });
  }
}

/**
 * @throws PodidError InvalidKubeconfig when certificate, key or authority is none, or the two do not belong
 * together
 */
export function checkPem({ cluster, user }: ChosenContext, source: string): void {
  const pem = (data: string | undefined) => (data === undefined ? undefined : Buffer.from(data, 'base64'));
  try {
    // TLS takes an authority that is none for none at all.
    if (cluster.caData !== undefined) {
      new X509Certificate(Buffer.from(cluster.caData, 'base64'));
    }
    createSecureContext({
      ca: pem(cluster.caData),
      cert: pem(user.certData),
      key: pem(user.certData && user.keyData),
    });
  } catch (error) {
    const code = systemErrorCode(error);
    const detail = code === undefined ? '' : ` (${code})`;
    const message = `The kubeconfig ${source} holds a certificate or key that cannot be used${detail}.`;
    const hint = advice`Write the file again (az aks get-credentials), or name another with --kubeconfig.`;
    throw new PodidError('InvalidKubeconfig', message, { hint });
  }
}
