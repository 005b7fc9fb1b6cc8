import { parse, YAMLParseError } from 'yaml';
import { advice } from '../../errors/hint.ts';
import { PodidError } from '../../errors/podid-error.ts';
import { isRecord, type JsonRecord } from '../json-record.ts';

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

export interface KubeconfigContext {
  readonly name: string;
  readonly cluster: string;
  readonly user?: string;
}

export interface Kubeconfig {
  readonly clusters: readonly KubeconfigCluster[];
  readonly users: readonly KubeconfigUser[];
  readonly contexts: readonly KubeconfigContext[];
  readonly currentContext?: string;
}

/**
 * A kubeconfig's text as what podid uses of it. Members it does not know are left out, those of a wrong type
 * are a fault. Faults name places and rules, never content: it may be a secret.
 *
 * @param source completes "The kubeconfig …": a path, or whose it is
 * @throws PodidError InvalidKubeconfig
 */
export function parseKubeconfig(text: string, source: string): Kubeconfig {
  const fault: Fault = (reason) =>
    new PodidError('InvalidKubeconfig', `The kubeconfig ${source} cannot be used: ${reason}.`, {
      hint: advice`Fix that place in the file (kubectl config view checks it), or name another with --kubeconfig.`,
    });
  const root = parseYaml(text, fault);
  if (!isRecord(root)) {
    throw fault('it is not a YAML mapping');
  }
  const read = membersOf(root, '', fault);
  return {
    clusters: named(root, 'clusters', 'cluster', fault).map((entry) => parseCluster(entry, fault)),
    users: named(root, 'users', 'user', fault).map((entry) => parseUser(entry, fault)),
    contexts: named(root, 'contexts', 'context', fault).map((entry) => parseContext(entry, fault)),
    ...read.text({ currentContext: 'current-context' }),
  };
}

type Fault = (reason: string) => PodidError;

interface NamedEntry {
  readonly name: string;
  readonly value: JsonRecord;
  /** Such as `users[2].user`. */
  readonly place: string;
}

const longestText = 1024 * 1024;

function parseYaml(text: string, fault: Fault): unknown {
  if (text.length > longestText) {
    throw fault('it is longer than 1 MiB');
  }
  try {
    // Whether a key comes twice costs the square of their number; the last one counts.
    return parse(text, { prettyErrors: true, logLevel: 'error', uniqueKeys: false });
  } catch (error) {
    const line = error instanceof YAMLParseError ? error.linePos?.[0].line : undefined;
    throw fault(line === undefined ? 'it is not YAML' : `line ${line} is not YAML`);
  }
}

function named(root: JsonRecord, list: string, member: string, fault: Fault): readonly NamedEntry[] {
  const entries = root[list] ?? [];
  if (!Array.isArray(entries)) {
    throw fault(`\`${list}\` is not a list`);
  }
  return entries.map((entry: unknown, index) => {
    const name = isRecord(entry) ? entry['name'] : undefined;
    if (!isRecord(entry) || typeof name !== 'string' || name === '') {
      throw fault(`\`${list}[${index}]\` has no name`);
    }
    const value = entry[member] ?? {};
    if (!isRecord(value)) {
      throw fault(`\`${list}[${index}].${member}\` is not a mapping`);
    }
    return { name, value, place: `${list}[${index}].${member}` };
  });
}

function parseCluster({ name, value, place }: NamedEntry, fault: Fault): KubeconfigCluster {
  const skip = value['insecure-skip-tls-verify'] ?? false;
  if (typeof skip !== 'boolean') {
    throw fault(`\`${place}.insecure-skip-tls-verify\` is neither true nor false`);
  }
  return {
    name,
    server: parseServer(value['server'], place, fault),
    skipTlsVerify: skip,
    ...membersOf(value, place, fault).text({
      caData: 'certificate-authority-data',
      caFile: 'certificate-authority',
      tlsServerName: 'tls-server-name',
      proxyUrl: 'proxy-url',
    }),
  };
}

function parseServer(value: unknown, place: string, fault: Fault): string {
  const url = typeof value === 'string' && URL.canParse(value) ? new URL(value) : undefined;
  if (typeof value !== 'string' || url === undefined || !['http:', 'https:'].includes(url.protocol)) {
    throw fault(`\`${place}.server\` is not an http or https address`);
  }
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw fault(`\`${place}.server\` holds more than an address`);
  }
  if (url.protocol === 'http:' && !isLoopback(url.hostname)) {
    throw fault(`\`${place}.server\` is plain http beyond this machine`);
  }
  return value.replace(/\/+$/, '');
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(host);
}

function parseUser({ name, value, place }: NamedEntry, fault: Fault): KubeconfigUser {
  for (const member of ['as-uid', 'as-groups', 'as-user-extra']) {
    if (value[member] !== undefined && value[member] !== null) {
      throw fault(
        `\`${place}.${member}\` is not supported, and without it the requests would run as another user`,
      );
    }
  }
  const plugin = parsePlugin(value['exec'], `${place}.exec`, fault);
  const authProvider = parseAuthProvider(value['auth-provider'], `${place}.auth-provider`, fault);
  return {
    name,
    ...membersOf(value, place, fault).text({
      token: 'token',
      tokenFile: 'tokenFile',
      certData: 'client-certificate-data',
      certFile: 'client-certificate',
      keyData: 'client-key-data',
      keyFile: 'client-key',
      username: 'username',
      password: 'password',
      impersonate: 'as',
    }),
    ...(plugin ? { plugin } : {}),
    ...(authProvider ? { authProvider } : {}),
  };
}

function parsePlugin(value: unknown, place: string, fault: Fault): CredentialPlugin | undefined {
  if (value === undefined || value === null) {
    return undefined;
  }
  if (!isRecord(value)) {
    throw fault(`\`${place}\` is not a mapping`);
  }
  const { command, apiVersion } = membersOf(value, place, fault).text({
    command: 'command',
    apiVersion: 'apiVersion',
  });
  if (command === undefined) {
    throw fault(`\`${place}.command\` is missing`);
  }
  const args = listOf(value['args'], `${place}.args`, isText, fault);
  const env = listOf(value['env'], `${place}.env`, isVariable, fault);
  return { apiVersion: apiVersion ?? 'client.authentication.k8s.io/v1', command, args, env };
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isVariable(value: unknown): value is { name: string; value: string } {
  return isRecord(value) && isText(value['name']) && isText(value['value']);
}

function listOf<Item>(
  value: unknown,
  place: string,
  isItem: (item: unknown) => item is Item,
  fault: Fault,
): readonly Item[] {
  const list = value ?? [];
  if (!Array.isArray(list) || !list.every(isItem)) {
    throw fault(`\`${place}\` is not the list it should be`);
  }
  return list;
}

function parseAuthProvider(value: unknown, place: string, fault: Fault): KubeconfigUser['authProvider'] {
  if (value === undefined || value === null) {
    return undefined;
  }
  const name = isRecord(value) ? value['name'] : undefined;
  if (!isRecord(value) || typeof name !== 'string') {
    throw fault(`\`${place}\` has no name`);
  }
  return { name, config: isRecord(value['config']) ? value['config'] : {} };
}

function parseContext({ name, value, place }: NamedEntry, fault: Fault): KubeconfigContext {
  const { cluster, user } = membersOf(value, place, fault).text({ cluster: 'cluster', user: 'user' });
  if (cluster === undefined) {
    throw fault(`\`${place}.cluster\` is missing`);
  }
  return { name, cluster, ...(user === undefined ? {} : { user }) };
}

/**
 * Reads members that are text where they are given at all; an empty one counts as not given, as in kubectl.
 */
function membersOf(record: JsonRecord, place: string, fault: Fault) {
  return {
    text<Name extends string>(members: Readonly<Record<Name, string>>): { [N in Name]?: string } {
      const found: { [N in Name]?: string } = {};
      for (const [name, member] of Object.entries(members) as [Name, string][]) {
        const value = record[member] ?? '';
        if (typeof value !== 'string') {
          throw fault(`\`${place === '' ? '' : `${place}.`}${member}\` is not a text`);
        }
        if (value !== '') {
          found[name] = value;
        }
      }
      return found;
    },
  };
}
