import { describe, expect, it } from 'vitest';
import { type UrlContext, urlToOpen } from '../../../src/validate/flags/url-to-open.ts';
import { UsageFaults } from '../../../src/validate/usage-faults.ts';

const pod: UrlContext = {
  resource: undefined,
  endpoint: 'http://169.254.169.254',
  armEndpoint: undefined,
  emulated: false,
};
const emulator = 'http://127.0.0.1:8123';

function asked(text: string, context: Partial<UrlContext> = {}) {
  const faults = new UsageFaults();
  const request = urlToOpen(text, { ...pod, ...context }, faults);
  return { request, faults: faults.messages };
}

describe('the resource whose token a URL takes', () => {
  it.each([
    ['https://management.azure.com/subscriptions?api-version=2022-12-01', 'https://management.azure.com/'],
    ['https://MANAGEMENT.azure.com:443/', 'https://management.azure.com/'],
    ['https://westeurope.management.azure.com/x', 'https://management.azure.com/'],
    ['https://management.usgovcloudapi.net/x', 'https://management.usgovcloudapi.net/'],
    ['https://management.chinacloudapi.cn/x', 'https://management.chinacloudapi.cn/'],
    ['https://kv.vault.azure.net/secrets/db', 'https://vault.azure.net'],
    ['https://kv.vault.azure.cn/secrets/db', 'https://vault.azure.cn'],
    ['https://account.blob.core.windows.net/c/b', 'https://storage.azure.com/'],
    ['https://account.dfs.core.usgovcloudapi.net/c', 'https://storage.azure.com/'],
    ['https://server.database.windows.net/', 'https://database.windows.net'],
    ['https://graph.microsoft.com/v1.0/me', 'https://graph.microsoft.com'],
  ])('of %s is %s', (text, resource) => {
    expect(asked(text)).toMatchObject({
      request: { resource, open: { kind: 'with the token' } },
      faults: [],
    });
  });

  it.each([
    ['https://management.azure.com/x', 'https://management.core.windows.net/'],
    ['https://management.azure.com/x', 'https://management.azure.com'],
    ['https://api.contoso.com/x', 'https://api.contoso.com'],
    ['http://127.0.0.1:9000/x', 'http://127.0.0.1:9000'],
  ])('may be named: %s with --resource %s', (text, resource) => {
    expect(asked(text, { resource })).toMatchObject({ request: { resource }, faults: [] });
  });

  it("of an emulator's Azure Resource Manager is that of Azure's", () => {
    const request = {
      resource: 'https://management.azure.com/',
      open: { url: new URL(`${emulator}/subscriptions`) },
    };
    expect(asked(`${emulator}/subscriptions`, { armEndpoint: emulator })).toMatchObject({
      request,
      faults: [],
    });
    const written = 'https://management.azure.com/subscriptions';
    expect(asked(written, { armEndpoint: emulator, emulated: true })).toMatchObject({ request, faults: [] });
    expect(asked(written, { armEndpoint: emulator }).request?.open).toMatchObject({ url: new URL(written) });
  });
});

describe('a URL that no token is sent to', () => {
  it.each([
    ['no URL', 'subscriptions', {}, 'is not a URL'],
    ['another protocol', 'ftp://management.azure.com/x', {}, 'is not a URL'],
    ['plain text', 'http://management.azure.com/x', {}, 'is not https'],
    [
      'plain text to a named host',
      'http://api.contoso.com/',
      { resource: 'http://api.contoso.com' },
      'is not https',
    ],
    ['a password', 'https://me:pw@management.azure.com/x', {}, 'without a user'],
    ['an unknown host', 'https://contoso.com/x', {}, 'Give it by --resource'],
    ['the end of a name alone', 'https://evilvault.azure.net/x', {}, 'Give it by --resource'],
    ['a name that goes on', 'https://management.azure.com.contoso.com/x', {}, 'Give it by --resource'],
    ['another port', 'https://management.azure.com:8443/x', {}, 'Give it by --resource'],
    [
      'another resource',
      'https://kv.vault.azure.net/x',
      { resource: 'https://management.azure.com/' },
      'is not a host of',
    ],
    [
      'a host below a named one',
      'https://a.contoso.com/',
      { resource: 'https://contoso.com' },
      'is not a host of',
    ],
    ['an audience that is no URL', 'https://contoso.com/', { resource: 'api://contoso' }, 'is not a host of'],
    ['an opaque origin', 'https://contoso.com/', { resource: 'urn:x' }, 'is not a host of'],
    ['any port of this machine', 'http://127.0.0.1:9000/', {}, 'Give it by --resource'],
    [
      'an emulator elsewhere',
      'http://10.0.0.1:8123/',
      { armEndpoint: 'http://10.0.0.1:8123' },
      'is not https',
    ],
  ])('%s', (_, text, context, words) => {
    const { request, faults } = asked(text, context);
    expect(request).toBeUndefined();
    expect(faults).toEqual([expect.stringContaining(words)]);
    expect(faults.join()).not.toContain('pw');
  });
});

describe('a page of the metadata service', () => {
  it.each([
    [
      'http://169.254.169.254/metadata/instance?api-version=2021-02-01',
      '/metadata/instance?api-version=2021-02-01',
    ],
    ['http://169.254.169.254/metadata/instance/compute/name', '/metadata/instance/compute/name'],
    ['http://169.254.169.254/metadata/identity/../versions', '/metadata/versions'],
  ])('is asked for without the token: %s', (text, target) => {
    expect(asked(text).request?.open).toMatchObject({ kind: 'metadata', target });
  });

  it('is that of --endpoint, too', () => {
    const text = `${emulator}/metadata/versions`;
    expect(asked(text, { endpoint: emulator, armEndpoint: emulator }).request?.open.kind).toBe('metadata');
  });

  it.each([
    'http://169.254.169.254/metadata/identity/oauth2/token?resource=x',
    'http://169.254.169.254/metadata/instance/../identity/oauth2/token',
    'http://169.254.169.254/metadata/instance/%2e%2e/identity/oauth2/token',
    'http://169.254.169.254/metadata/instance/..%2fidentity/oauth2/token',
    'http://169.254.169.254/METADATA/identity/info',
    'http://169.254.169.254/machine/plugins',
    'https://169.254.169.254/',
    'http://0xa9fea9fe/metadata/identity/oauth2/token',
  ])('that hands out tokens is not printed: %s', (text) => {
    const { request, faults } = asked(text, { resource: 'http://169.254.169.254' });
    expect(request).toBeUndefined();
    expect(faults).toEqual([expect.stringContaining('others hold tokens')]);
  });
});
