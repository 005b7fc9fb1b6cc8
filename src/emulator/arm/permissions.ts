import { ok } from './arm-answers.ts';
import type { ArmRoute } from './arm-call.ts';

/** The caller may do everything here; who may not is a fault that answers in place of this. */
export const permissionRoutes: readonly ArmRoute[] = [
  {
    name: 'permissions.list',
    method: 'GET',
    pattern: /^(?<scope>.+)\/providers\/Microsoft\.Authorization\/permissions\/?$/i,
    handle: () => ok({ value: [{ actions: ['*'], notActions: [], dataActions: [], notDataActions: [] }] }),
  },
];
