import { readFile } from 'node:fs/promises';
import { textAt } from '../../../src/emulator/exact-json.ts';
import { type Answer, type ArmClient, identityPath } from '../arm/arm-client.ts';

export const audience = 'api://AzureADTokenExchange';
export const tenantId = '00000000-0000-4000-8000-00000000aaaa';
export const agent = 'kube-system/podid-nmi';
export const agentSubject = 'system:serviceaccount:kube-system:podid-nmi';

/** Turns the issuer and workload identity on, in one PUT, and waits. @returns the issuer's URL, as ARM shows it */
export async function enableIssuer(arm: ArmClient): Promise<string> {
  const put = await arm.edit(({ properties }) => {
    properties.oidcIssuerProfile = { enabled: true };
    properties.securityProfile = { ...properties.securityProfile, workloadIdentity: { enabled: true } };
  });
  await arm.finish(put);
  return (await arm.get()).body.properties.oidcIssuerProfile.issuerURL;
}

/** Asks the cluster's API as the user of the kubeconfig. */
export async function askCluster(arm: ArmClient, path: string, init: RequestInit = {}): Promise<Answer> {
  const kubeconfig = await readFile(arm.emulator.environment['KUBECONFIG'] ?? '', 'utf8');
  const token = JSON.parse(/token: (".*")/.exec(kubeconfig)?.[1] ?? '""');
  const response = await fetch(`${arm.emulator.url}${path}`, {
    ...init,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
  });
  const text = await response.text();
  const body = text.startsWith('{') ? JSON.parse(text) : undefined;
  return { status: response.status, headers: response.headers, text, body };
}

/** @param account `NAMESPACE/NAME` */
export function requestToken(arm: ArmClient, account: string, spec: object = {}, more: object = {}) {
  const [namespace, name] = account.split('/');
  return askCluster(arm, `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`, {
    method: 'POST',
    body: JSON.stringify({
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: { audiences: [audience], ...spec },
      ...more,
    }),
  });
}

export async function tokenOf(arm: ArmClient, account: string, spec: object = {}): Promise<string> {
  const { body, text } = await requestToken(arm, account, spec);
  if (body.status?.token === undefined) {
    throw new Error(text);
  }
  return body.status.token;
}

// biome-ignore lint/suspicious/noExplicitAny: claims are looked into member by member
export function claimsIn(jwt: string): any {
  return JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString('utf8'));
}

/** Asks about federated credentials by a version that knows them. */
export function askAbout(arm: ArmClient, method: string, path: string, body?: object): Promise<Answer> {
  return arm.call(method, path, body, { apiVersion: '2024-11-30' });
}

export function credentialPath(identity: string, name: string): string {
  return `${identityPath(identity)}/federatedIdentityCredentials/${name}`;
}

export function trust(
  arm: ArmClient,
  identity: string,
  { name = 'agent', ...properties }: { name?: string; issuer: string; subject: string; audiences?: string[] },
): Promise<Answer> {
  const body = { properties: { audiences: [audience], ...properties } };
  return askAbout(arm, 'PUT', credentialPath(identity, name), body);
}

export function clientIdOf(arm: ArmClient, identity: string): string {
  const document = arm.emulator.world.identities.get(identityPath(identity).toLowerCase());
  return textAt(document, 'properties', 'clientId') ?? '';
}

export async function exchange(
  arm: ArmClient,
  form: { client_id: string; client_assertion: string } & Record<string, string>,
  { tenant = tenantId, version = 'v2.0/' } = {},
): Promise<Answer> {
  const response = await fetch(`${arm.emulator.url}/${tenant}/oauth2/${version}token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      scope: 'https://vault.azure.net/.default',
      ...form,
    }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, body: JSON.parse(text) };
}
