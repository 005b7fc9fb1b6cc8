import { AuthorizationManagementClient } from '@azure/arm-authorization';
import type { ArmConnection } from '../connection/arm-connection.ts';
import type { ArmRequest } from '../connection/arm-request.ts';

export function authorizationClient(connection: ArmConnection, scope: string): AuthorizationManagementClient {
  return new AuthorizationManagementClient(
    connection.credential,
    subscriptionOf(scope),
    connection.clientOptions,
  );
}

export function aboutRoles(
  connection: ArmConnection,
  doing: string,
  right: string,
  scope: string,
): ArmRequest {
  return {
    doing: `${doing} ${scope}`,
    action: `Microsoft.Authorization/${right}`,
    scope,
    caller: connection.caller,
  };
}

/** Assignments on management groups have none; the client wants one all the same. */
export function subscriptionOf(scope: string): string {
  return /^\/subscriptions\/([^/]+)/i.exec(scope)?.[1] ?? '';
}

/** The client puts a slash in front by itself. */
export function bare(id: string): string {
  return id.replace(/^\//, '');
}
