import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import type { PodidError } from '../../../src/errors/podid-error.ts';
import { parseKubeconfig } from '../../../src/validate/files/kubeconfig.ts';
import {
  kubeconfigCluster,
  kubeconfigContext,
  kubeconfigUser,
} from '../../../src/validate/files/kubeconfig-entries.ts';

const secret = 'aVerySecretValue';
const cluster = { name: 'c', cluster: { server: 'https://api.example:443/' } };
const user = { name: 'u', user: { token: secret } };
const context = { name: 'x', context: { cluster: 'c', user: 'u' } };

function config(changes: object): string {
  return stringify({
    clusters: [cluster],
    users: [user],
    contexts: [context],
    'current-context': 'x',
    ...changes,
  });
}

/** Every entry as it is read where a context uses it. */
function readAll(text: string) {
  const { clusters, users, contexts, ...others } = parseKubeconfig(text, '/k');
  return {
    clusters: clusters.map(kubeconfigCluster),
    users: users.map(kubeconfigUser),
    contexts: contexts.map((each) => ({ name: each.name, ...kubeconfigContext(each) })),
    ...others,
  };
}

function faultOf(text: string): string {
  try {
    readAll(text);
  } catch (error) {
    expect(error).toMatchObject({ code: 'InvalidKubeconfig', exitCode: 2 });
    return (error as PodidError).message;
  }
  return 'no fault';
}

describe('parsing a kubeconfig', () => {
  it('keeps what podid uses and leaves the rest', () => {
    expect(readAll(config({ preferences: { colors: true } }))).toEqual({
      clusters: [{ name: 'c', server: 'https://api.example:443', skipTlsVerify: false }],
      users: [{ name: 'u', token: secret }],
      contexts: [{ name: 'x', cluster: 'c', user: 'u' }],
      currentContext: 'x',
    });
  });

  it('takes null lists and an empty current context as absent, as kubectl writes them', () => {
    const text = 'clusters: null\nusers: null\ncontexts: null\ncurrent-context: ""\n';
    expect(readAll(text)).toEqual({ clusters: [], users: [], contexts: [] });
  });

  it.each([
    ['no YAML', `users:\n - name: "${secret}\n`, 'line 3 is not YAML'],
    ['a tab', `users:\n\t- ${secret}`, 'line 2 is not YAML'],
    ['a list', `- ${secret}`, 'it is not a YAML mapping'],
    ['bytes of another kind', '\u0000\u0001\u0002', 'it is not a YAML mapping'],
    ['no list', config({ users: secret }), '`users` is not a list'],
    ['a name that is a list', config({ users: [{ name: [secret] }] }), '`users[0].name` is not a text'],
    [
      'a token of another type',
      config({ users: [{ name: 'u', user: { token: [secret] } }] }),
      '`users[0].user.token` is not a text',
    ],
    [
      'a server of another scheme',
      withServer(`file:///${secret}`),
      '`clusters[0].cluster.server` is not an http or https address',
    ],
    ['no server', withServer(undefined), '`clusters[0].cluster.server` is not an http or https address'],
    ['a password in the server', withServer(`https://me:${secret}@api`), 'holds more than an address'],
    ['plain http', withServer('http://10.0.0.1:80'), 'is plain http beyond this machine'],
    [
      'plain http to a name like loopback',
      withServer('http://127.0.0.1.evil.example'),
      'is plain http beyond this machine',
    ],
    [
      'a plugin without a command',
      withUser({ exec: { args: [secret] } }),
      '`users[0].user.exec.command` is missing',
    ],
    [
      'arguments that are none',
      withUser({ exec: { command: 'x', args: { a: secret } } }),
      '`users[0].user.exec` is not of command, args and env that are texts',
    ],
    [
      'groups to impersonate',
      withUser({ as: 'a', 'as-groups': ['system:masters'] }),
      '`users[0].user.as-groups` is not supported',
    ],
  ])('refuses %s, and says where without quoting it', (_what, text, reason) => {
    const fault = faultOf(text);
    expect(fault).toContain('The kubeconfig /k cannot be used: ');
    expect(fault).toContain(reason);
    expect(fault).not.toContain(secret);
  });

  it('refuses a document whose aliases multiply', () => {
    const levels = Array.from({ length: 12 }, (_, level) => {
      const below = level === 0 ? '"x"' : `*a${level - 1}`;
      return `a${level}: &a${level} [${Array(12).fill(below).join(', ')}]`;
    });
    expect(faultOf(`${levels.join('\n')}\nusers: *a11\n`)).toContain('it is not YAML');
  });

  it('refuses a document nested beyond all reason', () => {
    expect(faultOf(`users: ${'['.repeat(100_000)}`)).toMatch(/is not YAML/);
  });

  it.each(['http://127.0.0.1:8001', 'http://localhost:8001', 'http://[::1]:8001'])(
    'lets %s pass, as kubectl proxy offers it',
    (server) => {
      expect(readAll(withServer(server)).clusters[0]?.server).toBe(server);
    },
  );

  it('answers any text with a kubeconfig or a fault of its own that does not quote it', () => {
    const shape = fc.letrec((tie) => ({
      value: fc.oneof(
        { depthSize: 'small' },
        fc.constantFrom(secret, '', 'x', null, 1, true),
        tie('list'),
        tie('map'),
      ),
      list: fc.array(tie('value'), { maxLength: 3 }),
      map: fc.dictionary(
        fc.constantFrom(
          'clusters',
          'users',
          'contexts',
          'name',
          'user',
          'cluster',
          'context',
          'token',
          'exec',
          'server',
          'auth-provider',
        ),
        tie('value'),
      ),
    }));
    fc.assert(
      fc.property(
        fc.oneof(
          shape.map.map((value) => stringify(value)),
          fc.string().map((text) => `${text}${secret}`),
        ),
        (text) => {
          expect(faultOf(text)).not.toContain(secret);
        },
      ),
    );
  });
});

function withServer(server: string | undefined): string {
  return config({ clusters: [{ name: 'c', cluster: { server } }] });
}

function withUser(value: object): string {
  return config({ users: [{ name: 'u', user: value }] });
}

describe('a kubeconfig from a stranger', () => {
  it('is refused beyond 1 MiB', () => {
    expect(() => parseKubeconfig(`# ${'x'.repeat(1024 * 1024)}`, 'x')).toThrow('longer than 1 MiB');
  });
});
