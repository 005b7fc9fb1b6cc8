import { type JsonObject, listAt, objectAt, textAt } from '../exact-json.ts';
import { inUse } from './in-use.ts';

/** As `in-use`; the cluster has an OIDC issuer and workload identity, and the agent a token to exchange. */
export const oidcIssuer: JsonObject = {
  ...inUse,
  clusters: listAt(inUse, 'clusters').map((one) => ({
    ...objectAt(one),
    properties: {
      ...objectAt(one, 'properties'),
      oidcIssuerProfile: { enabled: true },
      securityProfile: { workloadIdentity: { enabled: true } },
    },
  })),
  kubernetes: listAt(inUse, 'kubernetes').map((one) =>
    textAt(one, 'kind') === 'DaemonSet' ? withExchange(one) : one,
  ),
};

/** As the chart writes it with podid.exchange.enabled. */
function withExchange(daemonSet: JsonObject[string]): JsonObject {
  const serviceAccountToken = {
    path: 'token',
    audience: 'api://AzureADTokenExchange',
    expirationSeconds: 3600,
  };
  const template = objectAt(daemonSet, 'spec', 'template') ?? {};
  const volumes = [{ name: 'exchange-token', projected: { sources: [{ serviceAccountToken }] } }];
  const metadata = objectAt(daemonSet, 'metadata') ?? {};
  const values = JSON.parse(textAt(metadata, 'annotations', 'podid.io/values') ?? '{}') as JsonObject;
  const podid = { ...objectAt(values, 'podid'), exchange: { enabled: true } };
  return {
    ...objectAt(daemonSet),
    metadata: { ...metadata, annotations: { 'podid.io/values': JSON.stringify({ ...values, podid }) } },
    spec: {
      ...objectAt(daemonSet, 'spec'),
      template: { ...template, spec: { ...objectAt(template, 'spec'), volumes } },
    },
  };
}
