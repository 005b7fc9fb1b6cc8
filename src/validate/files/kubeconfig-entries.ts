import { isLoopbackHost } from '../../domain/azure/loopback-host.ts';
import type { PodidError } from '../../errors/podid-error.ts';
import { isRecord, type JsonRecord, stringAt } from '../json-record.ts';
import {
  type CredentialPlugin,
  isText,
  type KubeconfigCluster,
  type KubeconfigEntry,
  type KubeconfigUser,
  kubeconfigFault,
  textOf,
} from './kubeconfig.ts';

interface KubeconfigContext {
  readonly cluster: string;
  readonly user?: string;
}

/** @throws PodidError InvalidKubeconfig */
export function kubeconfigContext(entry: KubeconfigEntry): KubeconfigContext {
  const { cluster, user } = textsOf(entry, { cluster: 'cluster', user: 'user' });
  if (cluster === undefined) {
    throw faultAt(entry, 'cluster', 'is missing');
  }
  return { cluster, ...(user === undefined ? {} : { user }) };
}

/** @throws PodidError InvalidKubeconfig */
export function kubeconfigCluster(entry: KubeconfigEntry): KubeconfigCluster {
  const { name, value } = entry;
  return {
    name,
    server: parseServer(entry),
    skipTlsVerify: value['insecure-skip-tls-verify'] === true,
    ...textsOf(entry, {
      caData: 'certificate-authority-data',
      caFile: 'certificate-authority',
      tlsServerName: 'tls-server-name',
      proxyUrl: 'proxy-url',
    }),
  };
}

function parseServer(entry: KubeconfigEntry): string {
  const { server: text = '' } = textsOf(entry, { server: 'server' });
  const server = withScheme(text, entry.value).replace(/\/+$/, '');
  const url = URL.canParse(server) ? new URL(server) : undefined;
  if (url === undefined || /\s/.test(server) || !['http:', 'https:'].includes(url.protocol)) {
    throw faultAt(entry, 'server', 'is not an http or https address');
  }
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw faultAt(entry, 'server', 'holds more than an address');
  }
  if (url.protocol === 'http:' && !isLoopbackHost(url.hostname)) {
    throw faultAt(entry, 'server', 'is plain http beyond this machine');
  }
  return server;
}

/** `host:port`, which kubectl takes for https where the entry says something about TLS, and for http elsewhere. */
function withScheme(server: string, { ...value }: JsonRecord): string {
  if (server === '' || server.includes('://')) {
    return server;
  }
  const isTls =
    value['insecure-skip-tls-verify'] === true ||
    Boolean(value['certificate-authority'] || value['certificate-authority-data']);
  return `${isTls ? 'https' : 'http'}://${server}`;
}

/** @throws PodidError InvalidKubeconfig */
export function kubeconfigUser(entry: KubeconfigEntry): KubeconfigUser {
  const { name, value } = entry;
  for (const member of ['as-uid', 'as-groups', 'as-user-extra']) {
    if (!isEmpty(value[member])) {
      throw faultAt(entry, member, 'is not supported, and without it the requests would run as another user');
    }
  }
  const plugin = parsePlugin(value['exec'], entry);
  const authProvider = parseAuthProvider(value['auth-provider'], entry);
  return {
    name,
    ...textsOf(entry, {
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

function isEmpty(value: unknown): boolean {
  const isBare = typeof value === 'object' && value !== null && Object.keys(value).length === 0;
  return value === undefined || value === null || value === '' || isBare;
}

function parsePlugin(value: unknown, entry: KubeconfigEntry): CredentialPlugin | undefined {
  if (!isRecord(value)) {
    return undefined;
  }
  const ofPlugin = { ...entry, value, place: `${entry.place}.exec` };
  const { command, apiVersion } = textsOf(ofPlugin, { command: 'command', apiVersion: 'apiVersion' });
  if (command === undefined) {
    throw faultAt(ofPlugin, 'command', 'is missing');
  }
  // Their types have been looked at, where the file was.
  const args = ((value['args'] ?? []) as (string | null)[]).map((text) => text ?? '');
  const env = ((value['env'] ?? []) as JsonRecord[]).map((each) => ({
    name: stringAt(each, 'name') ?? '',
    value: stringAt(each, 'value') ?? '',
  }));
  if (env.some(({ name }) => name === '')) {
    throw faultAt(ofPlugin, 'env', 'has a variable without a name');
  }
  return { apiVersion: apiVersion ?? 'client.authentication.k8s.io/v1', command, args, env };
}

function parseAuthProvider(value: unknown, entry: KubeconfigEntry): KubeconfigUser['authProvider'] {
  if (!isRecord(value)) {
    return undefined;
  }
  const { name } = value;
  if (!isText(name)) {
    throw faultAt(entry, 'auth-provider', 'has no name');
  }
  return { name, config: isRecord(value['config']) ? value['config'] : {} };
}

/** The members that are given, under names of ours. */
function textsOf<Name extends string>(
  { value, place, source }: KubeconfigEntry,
  members: Readonly<Record<Name, string>>,
): { [N in Name]?: string } {
  const found: { [N in Name]?: string } = {};
  for (const [name, member] of Object.entries(members) as [Name, string][]) {
    const text = textOf(value, member, place, source);
    if (text !== undefined) {
      found[name] = text;
    }
  }
  return found;
}

/** @param reason what of the member is wrong: `is missing` */
export function faultAt({ place, source }: KubeconfigEntry, member: string, reason: string): PodidError {
  return kubeconfigFault(source, `\`${place}.${member}\` ${reason}`);
}

/**
 * What kubectl refuses in the cluster that is used, beside what cannot be read.
 *
 * @throws PodidError InvalidKubeconfig
 */
export function checkClusterRules(entry: KubeconfigEntry): void {
  const { value } = entry;
  const authority = ['certificate-authority', 'certificate-authority-data'].filter((member) => value[member]);
  if (authority.length > 1) {
    throw faultAt(entry, 'certificate-authority', 'is given twice, as a file and as data');
  }
  const [first] = authority;
  if (first !== undefined && value['insecure-skip-tls-verify'] === true) {
    throw faultAt(entry, first, 'contradicts insecure-skip-tls-verify');
  }
  if (value['proxy-url'] && !/^(?:https?|socks5):\/\//i.test(String(value['proxy-url']))) {
    throw faultAt(entry, 'proxy-url', 'is not an http, https or socks5 address');
  }
}

/**
 * What kubectl refuses in the user that is used.
 *
 * @throws PodidError InvalidKubeconfig
 */
export function checkUserRules(entry: KubeconfigEntry): void {
  const { value } = entry;
  if ((value['token'] || value['tokenFile']) && (value['username'] || value['password'])) {
    throw faultAt(entry, 'username', 'stands beside a token, and one way to sign in is allowed');
  }
  for (const member of ['client-certificate', 'client-key']) {
    if (value[member] && value[`${member}-data`]) {
      throw faultAt(entry, member, 'is given twice, as a file and as data');
    }
  }
  const certificate = value['client-certificate'] || value['client-certificate-data'];
  if (certificate && !value['client-key'] && !value['client-key-data']) {
    throw faultAt(entry, 'client-key', 'is missing beside the certificate');
  }
  if (isRecord(value['exec'])) {
    checkPluginRules(entry, value['exec']);
  }
}

const pluginVersions = ['v1', 'v1beta1'].map((version) => `client.authentication.k8s.io/${version}`);

function checkPluginRules(entry: KubeconfigEntry, exec: Readonly<Record<string, unknown>>): void {
  const place = { ...entry, place: `${entry.place}.exec` };
  if (entry.value['auth-provider']) {
    throw faultAt(entry, 'auth-provider', 'stands beside exec, and one way to sign in is allowed');
  }
  const version = exec['apiVersion'];
  if (typeof version !== 'string' || !pluginVersions.includes(version)) {
    throw faultAt(place, 'apiVersion', `is not one of ${pluginVersions.join(', ')}`);
  }
  const modes = ['Never', 'IfAvailable', 'Always'];
  const mode = exec['interactiveMode'] ?? (version === pluginVersions[0] ? undefined : 'IfAvailable');
  if (!modes.includes(String(mode))) {
    throw faultAt(place, 'interactiveMode', `is not one of ${modes.join(', ')}`);
  }
}
