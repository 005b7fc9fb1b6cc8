import type { JsonObject } from '../exact-json.ts';
import type { ArmRoute } from './arm-call.ts';

/** Among the paths of the metadata service of machines, which has no such document. */
export const cloudDiscoveryPath = /^\/metadata\/endpoints\/?$/i;

/**
 * What ARM tells, without a token, of the cloud that it is in: by it `az cloud register` finds the rest. A list
 * of clouds up to 2019-05-01, and one alone since.
 */
export const cloudRoutes: readonly ArmRoute[] = [
  {
    name: 'clouds.endpoints',
    method: 'GET',
    pattern: cloudDiscoveryPath,
    handle: ({ baseUrl, request }) => {
      const cloud = describeCloud(baseUrl);
      const isOld = (request.query.get('api-version') ?? '') < '2020';
      return { status: 200, body: isOld ? [cloud] : cloud };
    },
  },
];

function describeCloud(baseUrl: string): JsonObject {
  return {
    name: 'PodidEmulator',
    portal: baseUrl,
    resourceManager: baseUrl,
    authentication: {
      loginEndpoint: baseUrl,
      audiences: [baseUrl],
      tenant: 'common',
      identityProvider: 'AAD',
    },
    graph: baseUrl,
    graphAudience: baseUrl,
    microsoftGraphResourceId: baseUrl,
    suffixes: { keyVaultDns: 'vault.emulated.invalid', storage: 'storage.emulated.invalid' },
  };
}
