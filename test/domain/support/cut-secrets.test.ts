import { describe, expect, it } from 'vitest';
import { cutObject, cutSecrets } from '../../../src/domain/support/cut-secrets.ts';

describe('cutting secrets', () => {
  it.each([
    ['a token', 'said eyJhbGciOi.eyJzdWIi.c2ln!', 'said ***!'],
    ['a header', 'Authorization: Bearer abc.def', 'Authorization: *** ***'],
    ['a signature', 'https://h/x?sv=1&sig=a%2Fb&se=2', 'https://h/x?sv=1&sig=***&se=2'],
    ['a flag and its value', '--client-secret hunter2 --node a', '--client-secret *** --node a'],
    ['a quoted one', '"password": "two words", "a": 1', '"password": "***", "a": 1'],
    ['JSON in JSON', '"{\\"token\\":\\"abc\\"}"', '"{\\"token\\":\\"***"'],
    ['a password in an address', 'http://me:pw@proxy:3128/', 'http://***@proxy:3128/'],
    ['a client secret', 'tried abc8Q~abcdefghijklmnopqrstuvwxyz01234567.', 'tried ***'],
    ['a private key', 'a -----BEGIN RSA PRIVATE KEY-----\nMII\n-----END RSA PRIVATE KEY----- b', 'a *** b'],
    ['half a private key', 'a -----BEGIN PRIVATE KEY-----\nMII', 'a ***'],
  ])('takes %s', (_, text, cut) => {
    expect(cutSecrets(text)).toBe(cut);
  });

  it.each([
    'podid_nmi_token_answers_total{from="shared"} 3',
    '# HELP podid_nmi_token_hits_total Token requests answered from the cache',
    '{"reason":"token-429","identity":"demo/web","clientId":"0000…0001","resource":"https://vault.azure.net"}',
    '--host-token=node --heartbeat-file=/run/podid/heartbeat.json',
    'serviceaccounts/token is forbidden: User "a" cannot create resource "serviceaccounts/token"',
    '/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/demo-rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/web',
  ])('leaves %s', (text) => {
    expect(cutSecrets(text)).toBe(text);
  });

  it('takes no longer over a text that is made to be hard', () => {
    const hard = ['-----BEGIN PRIVATE KEY-----"', 'eyJ', '"password":"\\\\', '--token ', 'a:'];
    const begun = performance.now();
    for (const piece of hard) {
      cutSecrets(piece.repeat(300_000 / piece.length));
    }
    expect(performance.now() - begun).toBeLessThan(5000);
  });

  it('keeps of an object what says where a secret is, and takes what it is', () => {
    const object = {
      metadata: {
        managedFields: [{ manager: 'x' }],
        annotations: { 'kubectl.kubernetes.io/last-applied-configuration': '{}', team: 'blue' },
      },
      spec: {
        clientPassword: { name: 'secret-of-web', namespace: 'demo' },
        secretName: 'tls',
        automountServiceAccountToken: false,
        containers: [
          {
            args: ['--token', 'abc', '--node=a'],
            env: [
              { name: 'A', value: 'b' },
              { name: 'NODE_NAME', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } },
            ],
          },
        ],
      },
      data: { 'client-secret': 'abc', other: 'text' },
    };
    expect(cutObject(object)).toEqual({
      metadata: { annotations: { team: 'blue' } },
      spec: {
        clientPassword: { name: 'secret-of-web', namespace: 'demo' },
        secretName: 'tls',
        automountServiceAccountToken: false,
        containers: [
          {
            args: ['--token', '***', '--node=a'],
            env: [{ name: 'A', value: '***' }, object.spec.containers[0]?.env[1]],
          },
        ],
      },
      data: { 'client-secret': '***', other: 'text' },
    });
  });
});
