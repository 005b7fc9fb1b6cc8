import { describe, expect, it } from 'vitest';
import { checkTokenServer } from '../../../src/k8s/kubeconfig/token-server.ts';
import { readApiServerHosts } from '../../../src/validate/azure/api-server-hosts.ts';

const document = JSON.stringify({
  properties: {
    fqdn: 'Web-1a2b.hcp.westeurope.azmk8s.io',
    privateFQDN: 'web-9f.privatelink.westeurope.azmk8s.io',
    azurePortalFQDN: 'web-1a2b.portal.hcp.westeurope.azmk8s.io',
  },
});
const names = readApiServerHosts(document);
const azure = { names, besideLoopbackArm: false };
const emulator = { names, besideLoopbackArm: true };

describe("the caller's token of Entra's", () => {
  it.each([
    ['the public name', 'https://web-1a2b.hcp.westeurope.azmk8s.io:443', azure],
    ['the private name', 'https://web-9f.privatelink.westeurope.azmk8s.io', azure],
    ['the public name at another port', 'https://web-1a2b.hcp.westeurope.azmk8s.io:8443/path', azure],
    ['the public name in other letters', 'HTTPS://WEB-1A2B.hcp.westeurope.AZMK8S.io', azure],
    ['an emulator', 'http://127.0.0.1:4711', emulator],
    ['an emulator with TLS', 'https://localhost:4711', emulator],
  ])('goes to %s', (_, server, hosts) => {
    expect(() => checkTokenServer(server, hosts)).not.toThrow();
  });

  it.each([
    ['plain http', 'http://web-1a2b.hcp.westeurope.azmk8s.io', azure],
    ['another host', 'https://evil.example', azure],
    ['plain http on loopback', 'http://127.0.0.1:8080', azure],
    ['https on loopback', 'https://127.0.0.1:8443', azure],
    ["the portal's name", 'https://web-1a2b.portal.hcp.westeurope.azmk8s.io', azure],
    ['a longer name', 'https://web-1a2b.hcp.westeurope.azmk8s.io.evil.example', azure],
    ['a name before it', 'https://evil.web-1a2b.hcp.westeurope.azmk8s.io', azure],
    ['a name as the user of another', 'https://web-1a2b.hcp.westeurope.azmk8s.io@evil.example', azure],
    ['a name with a dot behind it', 'https://web-1a2b.hcp.westeurope.azmk8s.io.', azure],
    ['a name with a letter that only looks like it', 'https://w\u0435b-1a2b.hcp.westeurope.azmk8s.io', azure],
    ['its address', 'https://20.1.2.3', azure],
    ['another scheme', 'wss://web-1a2b.hcp.westeurope.azmk8s.io', azure],
    ['a backslash before another', 'https://evil.example\\@web-1a2b.hcp.westeurope.azmk8s.io', azure],
    ['no URL', 'web-1a2b.hcp.westeurope.azmk8s.io', azure],
    ['a cluster of which ARM names no host', 'https://anything.example', { ...azure, names: [] }],
    ['an empty host', 'https://', { ...azure, names: [''] }],
    ['another host, though ARM is on loopback', 'https://evil.example', emulator],
    ['plain http elsewhere, though ARM is on loopback', 'http://10.0.0.1', emulator],
  ])('does not go to %s', (_, server, hosts) => {
    expect(() => checkTokenServer(server, hosts)).toThrow(
      expect.objectContaining({
        code: 'ClusterUnreachable',
        message: expect.stringContaining('only over https'),
      }),
    );
  });
});

describe("the names of a cluster's API server", () => {
  it('are the public and the private one, and those alone', () => {
    expect(names).toEqual(['web-1a2b.hcp.westeurope.azmk8s.io', 'web-9f.privatelink.westeurope.azmk8s.io']);
    expect(readApiServerHosts('{"properties":{"fqdn":""}}')).toEqual([]);
    expect(readApiServerHosts('{"properties":{"fqdn":7,"privateFQDN":null}}')).toEqual([]);
  });
});
