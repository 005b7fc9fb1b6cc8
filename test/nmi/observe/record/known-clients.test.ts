import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createClientReader, knownClient } from '../../../../src/nmi/observe/record/known-clients.ts';
import { hostileWords } from '../../../hostile-words.ts';

describe('a User-Agent', () => {
  // As clients of Azure send them to IMDS; taken from logs and from their sources.
  it.each([
    ['azsdk-go-azidentity/v1.2.0 (go1.19.3; darwin)', 'azsdk-go-azidentity', '1.2.0'],
    ['azsdk-go-azidentity/v1.8.0-beta.1 (go1.22.4; linux)', 'azsdk-go-azidentity', '1.8.0-beta.1'],
    ['my-app azsdk-go-azidentity/v1.3.0 (go1.20; linux)', 'azsdk-go-azidentity', '1.3.0'],
    ['azsdk-net-Identity/1.13.2 (.NET 8.0.6; Microsoft Windows 10.0.20348)', 'azsdk-net-Identity', '1.13.2'],
    [
      'azsdk-net-Identity/1.11.0-alpha.20240307.1 (.NET Framework 4.8.4645.0; Microsoft Windows 10.0.20348 )',
      'azsdk-net-Identity',
      '1.11.0-alpha.20240307.1',
    ],
    ['azsdk-java-azure-identity/1.9.0 (17.0.8; Linux; 5.15.0)', 'azsdk-java-azure-identity', '1.9.0'],
    [
      'azsdk-js-identity/4.4.1 core-rest-pipeline/1.17.0 Node/20.13.1 OS/(x64-Windows_NT-10.0.26100)',
      'azsdk-js-identity',
      '4.4.1',
    ],
    [
      'azsdk-js-identity/4.3.0-beta.3 core-rest-pipeline/1.12.0 Node/v20.11.0 OS/(x64-Linux-5.15.0-1067-azure)',
      'azsdk-js-identity',
      '4.3.0-beta.3',
    ],
    [
      'azsdk-python-identity/1.25.3 Python/3.11.13 (Linux-6.6.138.1-1.azl3-x86_64-with-glibc2.31)',
      'azsdk-python-identity',
      '1.25.3',
    ],
    ['azsdk-python-identity/1.26.0b2 Python/3.12.9 (Linux)', 'azsdk-python-identity', '1.26.0b2'],
    ['azsdk-cpp-identity/1.6.0 (Linux 5.15 x86_64)', 'azsdk-cpp-identity', '1.6.0'],
    ['azsdk-rust-identity/0.22.0 (1.80.0; linux; x86_64)', 'azsdk-rust-identity', '0.22.0'],
    ['Go/go1.19.3 (amd64-linux) go-autorest/adal/v1.0.0', 'go-autorest/adal', '1.0.0'],
    ['Go/go1.19.3 (amd64-linux) go-autorest/v14.2.1 cert-manager/v1.10.0', 'go-autorest', '14.2.1'],
    ['python/3.6.6 (Windows-10-10.0.17763-SP0) msrest/0.6.7 msrest_azure/0.6.1', 'msrest_azure', '0.6.1'],
    ['csi-secrets-store/v1.4.1 (linux/amd64) 8d6e1d/2023-05-01-10:00', 'csi-secrets-store', '1.4.1'],
    ['cert-manager/v1.12.0 (linux/amd64) cert-manager/abcdef', 'cert-manager', '1.12.0'],
    ['AzCopy/10.18.1 (go1.19; linux)', 'AzCopy', '10.18.1'],
    ['AzCopy/10.20.0 azsdk-go-azidentity/v1.3.0 (go1.20; linux)', 'azsdk-go-azidentity', '1.3.0'],
    ['AZURECLI/2.47.0 (DEB)', 'AZURECLI', '2.47.0'],
    ['Go-http-client/1.1', 'Go-http-client', '1.1'],
    ['python-requests/2.31.0', 'python-requests', '2.31.0'],
    ['curl/8.5.0', 'curl', '8.5.0'],
    ['AZSDK-PYTHON-IDENTITY/1.15.0', 'azsdk-python-identity', '1.15.0'],
    ['azsdk-python-identity', 'azsdk-python-identity', ''],
    ['Mozilla/5.0 (X11; Linux x86_64)', 'other', ''],
    ['', 'other', ''],
  ])('is read by the list: %s', (header, sdk, version) => {
    expect(knownClient(header)).toEqual({ sdk, version });
  });

  const marker = 'PWNED';
  it.each([
    ...hostileWords,
    `azsdk-python-identity/${marker}`,
    `azsdk-python-identity/1.15.0-${marker}`,
    `azsdk-python-identity/1.15.0\u202e${marker}`,
    `azsdk-python-identity/1.15.0\u001b]0;${marker}\u0007`,
    `azsdk-python-identity/${'9'.repeat(40)}`,
    `azsdk-python-identity/${'1.'.repeat(200)}`,
    `__proto__/1.0 constructor/1.0 toString/1.0`,
    `${marker.repeat(1600)}/1.0`,
    ` ${'/'.repeat(8_000)}`,
    `azsdk-python-identity/1.15.0 ${'x'.repeat(8_000)}`,
  ])('that is hostile gives nothing of its own: %j', (header) => {
    const { sdk, version } = knownClient(header);
    expect(['other', 'azsdk-python-identity']).toContain(sdk);
    expect(version).toMatch(/^(?:1\.15\.0)?$/);
  });

  it('of any bytes leaves a name of the list and a version, both short', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ maxLength: 600 }), fc.string({ unit: 'binary', maxLength: 600 })),
        (text) => {
          const { sdk, version } = knownClient(`azsdk-go-azidentity/${text}`);
          expect(sdk).toBe('azsdk-go-azidentity');
          expect(version).toMatch(/^(?:\d[\d.]*[-.]?(?:alpha|beta|preview|rc|dev|a|b)?[\d.]*)?$/);
          expect(version.length).toBeLessThanOrEqual(48);
        },
      ),
    );
  });

  it('that is asked for again is the very same answer, after a thousand others too', () => {
    const read = createClientReader();
    const header = 'azsdk-python-identity/1.15.0 Python/3.12';
    expect(read(header)).toBe(read(header));
    for (let other = 0; other < 1_000; other += 1) {
      read(`app-${other}/1.0`);
    }
    expect(read(header)).toEqual({ sdk: 'azsdk-python-identity', version: '1.15.0' });
    expect(read(undefined)).toEqual({ sdk: 'other', version: '' });
  });
});
