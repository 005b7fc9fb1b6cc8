import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createTokenRequestReader, parseTokenRequest } from '../../../src/nmi/http/token-request.ts';

const reason = (query: string) => {
  const request = parseTokenRequest(query);
  return request.kind === 'error' ? `${request.status} ${request.reason}` : request;
};

describe('a token request', () => {
  it('has its parameters decoded, and its ids brought to lower case', () => {
    const query = 'api-version=2018-02-01&resource=https%3A%2F%2Fvault.azure.net&client_id=ABC';
    expect(reason(query)).toEqual({ kind: 'request', resource: 'https://vault.azure.net', clientId: 'abc' });
    expect(reason('resource=r&msi_res_id=%2FS')).toEqual({
      kind: 'request',
      resource: 'r',
      resourceId: '/s',
    });
    expect(reason('resource=r&mi_res_id=/S&msi_res_id=/s')).toEqual({
      kind: 'request',
      resource: 'r',
      resourceId: '/s',
    });
    expect(reason('resource=a+b&object_id=O')).toEqual({ kind: 'request', resource: 'a b', objectId: 'o' });
    expect(reason('resource=r&client_id=&mi_res_id=')).toEqual({ kind: 'request', resource: 'r' });
    expect(reason('resource=r&principal_id=O')).toEqual({ kind: 'request', resource: 'r', objectId: 'o' });
  });

  const digest = 'ab'.repeat(32);
  it.each([
    ['bypass_cache=true', {}],
    ['BYPASS_CACHE=True', {}],
    ['bypass_cache=false', undefined],
    ['bypass_cache=', undefined],
    [`token_sha256_to_refresh=${digest}`, { tokenSha256: digest }],
    [`token_sha256_to_refresh=${digest.toUpperCase()}&bypass_cache=true`, { tokenSha256: digest }],
    ['token_sha256_to_refresh=abc', undefined],
    ['token_sha256_to_refresh=', undefined],
  ])('may ask for a new token: %.40s', (query, asksAnew) => {
    expect(reason(`resource=r&${query}`)).toEqual({
      kind: 'request',
      resource: 'r',
      ...(asksAnew === undefined ? {} : { asksAnew }),
    });
  });

  it.each([
    ['resource=r&resource=r', '400 bad-query'],
    ['resource=r&client_id=a&client%5Fid=b', '400 bad-query'],
    ['resource=r&client_id=a&CLIENT_ID=a', '400 bad-query'],
    ['resource=r&object_id=&Object_Id=o', '400 bad-query'],
    ['resource=%zz', '400 bad-query'],
    ['resource=%c0%af', '400 bad-query'],
    ['resource=r&client_id=a%0d%0aX', '400 bad-query'],
    ['resource=r&msi_res_id=/a&mi_res_id=/b', '400 bad-query'],
    [`resource=${'x'.repeat(9_000)}`, '400 bad-query'],
    ['', '400 no-resource'],
    ['resource=', '400 no-resource'],
    [`resource=${'x'.repeat(2_049)}`, '400 bad-query'],
  ])('is refused: %.40s', (query, expected) => {
    expect(reason(query)).toBe(expected);
  });

  it.each([
    ['client_id=GUID%0A', /client_id" holds a line feed \(%0A\)/],
    ['client_id=GUID%0d', /client_id" holds a carriage return/],
    ['client_id=a&Client_Id=a', /the parameter "client_id" twice/],
    ['client_id=%zz', /"client_id=%zz" has a broken percent sign/],
    ['client_id=%E4', /broken percent sign/],
    ['%0aclient_id=a', /holds a line feed/],
    [`client_id=${'x'.repeat(9_000)}`, /longer than 8192 characters/],
  ])('is refused with the name of what is odd about it: %.40s', (query, expected) => {
    expect(parseTokenRequest(`resource=r&${query}`)).toMatchObject({
      status: 400,
      reason: 'bad-query',
      description: expect.stringMatching(expected),
    });
  });

  it('is refused for a resource that is too long, not for a missing one', () => {
    expect(parseTokenRequest(`resource=${'x'.repeat(2_049)}`)).toMatchObject({
      description: expect.stringContaining('longer than 2048'),
    });
    expect(reason(`resource=${'x'.repeat(2_048)}`)).toHaveProperty('resource');
  });

  it('has the names of its parameters in any case', () => {
    const cased = fc.constantFrom('resource', 'client_id', 'msi_res_id', 'object_id').chain((name) =>
      fc.array(fc.boolean(), { minLength: name.length, maxLength: name.length }).map((upper) => ({
        name,
        written: [...name].map((letter, at) => (upper[at] ? letter.toUpperCase() : letter)).join(''),
      })),
    );
    fc.assert(
      fc.property(cased, ({ name, written }) => {
        const others = name === 'resource' ? '' : '&resource=r';
        expect(parseTokenRequest(`${written}=x${others}`)).toEqual(parseTokenRequest(`${name}=x${others}`));
      }),
    );
    expect(reason('resource=r&CLIENT_ID=A&Object_Id=O')).toEqual({
      kind: 'request',
      resource: 'r',
      clientId: 'a',
      objectId: 'o',
    });
  });

  it('comes back as it was sent, whatever the values', () => {
    const value = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
      .filter((text) => !/[\p{Cc}\p{Cs}]/u.test(text));
    fc.assert(
      fc.property(value, value, (resource, clientId) => {
        const query = new URLSearchParams({ resource, client_id: clientId }).toString();
        expect(parseTokenRequest(query)).toEqual({
          kind: 'request',
          resource,
          clientId: clientId.toLowerCase(),
        });
      }),
    );
  });

  it('is read the same when it is read again', () => {
    const read = createTokenRequestReader();
    fc.assert(
      fc.property(fc.string({ maxLength: 60 }), (text) => {
        const query = `resource=r&${text}`;
        expect(read(query)).toEqual(parseTokenRequest(query));
        expect(read(query)).toEqual(parseTokenRequest(query));
      }),
    );
  });
});
