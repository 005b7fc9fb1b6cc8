import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { aksServerId } from '../../../src/domain/azure/entra-sign-in.ts';
import { armContext } from '../../../src/k8s/kubeconfig/arm-kubeconfig.ts';
import { hintText } from '../../hint-text.ts';

const plugin = { command: '/bin/touch', args: ['/tmp/must-not-be-there'] };

function kubeconfig(user: object, cluster: object = {}): string {
  return stringify({
    clusters: [{ name: 'aks', cluster: { server: 'https://aks.example', ...cluster } }],
    users: [{ name: 'me', user }],
    contexts: [{ name: 'aks', context: { cluster: 'aks', user: 'me' } }],
    'current-context': 'aks',
  });
}

describe('the kubeconfig that ARM gives', () => {
  it('is used by its token, and loses its plugin', () => {
    expect(armContext(kubeconfig({ token: 't', exec: plugin }), undefined).user).toEqual({
      name: 'me',
      token: 't',
    });
  });

  it('is robbed of every file that it names', () => {
    const user = {
      token: 't',
      tokenFile: '/etc/shadow',
      'client-certificate': '/etc/passwd',
      'client-key': '/etc/x',
    };
    const chosen = armContext(kubeconfig(user, { 'certificate-authority': '/etc/passwd' }), undefined);
    expect(JSON.stringify(chosen)).not.toContain('/etc');
  });

  it('is a sign-in to Entra by the caller where it names kubelogin, and nothing of it is run', () => {
    const args = `get-token --server-id ${aksServerId} --login spn --client-id c --client-secret s`.split(
      ' ',
    );
    const chosen = armContext(kubeconfig({ exec: { command: '/bin/kubelogin', args } }), undefined);
    expect(chosen.entra).toEqual({ serverId: aksServerId, as: { kind: 'caller' } });
    expect(chosen.user).toEqual({ name: 'me' });
  });

  it('gets no token of the caller for a server that nobody verifies', () => {
    const user = { exec: { command: 'kubelogin', args: `get-token --server-id ${aksServerId}`.split(' ') } };
    const blind = { 'insecure-skip-tls-verify': true };
    expect(() => armContext(kubeconfig(user, blind), undefined)).toThrow(
      expect.objectContaining({
        code: 'ClusterUnreachable',
        message: expect.stringContaining('certificate'),
      }),
    );
    const loopback = kubeconfig(user, { server: 'http://127.0.0.1:1', ...blind });
    expect(armContext(loopback, undefined).entra).toBeDefined();
  });

  it('chooses no way past the server that the token is for', () => {
    const user = { exec: { command: 'kubelogin', args: `get-token --server-id ${aksServerId}`.split(' ') } };
    const by = { 'proxy-url': 'http://evil.example', 'tls-server-name': 'evil.example' };
    expect(JSON.stringify(armContext(kubeconfig(user, by), undefined))).not.toContain('evil');
  });

  it('gets no token for another application than that of AKS', () => {
    const args = 'get-token --server-id 00000003-0000-0000-c000-000000000000'.split(' ');
    expect(() => armContext(kubeconfig({ exec: { command: 'kubelogin', args } }), undefined)).toThrow(
      /Entra/,
    );
  });

  it.each([
    ['a plugin alone', { exec: plugin }],
    ['the old Azure sign-in alone', { 'auth-provider': { name: 'azure', config: { 'apiserver-id': 'x' } } }],
  ])('counts as unreachable with %s, and names the way', (_what, user) => {
    expect(() => armContext(kubeconfig(user), undefined)).toThrow(
      expect.objectContaining({
        code: 'ClusterUnreachable',
        exitCode: 7,
        message: expect.stringContaining('Entra'),
        hint: hintText(expect.stringContaining('kubelogin convert-kubeconfig')),
      }),
    );
  });

  it.each([
    ['no credential', kubeconfig({ tokenFile: '/etc/shadow' })],
    ['no kubeconfig', '<html>secret-of-azure</html>'],
    ['no server', kubeconfig({ token: 'secret-of-azure' }, { server: 'ftp://x' })],
  ])('counts as unreachable when it is %s, and is not quoted', (_what, text) => {
    expect(() => armContext(text, undefined)).toThrow(
      expect.objectContaining({
        code: 'ClusterUnreachable',
        message: expect.not.stringContaining('secret-of-azure'),
      }),
    );
  });

  it('knows the contexts it holds', () => {
    expect(() => armContext(kubeconfig({ token: 't' }), 'prod')).toThrow(
      expect.objectContaining({ code: 'InvalidKubeconfig', hint: hintText('Give --context one of: aks') }),
    );
  });
});
