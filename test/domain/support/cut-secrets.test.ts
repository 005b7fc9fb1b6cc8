import { describe, expect, it } from 'vitest';
import { cutSecrets } from '../../../src/domain/support/cut-secrets.ts';

describe('cutting secrets', () => {
  it.each([
    ['a token', 'said eyJhbGciOi.eyJzdWIi.c2ln!', 'said ***!'],
    ['a header', 'Authorization: Bearer abc.def', 'Authorization: ***'],
    ['a signature', 'https://h/x?sv=1&sig=a%2Fb&se=2', 'https://h/x?sv=1&sig=***&se=2'],
    ['a flag and its value', '--client-secret hunter2 --node a', '--client-secret *** --node a'],
    ['a quoted one', '"password": "two words", "a": 1', '"password": "***", "a": 1'],
    ['JSON in JSON', '"{\\"token\\":\\"abc\\"}"', '"{\\"token\\":\\"***"'],
    ['a password in an address', 'http://me:pw@proxy:3128/', 'http://***@proxy:3128/'],
    ['a client secret', 'tried abc8Q~abcdefghijklmnopqrstuvwxyz01234567.', 'tried ***'],
    ['a private key', 'a -----BEGIN RSA PRIVATE KEY-----\nMII\n-----END RSA PRIVATE KEY----- b', 'a *** b'],
    ['a token in capitals', 'said EYJHBGCIOI.EYJZDWI%2Ec2ln!', 'said ***!'],
    ['a cookie to the end of its line', 'Cookie: a=b; c=d e\nnext', 'Cookie: ***\nnext'],
    ['a key in a header', '"x-api-key": "it\'s mine", "a": 1', '"x-api-key": "***", "a": 1'],
    ['a header in a text', '{"msg":"X-Functions-Key: a, b"}', '{"msg":"X-Functions-Key: ***"}'],
    ['a signature in JSON', '"h/x?sv=1\\u0026sig=a/b"', '"h/x?sv=1\\u0026sig=***"'],
    ['a signature in a query', 'u=h%3Fsig%3Dab%252F next', 'u=h%3Fsig%3D*** next'],
    ['a code', 'h/x?code=a.b&s=1 h%26code%3Dab', 'h/x?code=***&s=1 h%26code%3D***'],
    ['a password with an @', 'amqp://me:p@ss@w@host/x@y', 'amqp://***@host/x@y'],
    ['a password with commas', 'pwd=a,b;c&d next', 'pwd=*** next'],
    ['an account key', 'Account Key: abc=; next', 'Account Key: *** next'],
    ['a number', '{"access_token": 123}', '{"access_token": ***'],
    ['a list', '{"tokens": ["a]", {"b": "c"}]}', '{"tokens": ***'],
    ['a quote in quotes', '"password": "it\'s secret"', '"password": "***"'],
    ['a value after many spaces', `password:${' '.repeat(60)}hunter2`, `password:${' '.repeat(60)}***`],
    ['the end of a private key', 'MII/ab+c=\nabcd\n-----END PRIVATE KEY----- b', '*** b'],
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
  it.each([
    '-----BEGIN PRIVATE KEY-----"',
    '-----END PRIVATE KEY-----',
    'a-----END ',
    'eyJ',
    'eyJabcde.',
    '"password":"\\',
    "token='",
    '--token ',
    'token\t',
    'x-',
    'a:',
    '://',
    '://@',
    'Bearer ',
    '\t',
    ' ',
    'a',
    'A1',
    '"',
    "'",
    '\\',
    '-',
    '=',
    '%26',
    'x-api-key: ',
    'api_key=\\',
    'sig=',
  ])('comes to an end on a line that is made to be hard: %j', { timeout: 60_000 }, (piece) => {
    const line = piece.repeat(1_000_000 / piece.length);
    expect(cutSecrets(line).length).toBeLessThan(4_000_000);
    expect(cutSecrets(`token${line}`).length).toBeLessThan(4_000_000);
  });
});
