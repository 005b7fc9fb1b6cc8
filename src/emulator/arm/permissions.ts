import { ok } from './arm-answers.ts';
import type { ArmRoute } from './arm-call.ts';

/**
 * The caller may do everything here but what the world's settings say; any other answer is a fault in place
 * of this.
 */
export const permissionRoutes: readonly ArmRoute[] = [
  {
    name: 'permissions.list',
    method: 'GET',
    pattern: /^(?<scope>.+)\/providers\/Microsoft\.Authorization\/permissions\/?$/i,
    handle: ({ world }) =>
      ok({
        value: [
          {
            actions: ['*'],
            notActions: [...world.settings.callerLacks],
            dataActions: [],
            notDataActions: [],
          },
        ],
      }),
  },
];
