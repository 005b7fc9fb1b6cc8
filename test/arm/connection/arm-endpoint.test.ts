import { describe, expect, it } from 'vitest';
import { armEndpoint } from '../../../src/arm/connection/arm-endpoint.ts';
import { clouds } from '../../../src/arm/sign-in/clouds.ts';
import { hintText } from '../../hint-text.ts';

const cloud = clouds.AzureCloud;

describe('the endpoint', () => {
  it.each([
    'http://arm.example',
    'ftp://x',
    'nonsense',
    'https://u:p@x',
    'https://x?q',
    'http://127.0.0.1.example',
    'http://localhost.example',
  ])('refuses %s before any request', (endpoint) => {
    expect(() => armEndpoint({ cloud, endpoint })).toThrow(
      expect.objectContaining({ code: 'InvalidUsage', exitCode: 2 }),
    );
  });

  it.each(['http://127.0.0.1:1', 'http://localhost:1/', 'http://[::1]:1', 'https://arm.example'])(
    'takes %s',
    (endpoint) => {
      expect(armEndpoint({ cloud, endpoint }).url).toBe(endpoint.replace(/\/$/, ''));
    },
  );

  it.each([undefined, 'https://arm.example'])('lets no token by hand go to %s', (endpoint) => {
    expect(() => armEndpoint({ cloud, token: 't', ...(endpoint ? { endpoint } : {}) })).toThrow(
      expect.objectContaining({
        code: 'InvalidUsage',
        hint: hintText('unset PODID_ARM_TOKEN  # and sign in: az login'),
      }),
    );
  });

  it.each([
    ['https://management.azure.com/x', true],
    ['https://eastus.management.azure.com/x', true],
    ['http://management.azure.com/x', false],
    ['https://management.azure.com.evil.example/x', false],
    ['https://evilmanagement.azure.com/x', false],
    ['https://management.azure.com:8443/x', false],
    ['https://management.azure.com@evil.example/x', false],
    ['https://management.chinacloudapi.cn/x', false],
    ['nonsense', false],
  ])('of the public cloud lets the token go to %s: %s', (url, expected) => {
    expect(armEndpoint({ cloud }).mayReceiveToken(url)).toBe(expected);
  });
});
