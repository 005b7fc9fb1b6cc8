import { isObject } from '../exact-json.ts';
import type { EmulatorResponse } from '../http.ts';
import { refuseAsArm } from './arm-answers.ts';
import type { ArmCall, ArmMatch } from './arm-call.ts';
import { isAtOrAbove, mayDo, principalWithGroups } from './roles.ts';

/**
 * Answers a managed identity, which a pod asks as: it reads what its roles let it read. Lists of subscriptions
 * hold those in which it has any role, as Azure's do, and are empty rather than refused. It changes nothing but
 * federated credentials.
 *
 * @throws Refusal 403 AuthorizationFailed
 */
export function answerIdentity(
  { route, params }: ArmMatch,
  call: Omit<ArmCall, 'params'>,
  objectId: string,
): EmulatorResponse {
  const answer = () => route.handle({ ...call, params });
  if (route.name === 'subscriptions.list') {
    return ofThoseWithARole(answer(), call, objectId);
  }
  const { method, path } = call.request;
  const action = `${resourceOf(path)}/${verbs[method] ?? 'action'}`;
  const isOpen = method === 'GET' || route.name.startsWith('federatedCredentials.');
  if (isOpen && mayDo(call.world, objectId, action, path)) {
    return answer();
  }
  return refuseAsArm(
    403,
    'AuthorizationFailed',
    `The client '${objectId}' with object id '${objectId}' does not have authorization to perform action '${action}' over scope '${path}' or the scope is invalid.`,
  );
}

function ofThoseWithARole(
  answer: EmulatorResponse,
  { world }: Omit<ArmCall, 'params'>,
  objectId: string,
): EmulatorResponse {
  const principals = principalWithGroups(world, objectId);
  const scopes = [...world.roleAssignments.values()]
    .filter(({ principalId }) => principals.has(principalId.toLowerCase()))
    .map(({ scope }) => scope);
  const isSeen = (id: string) =>
    scopes.some((scope) => isAtOrAbove(world, scope, id) || isAtOrAbove(world, id, scope));
  const { body } = answer;
  const value = isObject(body) && Array.isArray(body['value']) ? body['value'] : [];
  return { ...answer, body: { value: value.filter((one) => isObject(one) && isSeen(String(one['id']))) } };
}

const verbs: Readonly<Record<string, string>> = {
  GET: 'read',
  PUT: 'write',
  PATCH: 'write',
  DELETE: 'delete',
};

/** `…/providers/Microsoft.X/kind/name/part/name` is read by `Microsoft.X/kind/part/read`. */
function resourceOf(path: string): string {
  const [provider, ...words] =
    path
      .split(/\/providers\//i)
      .at(-1)
      ?.split('/') ?? [];
  if (/\/providers\//i.test(path)) {
    return [provider, ...words.filter((_, at) => at % 2 === 0)].join('/');
  }
  const isGroup = /\/resourceGroups(?:\/|$)/i.test(path);
  return `Microsoft.Resources/subscriptions${isGroup ? '/resourceGroups' : ''}`;
}
