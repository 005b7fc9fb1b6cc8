import type { RoleDefinition } from './role-assignment.ts';

/** What the signed-in principal may do. */
export interface Permissions {
  /** All that its roles add up to at a scope. @throws PodidError Forbidden | NotSignedIn | Unavailable */
  at(scope: string, signal: AbortSignal): Promise<RoleDefinition['permissions']>;
}
