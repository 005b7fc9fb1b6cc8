import { readFile, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { homeFolder } from '../../domain/home-folder.ts';
import { decodeText } from '../../errors/plain-text.ts';
import { isRecord, type JsonRecord, stringAt } from '../../validate/json-record.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** A subscription that somebody signed in to with az. */
export interface AzSubscription {
  readonly id: string;
  readonly name: string;
  readonly tenantId?: string;
  readonly isDefault: boolean;
  /** Whoever is signed in for it. */
  readonly user?: string;
  /** The cloud: `AzureCloud`, `AzureUSGovernment`, `AzureChinaCloud`. */
  readonly environmentName?: string;
}

export interface AzProfile {
  readonly subscriptions: readonly AzSubscription[];
  /** `[defaults] group` of az's config. */
  readonly defaultGroup?: string;
}

/**
 * What az left in its own files, in `AZURE_CONFIG_DIR` or `~/.azure`. Files that are missing or unreadable
 * say nothing: az need not be installed, and what is missing then is asked for by its flag.
 */
export async function readAzProfile(
  environment: Environment,
  workingFolder = process.cwd(),
): Promise<AzProfile> {
  const folder = environment['AZURE_CONFIG_DIR'] || join(homeFolder(environment) ?? homedir(), '.azure');
  const [profile, ...configs] = await Promise.all([
    readText(join(folder, 'azureProfile.json')),
    ...configFolders(folder, workingFolder).map((each) => readText(join(each, 'config'))),
  ]);
  const group = configs.map(defaultGroupIn).find((found) => found !== undefined);
  return { subscriptions: subscriptionsIn(profile), ...(group === undefined ? {} : { defaultGroup: group }) };
}

/**
 * Where az looks for its defaults: beside the folder that one works in, then beside each above it, then in its own
 * (`knack.config`).
 */
function configFolders(own: string, workingFolder: string): readonly string[] {
  const folders: string[] = [];
  for (let at = resolve(workingFolder); ; at = dirname(at)) {
    const local = join(at, basename(own));
    if (local === resolve(own)) {
      break;
    }
    folders.push(local);
    if (at === dirname(at)) {
      break;
    }
  }
  return [...folders, own];
}

/** The defaults for flags left out; `AZURE_DEFAULTS_GROUP` wins over the file. */
export async function readAzDefaults(
  environment: Environment,
  workingFolder?: string,
): Promise<{
  readonly subscriptionId?: string;
  readonly resourceGroup?: string;
  readonly user?: string;
  /** az's default account has no subscription. */
  readonly tenantLevel?: true;
}> {
  const profile = await readAzProfile(environment, workingFolder);
  const account = subscriptionIn(profile, undefined);
  const isTenantLevel = account !== undefined && account.id === account.tenantId;
  const subscription = isTenantLevel ? undefined : account;
  const group = environment['AZURE_DEFAULTS_GROUP'] || profile.defaultGroup;
  return {
    ...(subscription === undefined ? {} : { subscriptionId: subscription.id }),
    ...(group === undefined ? {} : { resourceGroup: group }),
    ...(account?.user === undefined ? {} : { user: account.user }),
    ...(isTenantLevel ? { tenantLevel: true } : {}),
  };
}

/** The one of that id or name, without case; the default one when none is asked for. */
export function subscriptionIn(profile: AzProfile, idOrName: string | undefined): AzSubscription | undefined {
  if (idOrName === undefined) {
    return profile.subscriptions.find((subscription) => subscription.isDefault);
  }
  const wanted = idOrName.toLowerCase();
  return profile.subscriptions.find(
    ({ id, name }) => id.toLowerCase() === wanted || name.toLowerCase() === wanted,
  );
}

const longestFile = 16 * 1024 * 1024;

async function readText(path: string): Promise<string> {
  try {
    // A pipe would hang, and a device has no end.
    const found = await stat(path);
    if (!found.isFile() || found.size > longestFile) {
      return '';
    }
    // az on Windows and older az elsewhere begin the profile with a byte order mark.
    return decodeText(await readFile(path));
  } catch {
    return '';
  }
}

function subscriptionsIn(text: string): AzSubscription[] {
  const body = parse(text);
  const list = isRecord(body) && Array.isArray(body['subscriptions']) ? body['subscriptions'] : [];
  return list.filter(isRecord).flatMap(readSubscription);
}

function readSubscription(entry: JsonRecord): AzSubscription[] {
  const id = stringAt(entry, 'id');
  const tenantId = stringAt(entry, 'tenantId');
  const environmentName = stringAt(entry, 'environmentName');
  const user = isRecord(entry['user']) ? stringAt(entry['user'], 'name') : undefined;
  if (id === undefined || id === '') {
    return [];
  }
  return [
    {
      id,
      name: stringAt(entry, 'name') ?? '',
      isDefault: entry['isDefault'] === true,
      ...(tenantId === undefined ? {} : { tenantId }),
      ...(environmentName === undefined ? {} : { environmentName }),
      ...(user === undefined ? {} : { user }),
    },
  ];
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** az's config is an INI file; of it one value of one section. */
function defaultGroupIn(config: string): string | undefined {
  let section = '';
  for (const line of config.split(/\r?\n/)) {
    section = /^\s*\[([^\]]+)\]/.exec(line)?.[1]?.trim().toLowerCase() ?? section;
    const value = /^\s*group\s*[=:]\s*(.*?)\s*$/i.exec(line)?.[1];
    if (section === 'defaults' && value !== undefined && value !== '') {
      return value;
    }
  }
  return undefined;
}
