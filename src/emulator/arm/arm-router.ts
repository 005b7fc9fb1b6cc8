import type { TokenBook } from '../entra/tokens.ts';
import type { EmulatorResponse } from '../http.ts';
import { knownApiVersions } from './api-versions.ts';
import { refuseAsArm } from './arm-answers.ts';
import type { ArmCall, ArmMatch, ArmRoute } from './arm-call.ts';
import { answerIdentity } from './ask-as-identity.ts';
import { cloudDiscoveryPath, cloudRoutes } from './cloud-discovery.ts';
import { clusterRoutes } from './clusters.ts';
import { federatedCredentialRoutes } from './identities/federated-credentials.ts';
import { identityRoutes } from './identities/identities.ts';
import { identityBindingRoutes } from './identities/identity-bindings.ts';
import { machineChangeRoutes } from './machines/change-machine.ts';
import { machineRoutes } from './machines/machines.ts';
import { operationRoutes } from './operation-answers.ts';
import { permissionRoutes } from './permissions.ts';
import { resourceListRoutes } from './resource-lists.ts';
import { roleRoutes } from './role-assignments.ts';
import { runCommandRoutes } from './run-command.ts';
import { subscriptionRoutes } from './subscriptions.ts';

/** First match wins, so routes with an open scope come before those that could swallow them. */
const routes: readonly ArmRoute[] = [
  ...roleRoutes,
  ...operationRoutes,
  ...runCommandRoutes,
  ...clusterRoutes,
  ...identityRoutes,
  ...federatedCredentialRoutes,
  ...identityBindingRoutes,
  ...machineRoutes,
  ...machineChangeRoutes,
  ...permissionRoutes,
  ...resourceListRoutes,
  ...cloudRoutes,
  ...subscriptionRoutes,
];

/** Names of all that Azure Resource Manager can be asked here, as faults and the request log have them. */
export const armOperations: readonly string[] = [...new Set(routes.map(({ name }) => name))].sort();

/** @returns undefined when ARM has nothing under this path and method */
export function matchArmRoute(method: string, path: string): ArmMatch | undefined {
  for (const route of routes) {
    const groups = route.method === method ? route.pattern.exec(path)?.groups : undefined;
    if (groups !== undefined) {
      return { route, params: decodeAll(groups) };
    }
    if (route.method === method && route.pattern.test(path)) {
      return { route, params: {} };
    }
  }
  return undefined;
}

function decodeAll(groups: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(Object.entries(groups).map(([name, value]) => [name, decode(value ?? '')]));
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** @throws Refusal with ARM's own errors for the token, the api-version and paths that do not exist */
export function answerArm(
  match: ArmMatch | undefined,
  call: Omit<ArmCall, 'params'>,
  tokens: Pick<TokenBook, 'knows' | 'isProven' | 'identityOf'>,
): EmulatorResponse {
  const identity = checkToken(call, match, tokens);
  checkApiVersion(call, match);
  if (match === undefined) {
    return refuseAsArm(404, 'InvalidResourceType', `Nothing is known under '${call.request.path}'.`);
  }
  if (identity !== undefined) {
    return answerIdentity(match, call, identity);
  }
  return match.route.handle({ ...call, params: match.params });
}

/**
 * A command runs as the user who started the emulator, so it wants a token that was got by a secret of the
 * emulator's own.
 *
 * @returns object id of the managed identity whose token it is; undefined: of the caller, who may do everything
 */
function checkToken(
  call: Omit<ArmCall, 'params'>,
  match: ArmMatch | undefined,
  tokens: Pick<TokenBook, 'knows' | 'isProven' | 'identityOf'>,
): string | undefined {
  if (cloudDiscoveryPath.test(call.request.path)) {
    return undefined;
  }
  const token = /^Bearer (.+)$/.exec(call.request.headers.authorization ?? '')?.[1];
  if (token === undefined) {
    refuseAsArm(401, 'AuthenticationFailed', 'The Authorization header is missing.');
  }
  const identity = tokens.identityOf(token);
  if (identity !== undefined) {
    return identity;
  }
  if (!tokens.knows(token)) {
    refuseAsArm(401, 'InvalidAuthenticationToken', 'The access token is invalid.');
  }
  if (match?.route.name === 'clusters.runCommand' && !tokens.isProven(token)) {
    refuseAsArm(
      403,
      'AuthorizationFailed',
      'The emulator runs commands only for a token that was got by a secret of its own, not by an assertion.',
    );
  }
  return undefined;
}

function checkApiVersion(call: Omit<ArmCall, 'params'>, match: ArmMatch | undefined): void {
  const version = call.request.query.get('api-version');
  if (version === null || version === '') {
    refuseAsArm(400, 'MissingApiVersionParameter', 'The query parameter api-version is required.');
  }
  if (!/^\d{4}-\d{2}-\d{2}(-preview)?$/.test(version)) {
    refuseAsArm(400, 'InvalidApiVersionParameter', `The api-version '${version}' is invalid.`);
  }
  const { clusterApiVersions } = call.world.settings;
  if (!match?.route.name.startsWith('clusters.') || clusterApiVersions.length === 0) {
    return;
  }
  if (clusterApiVersions.includes(version)) {
    return;
  }
  refuseAsArm(
    400,
    'NoRegisteredProviderFound',
    `No registered resource provider found for API version '${version}' and type 'managedClusters'. The supported api-versions are '${knownApiVersions(call.world).join(', ')}'.`,
  );
}
