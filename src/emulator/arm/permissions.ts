import type { World } from '../world.ts';
import { ok } from './arm-answers.ts';
import type { ArmRoute } from './arm-call.ts';

export const assignAction = 'Microsoft.ManagedIdentity/userAssignedIdentities/assign/action';

/** That, and as Azure's built-in roles grant it. */
const anyAssignAction = 'Microsoft.ManagedIdentity/*/assign/action';

/**
 * The caller may do everything here but what the world's settings say; any other answer is a fault in place
 * of this.
 */
export const permissionRoutes: readonly ArmRoute[] = [
  {
    name: 'permissions.list',
    method: 'GET',
    pattern: /^(?<scope>.+)\/providers\/Microsoft\.Authorization\/permissions\/?$/i,
    handle: ({ world, params }) =>
      ok({
        value: [
          {
            actions: ['*'],
            notActions: [
              ...world.settings.callerLacks,
              ...(isUnassignable(world, params['scope'] ?? '') ? [anyAssignAction] : []),
            ],
            dataActions: [],
            notDataActions: [],
          },
        ],
      }),
  },
];

function isUnassignable({ settings }: World, scope: string): boolean {
  return settings.unassignableIdentities.some((id) => id.toLowerCase() === scope.toLowerCase());
}
