import { advice } from '../../errors/hint.ts';
import { PodidError } from '../../errors/podid-error.ts';
import { isRecord, type JsonRecord } from '../json-record.ts';
import { UsageFaults } from '../usage-faults.ts';
import { goYamlScalar } from './go-yaml-scalar.ts';
import { locatedDocuments } from './located-yaml.ts';
import { deepestYaml, isNestedTooDeep } from './yaml-nodes.ts';

/** A cluster, user or context of a kubeconfig, as it stands there. */
export interface KubeconfigEntry {
  readonly name: string;
  readonly value: JsonRecord;
  /** Such as `users[2].user`. */
  readonly place: string;
  /** Of the file: completes "The kubeconfig …". */
  readonly source: string;
}

export interface Kubeconfig {
  readonly clusters: readonly KubeconfigEntry[];
  readonly users: readonly KubeconfigEntry[];
  readonly contexts: readonly KubeconfigEntry[];
  readonly currentContext?: string;
}

export interface KubeconfigCluster {
  readonly name: string;
  /** http or https, without user information. */
  readonly server: string;
  /** PEM in base64. */
  readonly caData?: string;
  readonly caFile?: string;
  readonly skipTlsVerify: boolean;
  readonly tlsServerName?: string;
  readonly proxyUrl?: string;
}

/** A program that prints a credential, as `client.authentication.k8s.io` describes it. */
export interface CredentialPlugin {
  readonly apiVersion: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: readonly { readonly name: string; readonly value: string }[];
}

export interface KubeconfigUser {
  readonly name: string;
  readonly token?: string;
  readonly tokenFile?: string;
  /** PEM in base64. */
  readonly certData?: string;
  readonly certFile?: string;
  readonly keyData?: string;
  readonly keyFile?: string;
  readonly username?: string;
  readonly password?: string;
  readonly impersonate?: string;
  readonly plugin?: CredentialPlugin;
  /** `azure`, `gcp`, `oidc`: the way of before the plugins. */
  readonly authProvider?: { readonly name: string; readonly config: JsonRecord };
}

/**
 * A kubeconfig's text taken apart as kubectl does it: what has a wrong type refuses the file wherever it stands, what an
 * entry lacks counts when the entry is used. A file without content has no entries. Faults name places and rules, never
 * content: it may be a secret.
 *
 * @param source completes "The kubeconfig …": a path, or whose it is
 * @throws PodidError InvalidKubeconfig
 */
export function parseKubeconfig(text: string, source: string): Kubeconfig {
  const root = parseYaml(text, source) ?? {};
  if (!isRecord(root)) {
    throw kubeconfigFault(source, 'it is not a YAML mapping');
  }
  checkKind(root, source);
  const currentContext = textOf(root, 'current-context', '', source);
  return {
    clusters: entries(root, { list: 'clusters', member: 'cluster', members: clusterMembers, source }),
    users: entries(root, { list: 'users', member: 'user', members: userMembers, source }),
    contexts: entries(root, { list: 'contexts', member: 'context', members: contextMembers, source }),
    ...(currentContext === undefined ? {} : { currentContext }),
  };
}

/** @param reason the end of "The kubeconfig … cannot be used: …" */
export function kubeconfigFault(source: string, reason: string): PodidError {
  return new PodidError('InvalidKubeconfig', `The kubeconfig ${source} cannot be used: ${reason}.`, {
    hint: advice`Fix that place in the file (kubectl config view checks it), or name another with --kubeconfig.`,
  });
}

const longestText = 1024 * 1024;

/** The first document, as kubectl takes it. */
function parseYaml(text: string, source: string): unknown {
  if (text.length > longestText) {
    throw kubeconfigFault(source, 'it is longer than 1 MiB');
  }
  if (isNestedTooDeep(text)) {
    throw kubeconfigFault(source, `it is not YAML of less than ${deepestYaml} levels`);
  }
  const faults = new UsageFaults();
  // Whether a key comes twice costs the square of their number; the last one counts.
  const reading = { readPlain: goYamlScalar, lenient: true } as const;
  const [first] = locatedDocuments({ name: source, text }, faults, reading);
  const json = first?.json();
  const line = faults.located[0]?.line;
  if (line !== undefined) {
    throw kubeconfigFault(
      source,
      first === undefined ? `line ${line} is not YAML` : 'it is not YAML that kubectl reads',
    );
  }
  return json;
}

function checkKind(root: JsonRecord, source: string): void {
  for (const [member, wanted] of [
    ['apiVersion', 'v1'],
    ['kind', 'Config'],
  ] as const) {
    const text = textOf(root, member, '', source);
    if (text !== undefined && text !== wanted) {
      throw kubeconfigFault(source, `its ${member} is not ${wanted}`);
    }
  }
}

/** What of a member is judged wherever it stands: its type. */
type MemberTypes = Readonly<Record<string, 'text' | 'base64' | 'switch' | 'list' | 'mapping' | 'plugin'>>;

const clusterMembers: MemberTypes = {
  server: 'text',
  'tls-server-name': 'text',
  'insecure-skip-tls-verify': 'switch',
  'certificate-authority': 'text',
  'certificate-authority-data': 'base64',
  'proxy-url': 'text',
};
const userMembers: MemberTypes = {
  token: 'text',
  tokenFile: 'text',
  'client-certificate': 'text',
  'client-certificate-data': 'base64',
  'client-key': 'text',
  'client-key-data': 'base64',
  username: 'text',
  password: 'text',
  as: 'text',
  'as-uid': 'text',
  'as-groups': 'list',
  'as-user-extra': 'mapping',
  exec: 'plugin',
  'auth-provider': 'mapping',
};
const contextMembers: MemberTypes = { cluster: 'text', user: 'text', namespace: 'text' };

interface EntryList {
  readonly list: string;
  readonly member: string;
  readonly members: MemberTypes;
  readonly source: string;
}

function entries(root: JsonRecord, { list, member, members, source }: EntryList): KubeconfigEntry[] {
  const found = root[list] ?? [];
  if (!Array.isArray(found)) {
    throw kubeconfigFault(source, `\`${list}\` is not a list`);
  }
  const names = new Set<string>();
  return found.map((entry: unknown, index) => {
    const place = `${list}[${index}]`;
    const record = entry ?? {};
    if (!isRecord(record)) {
      throw kubeconfigFault(source, `\`${place}\` is not a mapping`);
    }
    const name = textOf(record, 'name', place, source) ?? '';
    if (names.has(name)) {
      throw kubeconfigFault(source, `\`${place}\` has a name that another of its ${list} has`);
    }
    names.add(name);
    const value = record[member] ?? {};
    if (!isRecord(value)) {
      throw kubeconfigFault(source, `\`${place}.${member}\` is not a mapping`);
    }
    checkTypes(value, members, `${place}.${member}`, source);
    return { name, value, place: `${place}.${member}`, source };
  });
}

function checkTypes(value: JsonRecord, members: MemberTypes, place: string, source: string): void {
  for (const [member, type] of Object.entries(members)) {
    const found = value[member];
    if (found !== undefined && found !== null && !types[type].fits(found)) {
      throw kubeconfigFault(source, `\`${place}.${member}\` is ${types[type].otherwise}`);
    }
  }
}

const types: Readonly<
  Record<MemberTypes[string], { fits(value: unknown): boolean; readonly otherwise: string }>
> = {
  text: { fits: isText, otherwise: 'not a text' },
  base64: { fits: isBase64, otherwise: 'not base64' },
  switch: { fits: (value) => typeof value === 'boolean', otherwise: 'neither true nor false' },
  list: { fits: Array.isArray, otherwise: 'not a list' },
  mapping: { fits: isRecord, otherwise: 'not a mapping' },
  plugin: { fits: isPlugin, otherwise: 'not of command, args and env that are texts' },
};

export function isText(value: unknown): value is string {
  return typeof value === 'string';
}

/** What is null counts as empty. */
function isPlugin(value: unknown): boolean {
  if (!isRecord(value)) {
    return false;
  }
  const { args, env, command, apiVersion } = value;
  const variables = env ?? [];
  const isVariable = (each: unknown) => isRecord(each) && areTexts([each['name'], each['value']]);
  return (
    areTexts([command, apiVersion]) &&
    areTexts(args ?? []) &&
    Array.isArray(variables) &&
    variables.every(isVariable)
  );
}

function areTexts(list: unknown): boolean {
  return Array.isArray(list) && list.every((item) => item === null || item === undefined || isText(item));
}

/** Line breaks are passed over. */
function isBase64(value: unknown): boolean {
  const text = isText(value) ? value.replace(/[\r\n]/g, '') : '-';
  return text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text);
}

/** A member that is text where it is given at all; an empty one counts as not given, as in kubectl. */
export function textOf(
  record: JsonRecord,
  member: string,
  place: string,
  source: string,
): string | undefined {
  const value = record[member] ?? '';
  if (!isText(value)) {
    throw kubeconfigFault(source, `\`${place === '' ? '' : `${place}.`}${member}\` is not a text`);
  }
  return value === '' ? undefined : value;
}
