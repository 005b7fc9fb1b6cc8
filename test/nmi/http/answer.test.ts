import { describe, expect, it } from 'vitest';
import { createTokenJson } from '../../../src/nmi/http/answer.ts';
import type { AccessToken } from '../../../src/nmi/tokens/token.ts';

const token: AccessToken = {
  accessToken: 'aaa.bbb',
  clientId: 'c-1',
  resource: 'https://vault.azure.net/ü"',
  tokenType: 'Bearer',
  expiresOnSec: 1_000,
  notBeforeSec: 100,
};

describe('the JSON of a token', () => {
  it('counts the seconds that are left anew each time, in strings of digits', () => {
    const json = createTokenJson();
    expect(JSON.parse(json.forPod([token], 400_000))).toEqual({
      access_token: 'aaa.bbb',
      client_id: 'c-1',
      expires_in: '600',
      expires_on: '1000',
      ext_expires_in: '600',
      not_before: '100',
      resource: token.resource,
      token_type: 'Bearer',
    });
    expect(JSON.parse(json.forPod([token], 900_500))).toMatchObject({ expires_in: '99' });
    expect(JSON.parse(json.forPod([token], 2_000_000))).toMatchObject({ expires_in: '0' });
  });

  it('is ASCII, so that its length is its number of bytes', () => {
    const text = createTokenJson().forPod([token], 0);
    expect(Buffer.byteLength(text)).toBe(text.length);
  });

  it('is an array for several tenants, and the first of them for the driver', () => {
    const json = createTokenJson();
    const second = { ...token, accessToken: 'ccc' };
    expect(JSON.parse(json.forPod([token, second], 0))).toMatchObject([
      { access_token: 'aaa.bbb' },
      { access_token: 'ccc' },
    ]);
    expect(JSON.parse(json.forHost([token, second], 0))).toMatchObject({
      token: { access_token: 'aaa.bbb' },
      clientid: 'c-1',
    });
  });
});
