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
  kubernetes: listAt(inUse, 'kubernetes').map((one) => {
    if (textAt(one, 'kind') === 'DaemonSet') {
      const spec = objectAt(one, 'spec') ?? {};
      const template = withExchange(objectAt(spec, 'template'));
      return { ...objectAt(one), metadata: notingExchange(one), spec: { ...spec, template } };
    }
    const isAgent = textAt(one, 'kind') === 'Pod' && textAt(one, 'metadata', 'labels', 'component') === 'nmi';
    return isAgent ? withExchange(objectAt(one)) : one;
  }),
};

/** A pod, or its template, as the chart writes it with podid.exchange.enabled. */
function withExchange(pod: JsonObject | undefined): JsonObject {
  const serviceAccountToken = {
    path: 'token',
    audience: 'api://AzureADTokenExchange',
    expirationSeconds: 3600,
  };
  const volumes = [{ name: 'exchange-token', projected: { sources: [{ serviceAccountToken }] } }];
  return { ...pod, spec: { ...objectAt(pod, 'spec'), volumes } };
}

/** Of a DaemonSet: what it was installed with says so, too. */
function notingExchange(daemonSet: JsonObject[string]): JsonObject {
  const metadata = objectAt(daemonSet, 'metadata') ?? {};
  const values = JSON.parse(textAt(metadata, 'annotations', 'podid.io/values') ?? '{}') as JsonObject;
  const podid = { ...objectAt(values, 'podid'), exchange: { enabled: true } };
  return { ...metadata, annotations: { 'podid.io/values': JSON.stringify({ ...values, podid }) } };
}
