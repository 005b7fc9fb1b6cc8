import { mkdir, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';

/** A folder of kubeconfigs, what KUBECONFIG says of it, and what podid and kubectl make of that. */
export interface KubeconfigCase {
  readonly what: string;
  readonly files: Readonly<Record<string, string | Uint8Array>>;
  /** The parts of KUBECONFIG, names in the folder; absent: the first file. */
  readonly list?: readonly string[];
  readonly context?: string;
  /** What the chosen context leads to, or the reason why it leads nowhere. */
  readonly podid: { readonly server: string; readonly user: ChosenUser } | RegExp;
  /** Where the two differ: what kubectl does, and why podid does not. */
  readonly kubectl?: { readonly does: 'take' | 'refuse'; readonly because: string };
}

export interface ChosenUser {
  readonly token?: string;
  readonly tokenFile?: string;
  readonly username?: string;
  readonly command?: string;
}

/** Nothing listens there, so that kubectl fails at once when it has taken the file. */
export const deadServer = 'https://127.0.0.1:1';
const taken = { server: deadServer, user: { token: 't' } };

/** The parts are YAML flow: `more` entries stand behind the used ones. */
function config(
  parts: {
    readonly cluster?: string;
    readonly user?: string;
    readonly context?: string;
    readonly clusters?: string;
    readonly users?: string;
    readonly contexts?: string;
    readonly current?: string;
    readonly head?: string;
  } = {},
): string {
  const { cluster = `server: '${deadServer}'`, user = 'token: t', context = 'cluster: a, user: a' } = parts;
  const { clusters = '', users = '', contexts = '', current = 'a' } = parts;
  return `${parts.head ?? 'apiVersion: v1\nkind: Config\n'}current-context: ${current}
clusters: [{name: a, cluster: {${cluster}}}${clusters}]
users: [{name: a, user: {${user}}}${users}]
contexts: [{name: a, context: {${context}}}${contexts}]
`;
}

function utf16(text: string, order: 'le' | 'be'): Uint8Array {
  const bytes = Buffer.from(`\ufeff${text}`, 'utf16le');
  return order === 'le' ? bytes : bytes.swap16();
}

const one = (what: string, file: string | Uint8Array, podid: KubeconfigCase['podid']): KubeconfigCase => ({
  what,
  files: { config: file },
  podid,
});
const plugin = (members: string, version = 'v1beta1') =>
  config({ user: `exec: {apiVersion: client.authentication.k8s.io/${version}, ${members}}` });

const unused: readonly KubeconfigCase[] = [
  one('a context without cluster', config({ contexts: ', {name: b, context: {user: a}}' }), taken),
  one('a cluster without server', config({ clusters: ', {name: b, cluster: {}}' }), taken),
  one('a cluster that is null', config({ clusters: ', {name: b, cluster: null}' }), taken),
  one('an entry that is null', config({ clusters: ', null' }), taken),
  one('a plugin without command', config({ users: ', {name: b, user: {exec: {args: [x]}}}' }), taken),
  one('a user with an empty name', config({ users: ", {name: '', user: {token: x}}" }), taken),
  one('a user without a name', config({ users: ', {user: {token: x}}' }), taken),
  one('a server of another scheme', config({ clusters: ", {name: b, cluster: {server: 'ftp://x'}}" }), taken),
  one('a context of what is not there', config({ contexts: ', {name: b, context: {cluster: z}}' }), taken),
  one('groups to impersonate', config({ users: ', {name: b, user: {as: x, as-groups: [z]}}' }), taken),
  one('two ways to sign in', config({ users: ', {name: b, user: {token: x, username: u}}' }), taken),
  one('files that are not there', config({ users: ', {name: b, user: {tokenFile: none}}' }), taken),
].map((each) => ({ ...each, what: `unused: ${each.what}` }));

const used: readonly KubeconfigCase[] = [
  one(
    'a context without cluster',
    config({ context: 'user: a' }),
    /`contexts\[0\].context.cluster` is missing/,
  ),
  one(
    'a context of a cluster that is not there',
    config({ context: 'cluster: z, user: a' }),
    /lacks the cluster of its context "a"/,
  ),
  one('a cluster without server', config({ cluster: '' }), /cluster.server` is not an http or https address/),
  one(
    'a server that is no address',
    config({ cluster: "server: 'https://[::1'" }),
    /is not an http or https/,
  ),
  one('a server without scheme', config({ cluster: "server: '127.0.0.1:1'" }), {
    server: 'http://127.0.0.1:1',
    user: { token: 't' },
  }),
  one(
    'a server without scheme, and TLS',
    config({ cluster: "server: '127.0.0.1:1', insecure-skip-tls-verify: true" }),
    taken,
  ),
  one('a server with a path', config({ cluster: `server: '${deadServer}/k8s/c-1/'` }), {
    server: `${deadServer}/k8s/c-1`,
    user: { token: 't' },
  }),
  one(
    'TLS that is not verified',
    config({ cluster: `server: '${deadServer}', insecure-skip-tls-verify: true` }),
    taken,
  ),
  one(
    'TLS that is not verified, and an authority',
    config({
      cluster: `server: '${deadServer}', insecure-skip-tls-verify: true, certificate-authority-data: eA==`,
    }),
    /contradicts insecure-skip-tls-verify/,
  ),
  one(
    'an authority twice',
    config({
      cluster: `server: '${deadServer}', certificate-authority: x, certificate-authority-data: eA==`,
    }),
    /is given twice, as a file and as data/,
  ),
  one(
    'an authority that is not there',
    config({ cluster: `server: '${deadServer}', certificate-authority: ca.crt` }),
    /authority of cluster a cannot be read/,
  ),
  one(
    'an authority that is none',
    config({ cluster: `server: '${deadServer}', certificate-authority-data: aGVsbG8=` }),
    /holds a certificate or key that cannot be used/,
  ),
  one(
    'a proxy without scheme',
    config({ cluster: `server: '${deadServer}', proxy-url: foo` }),
    /proxy-url` is not an http/,
  ),
  one(
    'a token and a password',
    config({ user: 'token: t, username: u, password: p' }),
    /one way to sign in is allowed/,
  ),
  one('a password', config({ user: 'username: u, password: p' }), {
    server: deadServer,
    user: { username: 'u' },
  }),
  one(
    'a token, and a file of another that is not there',
    config({ user: 'token: t, tokenFile: none' }),
    taken,
  ),
  {
    what: 'a token, and a file of another',
    files: { config: config({ user: 'token: old, tokenFile: tok' }), tok: 'abc' },
    podid: { server: deadServer, user: { token: 'abc', tokenFile: 'tok' } },
  },
  one(
    'a token file that is not there',
    config({ user: 'tokenFile: none' }),
    /The token file of user a cannot be read/,
  ),
  {
    what: 'a token file',
    files: { config: config({ user: 'tokenFile: tok' }), tok: 'abc\n' },
    podid: { server: deadServer, user: { token: 'abc', tokenFile: 'tok' } },
  },
  one(
    'a certificate without key',
    config({ user: 'client-certificate-data: eA==' }),
    /client-key` is missing beside the certificate/,
  ),
  one('a plugin', plugin('command: /bin/false'), { server: deadServer, user: { command: '/bin/false' } }),
  one('a plugin of v1', plugin('command: /bin/false, interactiveMode: Never', 'v1'), {
    server: deadServer,
    user: { command: '/bin/false' },
  }),
  one(
    'a plugin of v1 without its mode',
    plugin('command: /bin/false', 'v1'),
    /exec.interactiveMode` is not one of/,
  ),
  one(
    'a plugin of a version that is gone',
    plugin('command: /bin/false', 'v1alpha1'),
    /exec.apiVersion` is not one of/,
  ),
  one('a plugin without command', plugin('args: [x]'), /exec.command` is missing/),
  one('a plugin whose lists are null', plugin('command: /bin/false, args: null, env: null'), {
    server: deadServer,
    user: { command: '/bin/false' },
  }),
  one('a plugin with an argument that is null', plugin('command: /bin/false, args: [null]'), {
    server: deadServer,
    user: { command: '/bin/false' },
  }),
  one('a plugin with a variable without value', plugin('command: /bin/false, env: [{name: x}]'), {
    server: deadServer,
    user: { command: '/bin/false' },
  }),
  one(
    'a plugin with a variable without name',
    plugin('command: /bin/false, env: [{value: x}]'),
    /exec.env` has a variable without a name/,
  ),
  one('a plugin that is null', config({ user: 'token: t, exec: null' }), taken),
  one('a key without certificate', config({ user: 'token: t, client-key-data: "aGVs\\nbG8="' }), taken),
  one(
    'a plugin beside a token',
    config({
      user: 'token: t, exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: /bin/false}',
    }),
    { server: deadServer, user: { token: 't', command: '/bin/false' } },
  ),
  one(
    'a plugin beside an auth-provider',
    config({
      user: 'auth-provider: {name: x}, exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: /bin/false}',
    }),
    /one way to sign in is allowed/,
  ),
  one('a user to impersonate', config({ user: 'token: t, as: bob' }), taken),
  one('no groups to impersonate', config({ user: 'token: t, as-groups: []' }), taken),
];

const shapes: readonly KubeconfigCase[] = [
  one('a file as kubectl writes it', config(), taken),
  one('without apiVersion and kind', config({ head: '' }), taken),
  one('another kind', config({ head: 'apiVersion: v1\nkind: Pod\n' }), /its kind is not Config/),
  one('another version', config({ head: 'apiVersion: v2\nkind: Config\n' }), /its apiVersion is not v1/),
  one('unknown members', `${config()}foo: bar\n`, taken),
  one('extensions', `${config()}extensions: [{name: x, extension: {a: b}}]\n`, taken),
  one('a second document', `${config()}---\n- anything\n`, taken),
  one('a key twice', `${config({ current: 'z' })}current-context: a\n`, taken),
  one(
    'JSON',
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'a',
      clusters: [{ name: 'a', cluster: { server: deadServer } }],
      users: [{ name: 'a', user: { token: 't' } }],
      contexts: [{ name: 'a', context: { cluster: 'a', user: 'a' } }],
    }),
    taken,
  ),
  one('line ends of Windows', config().replaceAll('\n', '\r\n'), taken),
  one('UTF-16, as PowerShell 5.1 writes it', utf16(config(), 'le'), taken),
  one('UTF-16, big end first', utf16(config(), 'be'), taken),
  one('UTF-8 with a byte order mark', `\ufeff${config()}`, taken),
  one('a list instead of a mapping', '- a\n', /it is not a YAML mapping/),
  one('a word', 'hello\n', /it is not a YAML mapping/),
  one('an open bracket', 'a: [\n', /is not YAML/),
  one('a tab', `${config()}\tfoo\n`, /line 7 is not YAML/),
  one('users that are a mapping', config().replace(/^users.*$/m, 'users: {}'), /`users` is not a list/),
  one('users that are null', config({ context: 'cluster: a' }).replace(/^users.*$/m, 'users: null'), {
    server: deadServer,
    user: {},
  }),
  one(
    'a name twice',
    config({ clusters: ", {name: a, cluster: {server: 'https://127.0.0.1:2'}}" }),
    /`clusters\[1\]` has a name that another/,
  ),
  one('a token that is a number', config({ user: 'token: 12' }), /user.token` is not a text/),
  one(
    'a token that is a number, unused',
    config({ users: ', {name: b, user: {token: 12}}' }),
    /`users\[1\].user.token` is not a text/,
  ),
  one(
    'data that is not base64, unused',
    config({ users: ", {name: b, user: {client-key-data: '!'}}" }),
    /client-key-data` is not base64/,
  ),
  one(
    'a switch that is a text',
    config({ cluster: `server: '${deadServer}', insecure-skip-tls-verify: 'true'` }),
    /neither true nor false/,
  ),
  one(
    'an argument that is a number, unused',
    config({ users: ', {name: b, user: {exec: {args: [1]}}}' }),
    /exec` is not of command, args and env that are texts/,
  ),
  one(
    'a switch that is yes, on or y',
    config({ cluster: `server: '${deadServer}', insecure-skip-tls-verify: yes` })
      .replace('clusters: [', 'clusters: [{name: b, cluster: {insecure-skip-tls-verify: on}}, ')
      .replace('clusters: [', 'clusters: [{name: c, cluster: {insecure-skip-tls-verify: y}}, '),
    taken,
  ),
  one(
    'a switch that is yes in quotes',
    config({ cluster: `server: '${deadServer}', insecure-skip-tls-verify: 'yes'` }),
    /neither true nor false/,
  ),
  one('a token that is on', config({ user: 'token: on' }), /user.token` is not a text/),
  one('a token with an underscore between digits', config({ user: 'token: 1_000' }), /is not a text/),
  one('a token that is an octal number', config({ user: 'token: 0644' }), /is not a text/),
  one('a token that is a time of day', config({ user: 'token: 190:20:30' }), {
    server: deadServer,
    user: { token: '190:20:30' },
  }),
  one('a current context that is y', config({ current: 'y' }), /`current-context` is not a text/),
  one('a user that takes in another', config({ user: '<<: {token: t}' }), taken),
  one('another version of YAML', `%YAML 1.2\n---\n${config()}`, /is not YAML that kubectl reads/),
  one('no current context', config({ current: "''" }), /names no current context/),
  one('a current context that is not there', config({ current: 'z' }), /has no context "z"/),
  { ...one('a context that is asked for', config({ current: 'z' }), taken), context: 'a' },
  { ...one('a context that is asked for and is not there', config(), /has no context "z"/), context: 'z' },
];

const other = config({ cluster: "server: 'https://127.0.0.1:9'", user: 'token: other' });
const lists: readonly KubeconfigCase[] = [
  {
    what: 'no file, and an empty part',
    files: {},
    list: ['none', ''],
    podid: /none cannot be read: there is no such file/,
  },
  { what: 'the first of two', files: { a: config(), b: other }, list: ['a', 'b'], podid: taken },
  { what: 'no file alone', files: {}, list: ['none'], podid: /cannot be read: there is no such file/ },
  {
    what: 'a file that is not there, and one that is',
    files: { a: config() },
    list: ['none', 'a'],
    podid: taken,
  },
  { what: 'empty parts', files: { a: config() }, list: ['', 'a', ''], podid: taken },
  { what: 'an empty file alone', files: { a: '' }, podid: /names no current context/ },
  { what: 'an empty file, and another', files: { a: '', b: config() }, list: ['a', 'b'], podid: taken },
  {
    what: 'a file of comments, and another',
    files: { a: '# none\n', b: config() },
    list: ['a', 'b'],
    podid: taken,
  },
  { what: 'a folder', files: { 'a/b': '', c: config() }, list: ['a', 'c'], podid: /is not a regular file/ },
  {
    what: 'a broken file, and another',
    files: { a: config(), b: 'a: [\n' },
    list: ['a', 'b'],
    podid: /b cannot be used: line \d is not YAML/,
  },
  {
    what: 'a context in one and its cluster in another',
    files: { a: 'current-context: a\ncontexts: [{name: a, context: {cluster: a, user: a}}]\n', b: config() },
    list: ['a', 'b'],
    podid: taken,
  },
  {
    what: 'a user in both, with other members',
    files: { a: config({ user: 'token: t' }), b: config({ user: 'username: u, password: p' }) },
    list: ['a', 'b'],
    podid: taken,
  },
  {
    what: 'a broken cluster in the first under the name of a sound one',
    files: { a: config({ cluster: '' }), b: config() },
    list: ['a', 'b'],
    podid: /a cannot be used: `clusters\[0\].cluster.server`/,
  },
  {
    what: 'paths beside the file that names them',
    files: { a: 'current-context: a\n', 'keys/b': config({ user: 'tokenFile: tok' }), 'keys/tok': 'abc' },
    list: ['a', 'keys/b'],
    podid: { server: deadServer, user: { token: 'abc', tokenFile: 'tok' } },
  },
];

const takes = (because: string) => ({ does: 'take', because }) as const;
const refuses = (because: string) => ({ does: 'refuse', because }) as const;
const different: readonly KubeconfigCase[] = [
  {
    what: 'a token file in UTF-16',
    files: { config: config({ user: 'tokenFile: tok' }), tok: utf16('abc\r\n', 'le') },
    podid: { server: deadServer, user: { token: 'abc', tokenFile: 'tok' } },
    kubectl: refuses('podid decodes whatever file it reads'),
  },
  {
    ...one(
      'a server of another scheme',
      config({ cluster: "server: 'ftp://x'" }),
      /is not an http or https address/,
    ),
    kubectl: takes('kubectl finds that out with its first request'),
  },
  {
    ...one(
      'a server with blanks around it',
      config({ cluster: "server: ' https://127.0.0.1:1 '" }),
      /is not an http or https address/,
    ),
    kubectl: takes('kubectl finds that out with its first request'),
  },
  {
    ...one(
      'plain http beyond this machine',
      config({ cluster: "server: 'http://192.0.2.1:1'" }),
      /is plain http beyond this machine/,
    ),
    kubectl: takes('a token must not travel in the clear'),
  },
  {
    ...one(
      'a password in the server',
      config({ cluster: "server: 'https://u:p@127.0.0.1:1'" }),
      /holds more than an address/,
    ),
    kubectl: takes('addresses are printed'),
  },
  {
    ...one(
      'a query in the server',
      config({ cluster: "server: 'https://127.0.0.1:1/?a=b'" }),
      /holds more than an address/,
    ),
    kubectl: takes('kubectl drops it in silence'),
  },
  {
    ...one(
      'groups to impersonate',
      config({ user: 'token: t, as: bob, as-groups: [x]' }),
      /as-groups` is not supported/,
    ),
    kubectl: takes('podid impersonates users alone'),
  },
];

export const kubeconfigCases: readonly KubeconfigCase[] = [
  ...shapes,
  ...unused,
  ...used,
  ...lists,
  ...different,
];

/** Writes the files of a case into the folder. @returns the value of KUBECONFIG */
export async function writeCase({ files, list }: KubeconfigCase, folder: string): Promise<string> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
  const parts = list ?? Object.keys(files).slice(0, 1);
  return parts.map((part) => (part === '' ? '' : join(folder, part))).join(delimiter);
}
