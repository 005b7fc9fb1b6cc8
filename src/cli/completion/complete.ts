import type { CommandTree } from '../run/command-spec.ts';
import type { Context } from '../run/context.ts';
import { type LiveNames, readTypedLine, type TypedLine } from './candidates.ts';
import { type Account, type CachedNames, namesFile } from './names-cache.ts';
import { refreshWord } from './typed-words.ts';

/**
 * Answers a shell's question: one candidate a line with its summary after a tab, or `:file` for the shell's
 * own completion of paths. Sends nothing anywhere and waits for nobody; what is stale is refreshed by a
 * process of its own for the next time. Never fails: without names there are the words that podid has by
 * itself.
 *
 * @param argv the shell's name, or `kubectl`, then the words after `podid` up to the cursor
 */
export async function complete(
  tree: CommandTree,
  argv: readonly string[],
  context: Context,
): Promise<number> {
  const [shell = '', ...typed] = argv;
  const words = joinEquals(shell === 'powershell' ? typed.map((word) => (word === '""' ? '' : word)) : typed);
  const line = await readTypedLine(tree, words);
  const { completion } = line;
  const names = completion.names === undefined ? [] : await liveNames(context, line, completion.names);
  const current = words.at(-1) ?? '';
  const prefix =
    current.startsWith('--') && current.includes('=') ? current.slice(0, current.indexOf('=') + 1) : '';
  const all = [
    ...completion.candidates,
    ...names.map((name) => ({ word: `${prefix}${name}`, summary: '' })),
  ].filter(({ word }) => word.startsWith(current));
  const lines = all.map(({ word, summary }) => {
    // bash takes `=` for the end of a word, and wants what comes after it.
    const printable = shell === 'bash' ? word.slice(prefix.length) : word;
    return summary === '' ? printable : `${printable}\t${summary}`;
  });
  const answer =
    shell === 'kubectl' ? forKubectl(lines, completion.files) : completion.files ? [':file'] : lines;
  await context.stdout.write(answer.map((each) => `${each}\n`).join(''));
  return 0;
}

/**
 * In the words of cobra, by which kubectl asks its plug-ins: the candidates, and a number that says whether the shell
 * may offer files (0) or not (4).
 */
function forKubectl(lines: readonly string[], files: boolean): readonly string[] {
  return files ? [':0'] : [...lines, ':4'];
}

/** bash hands `--output=json` over as three words. */
function joinEquals(words: readonly string[]): string[] {
  const joined: string[] = [];
  for (const word of words) {
    const before = joined.at(-1);
    const goesOn = before?.startsWith('--') && (word === '=' ? !before.includes('=') : before.endsWith('='));
    if (before !== undefined && goesOn) {
      joined.splice(-1, 1, `${before}${word}`);
    } else {
      joined.push(word);
    }
  }
  return joined;
}

async function liveNames(context: Context, line: TypedLine, wanted: LiveNames): Promise<string[]> {
  try {
    const place = await placeOf(context, line);
    const ofSubscription = ['clusters', 'groups', 'managed identities'].includes(wanted.of);
    const cluster = ofSubscription ? undefined : place.cluster;
    if (!ofSubscription && cluster === undefined) {
      return [];
    }
    const file = namesFile(place.account, cluster);
    if (file === undefined) {
      return [];
    }
    const { names, fresh } = await file.read(context.clock.now());
    if (!fresh && (await file.claim(context.clock.now()))) {
      await context.startDetached([refreshWord, place.account.subscription, ...(cluster?.split('/') ?? [])]);
    }
    return [...new Set(pick(names, wanted, line.values.get('resourceGroup')))].filter(isPlain);
  } catch {
    return [];
  }
}

/** Which account and which cluster, from what is typed, the environment and az's own files. */
async function placeOf(
  { env, azDefaults }: Context,
  { values }: TypedLine,
): Promise<{ readonly account: Account; readonly cluster: string | undefined }> {
  const az = await azDefaults();
  const [, idSubscription, idGroup, idName] =
    /^\/subscriptions\/([^/]+)\/resourceGroups\/([^/]+)\/.*\/([^/]+)$/i.exec(values.get('clusterId') ?? '') ??
    [];
  const subscription =
    idSubscription || values.get('subscription') || env['AZURE_SUBSCRIPTION_ID'] || az.subscriptionId || '';
  const group =
    idGroup ||
    values.get('resourceGroup') ||
    env['PODID_RESOURCE_GROUP'] ||
    env['AZURE_DEFAULTS_GROUP'] ||
    az.resourceGroup;
  const name = idName || values.get('clusterName') || env['PODID_CLUSTER_NAME'];
  return {
    account: { env, subscription, user: az.user ?? '' },
    cluster: group === undefined || name === undefined ? undefined : `${group}/${name}`,
  };
}

function pick(names: CachedNames, wanted: LiveNames, group: string | undefined): string[] {
  const clusters = names.clusters ?? [];
  if (wanted.of === 'groups') {
    return clusters.map(({ resourceGroup }) => resourceGroup);
  }
  if (wanted.of === 'managed identities') {
    return [...(names.managedIdentities ?? [])];
  }
  if (wanted.of === 'namespaces') {
    return [...(names.namespaces ?? [])];
  }
  if (wanted.of === 'identity keys') {
    return (names.identities ?? []).map(({ namespace, name }) => `${namespace}/${name}`);
  }
  if (wanted.of === 'clusters') {
    return clusters
      .filter(
        ({ resourceGroup }) => group === undefined || resourceGroup.toLowerCase() === group.toLowerCase(),
      )
      .map(({ name }) => name);
  }
  const { namespace: only } = wanted;
  return (names[wanted.of] ?? [])
    .filter(({ namespace }) => only === undefined || namespace === only)
    .map(({ name }) => name);
}

/**
 * What comes from outside reaches a shell only as letters, digits and what names of Azure and Kubernetes have
 * besides; a slash stands between a namespace and a name.
 */
function isPlain(name: string): boolean {
  return /^[\p{L}\p{N}_][\p{L}\p{N}_.-]*(\/[\p{L}\p{N}_][\p{L}\p{N}_.-]*)?$/u.test(name);
}
