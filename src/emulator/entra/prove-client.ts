import { type JsonObject, objectAt, textAt } from '../exact-json.ts';
import type { World } from '../world.ts';
import {
  type Assertion,
  isByCertificate,
  isTrustedBy,
  readAssertion,
  refuseCertificate,
  refuseFederated,
} from './assertions.ts';
import { type EntraRefusal, malformedToken, unknownClient, wrongSubject } from './entra-refusals.ts';
import { isOverlooked, isSeen, prolongLag } from './lagging-trust.ts';

/** An application, or a user-assigned identity, which signs in by an assertion alone. */
interface Client {
  readonly kind: 'application' | 'identity';
  readonly appId: string;
  readonly objectId: string;
  readonly tenantId: string;
  /** Of an application. */
  readonly secret?: string;
  /** Properties of its federated credentials, as Entra sees them now. */
  readonly credentials: readonly JsonObject[];
  /** Those that Entra does not see yet, by their key. */
  readonly unseen: ReadonlyMap<string, JsonObject>;
}

/** Who asks for a token, once it has proved that. */
export interface ProvenClient {
  readonly client: Client;
  /** A secret is the emulator's own. */
  readonly proof: 'secret' | 'assertion';
}

const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

export function proveClient(
  world: World,
  form: URLSearchParams,
  tenant: string,
): ProvenClient | EntraRefusal {
  if (!knownTenants(world).has(tenant.toLowerCase())) {
    return {
      status: 400,
      error: 'invalid_request',
      code: 90002,
      description: `Tenant '${tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud. Check with your subscription administrator, this may happen if there are no active subscriptions for the tenant.`,
    };
  }
  const clientId = form.get('client_id') ?? '';
  const client = applicationOf(world, clientId) ?? identityOf(world, clientId, tenant);
  if (client === undefined) {
    return unknownClient(clientId, tenant);
  }
  if (form.get('grant_type') !== 'client_credentials') {
    return {
      status: 400,
      error: 'unsupported_grant_type',
      code: 70003,
      description: 'Only client_credentials is supported here.',
    };
  }
  return proveBy(world, form, client);
}

function knownTenants(world: World): Set<string> {
  const ids = [world.tenantId, ...[...world.subscriptions.values()].map((one) => one.tenantId)];
  return new Set([...ids.map((id) => id.toLowerCase()), 'common', 'organizations']);
}

function applicationOf(world: World, clientId: string): Client | undefined {
  const found = world.applications.get(clientId.toLowerCase());
  return (
    found && {
      kind: 'application',
      ...found,
      credentials: found.federatedCredentials ?? [],
      unseen: new Map(),
    }
  );
}

/** An identity is known in its own tenant alone. */
function identityOf(world: World, clientId: string, tenant: string): Client | undefined {
  for (const [key, { properties }] of world.identities) {
    const appId = textAt(properties, 'clientId') ?? '';
    const tenantId = textAt(properties, 'tenantId') ?? '';
    if (appId.toLowerCase() === clientId.toLowerCase() && tenantId.toLowerCase() === tenant.toLowerCase()) {
      const objectId = textAt(properties, 'principalId') ?? '';
      return { kind: 'identity', appId, objectId, tenantId, ...credentialsOf(world, key) };
    }
  }
  return undefined;
}

function credentialsOf(world: World, identityKey: string): Pick<Client, 'credentials' | 'unseen'> {
  const all = [...world.federatedCredentials]
    .filter(([key]) => key.startsWith(`${identityKey}/federatedidentitycredentials/`))
    .map(([key, one]) => [key, objectAt(one, 'properties') ?? {}] as const);
  return {
    credentials: all.filter(([key]) => isSeen(world, key)).map(([, one]) => one),
    unseen: new Map(all.filter(([key]) => !isSeen(world, key))),
  };
}

function proveBy(world: World, form: URLSearchParams, client: Client): ProvenClient | EntraRefusal {
  const secret = form.get('client_secret');
  const jwt = form.get('client_assertion');
  if (secret !== null && secret === client.secret) {
    return { client, proof: 'secret' };
  }
  if (secret !== null) {
    const description = 'Invalid client secret provided.';
    return { status: 401, error: 'invalid_client', code: 7000215, description };
  }
  if (jwt === null) {
    return {
      status: 401,
      error: 'invalid_client',
      code: 7000216,
      description: `'client_assertion', 'client_secret' or 'request' is required for the 'client_credentials' grant type.`,
    };
  }
  const assertion = form.get('client_assertion_type') === assertionType ? readAssertion(jwt) : undefined;
  const refusal = assertion === undefined ? malformedToken : refuseAssertion(world, assertion, client);
  return refusal ?? { client, proof: 'assertion' };
}

function refuseAssertion(world: World, assertion: Assertion, client: Client): EntraRefusal | undefined {
  if (client.kind === 'application' && isByCertificate(assertion)) {
    return refuseCertificate(assertion, client.appId, world.clock.now());
  }
  const [lagging] = [...client.unseen].find(([, one]) => isTrustedBy(assertion, one)) ?? [];
  if (lagging !== undefined) {
    prolongLag(world, lagging);
    return wrongSubject(assertion.subject);
  }
  const refusal = refuseFederated(world, assertion, client.credentials);
  return refusal ?? (isOverlooked(world) ? wrongSubject(assertion.subject) : undefined);
}
