import { isObject, type JsonObject, listAt, textAt } from '../exact-json.ts';
import { type EmulatorRequest, type EmulatorResponse, jsonBody } from '../http.ts';
import type { World } from '../world.ts';
import type { TokenBook } from './tokens.ts';

const byIds = /^\/v1\.0\/directoryObjects\/getByIds\/?$/i;
const collection = /^\/v1\.0\/(?<kind>servicePrincipals|users|groups|applications)\/?$/i;
const me = /^\/v1\.0\/me\/?$/i;
const single = /^\/v1\.0\/servicePrincipals\/(?<id>[^/]+)\/?$/i;

/** @returns the operation's name, or undefined where Microsoft Graph, as far as it is known here, has no such path */
export function graphOperation(method: string, path: string): string | undefined {
  if (method === 'POST' && byIds.test(path)) {
    return 'graph.getByIds';
  }
  return method === 'GET' && (collection.test(path) || single.test(path) || me.test(path))
    ? 'graph.get'
    : undefined;
}

/** The directory's applications and identities, by which az finds whom `--assignee` means. */
export function answerGraph(
  request: EmulatorRequest,
  world: World,
  tokens: Pick<TokenBook, 'knows'>,
): EmulatorResponse {
  const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
  if (!tokens.knows(token)) {
    return refuse(401, 'InvalidAuthenticationToken', 'Access token is empty or invalid.');
  }
  const all = principalsOf(world);
  if (byIds.test(request.path)) {
    const body = jsonBody(request);
    const ids = isObject(body) ? listAt(body, 'ids').map((id) => String(id).toLowerCase()) : [];
    return {
      status: 200,
      body: { value: all.filter((one) => ids.includes(String(one['id']).toLowerCase())) },
    };
  }
  if (me.test(request.path)) {
    return refuse(400, 'BadRequest', '/me request is only valid with delegated authentication flow.');
  }
  const wanted = single.exec(request.path)?.groups?.['id']?.toLowerCase();
  if (wanted !== undefined) {
    const found = all.find((one) => String(one['id']).toLowerCase() === wanted);
    return found === undefined
      ? refuse(404, 'Request_ResourceNotFound', `Resource '${wanted}' does not exist.`)
      : { status: 200, body: found };
  }
  if (!/servicePrincipals\/?$/i.test(request.path)) {
    return { status: 200, body: { value: [] } };
  }
  return listPrincipals(all, request.query.get('$filter'));
}

function listPrincipals(all: readonly JsonObject[], filter: string | null): EmulatorResponse {
  if (filter === null) {
    return { status: 200, body: { value: [...all] } };
  }
  const named = /^servicePrincipalNames\/any\(\w+:\s*\w+ eq '([^']*)'\)$/i.exec(filter);
  const [, member, value] =
    named !== null ? ['', 'appId', named[1]] : (/^(appId|id|displayName) eq '([^']*)'$/i.exec(filter) ?? []);
  if (member === undefined) {
    return refuse(400, 'Request_UnsupportedQuery', `The emulator does not know the filter ${filter}.`);
  }
  const found = all.filter((one) => textAt(one, member)?.toLowerCase() === value?.toLowerCase());
  return { status: 200, body: { value: found } };
}

function principalsOf(world: World): JsonObject[] {
  const applications = [...world.applications.values()].map((one) =>
    principal({ id: one.objectId, appId: one.appId, displayName: 'emulated application' }),
  );
  const identities = [...world.identities.values()].map((one) =>
    principal({
      id: textAt(one, 'properties', 'principalId') ?? '',
      appId: textAt(one, 'properties', 'clientId') ?? '',
      displayName: textAt(one, 'name') ?? '',
    }),
  );
  const clusters = [...world.clusters.values()].flatMap(({ document }) => {
    const id = textAt(document, 'identity', 'principalId');
    return id === undefined
      ? []
      : [principal({ id, appId: id, displayName: textAt(document, 'name') ?? '' })];
  });
  return [...applications, ...identities, ...clusters];
}

function principal(facts: { id: string; appId: string; displayName: string }): JsonObject {
  return {
    '@odata.type': '#microsoft.graph.servicePrincipal',
    ...facts,
    servicePrincipalType: facts.displayName === 'emulated application' ? 'Application' : 'ManagedIdentity',
    servicePrincipalNames: [facts.appId],
  };
}

function refuse(status: number, code: string, message: string): EmulatorResponse {
  return { status, body: { error: { code, message } } };
}
