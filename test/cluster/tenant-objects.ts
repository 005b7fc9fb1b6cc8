import { Agent, request } from 'node:https';

const group = '/apis/aadpodidentity.k8s.io/v1';

const pathOf: Readonly<Record<string, (namespace: string) => string>> = {
  Pod: (namespace) => `/api/v1/namespaces/${namespace}/pods`,
  AzureIdentity: (namespace) => `${group}/namespaces/${namespace}/azureidentities`,
  AzureIdentityBinding: (namespace) => `${group}/namespaces/${namespace}/azureidentitybindings`,
  AzurePodIdentityException: (namespace) => `${group}/namespaces/${namespace}/azurepodidentityexceptions`,
};

/** An object that a tenant may write. */
export interface TenantObject {
  readonly kind: string;
  readonly metadata: { readonly namespace: string; readonly name: string };
}

export function object(kind: string, namespace: string, name: string, spec: object) {
  return { apiVersion: 'aadpodidentity.k8s.io/v1', kind, metadata: { namespace, name }, spec };
}

export function identity(namespace: string, name: string, more: Readonly<Record<string, unknown>> = {}) {
  return object('AzureIdentity', namespace, name, { type: 0, clientID: `client-of-${name}`, ...more });
}

export function binding(namespace: string, name: string) {
  return object('AzureIdentityBinding', namespace, name, { azureIdentity: name, selector: name });
}

/** A pod that is on a node already, past any scheduler. */
export function podOn(
  nodeName: string,
  namespace: string,
  name: string,
  labels: Readonly<Record<string, string>> = { aadpodidbinding: 'web' },
  env: readonly object[] = [],
) {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace, name, labels },
    spec: { nodeName, containers: [{ name: 'c', image: 'none', env }] },
  };
}

export function largeText(length: number): string {
  return 'x'.repeat(length);
}

/** Creates objects without kubectl, which takes a second for each; refuses with what the API server says. */
export function objectWriter(server: string, token: string): (body: TenantObject) => Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 4, rejectUnauthorized: false });
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  return (body) =>
    new Promise((resolve, reject) => {
      const url = `${server}${pathOf[body.kind]?.(body.metadata.namespace)}`;
      const sent = request(url, { method: 'POST', agent, headers }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => {
          text = text.length < 1_000 ? text + chunk : text;
        });
        response.on('end', () =>
          response.statusCode === 201
            ? resolve()
            : reject(new Error(`${response.statusCode}: ${text.slice(0, 500)}`)),
        );
      });
      sent.on('error', reject).end(JSON.stringify(body));
    });
}

/** Four at once. */
export async function eachOf(count: number, run: (index: number) => Promise<void>): Promise<void> {
  for (let index = 0; index < count; index += 4) {
    await Promise.all([0, 1, 2, 3].filter((more) => index + more < count).map((more) => run(index + more)));
  }
}
