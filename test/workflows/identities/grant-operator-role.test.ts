import { describe, expect, it } from 'vitest';
import type { RoleGrant } from '../../../src/domain/azure/role-assignment.ts';
import { startDeadline } from '../../../src/domain/time/deadline.ts';
import { PodidError } from '../../../src/errors/podid-error.ts';
import { systemClock } from '../../../src/runtime/system-clock.ts';
import { createRole } from '../../../src/workflows/identities/grant-operator-role.ts';
import { FakeAzure, options } from '../fake-azure.ts';

const grant: RoleGrant = { scope: '/scope', principalId: 'principal', roleId: 'role' };

/** An Azure that keeps every assignment of a role waiting. */
function silent(timeoutMs: number, signal = new AbortController().signal) {
  const deps = new FakeAzure().deps();
  const create = (_grant: RoleGrant, inTime: AbortSignal) =>
    new Promise<never>((_resolve, reject) => {
      inTime.addEventListener('abort', () => reject(inTime.reason));
    });
  return {
    azure: { ...deps.azure, roles: { ...deps.azure.roles, create } },
    deadline: startDeadline(systemClock(), timeoutMs, signal),
    options: options({ timeoutMs }),
    signal,
  };
}

describe('assigning a role', () => {
  it('ends at --timeout, and says what may not have been done', async () => {
    await expect(createRole(silent(20), grant)).rejects.toMatchObject({
      code: 'TimedOut',
      exitCode: 7,
      message: expect.stringMatching(/Azure may not have assigned the role on \/scope/),
    });
  });

  it('ends when the user interrupts it', async () => {
    const user = new AbortController();
    const running = createRole(silent(600_000, user.signal), grant);
    user.abort(new PodidError('Interrupted', 'Interrupted.'));
    await expect(running).rejects.toMatchObject({ code: 'Interrupted', exitCode: 130 });
  });

  it('says whether it was assigned before', async () => {
    const deps = { ...silent(600_000), azure: new FakeAzure().deps().azure };
    expect(await createRole(deps, grant)).toEqual({ created: true });
  });
});
