import { describe, expect, it } from 'vitest';
import { emulatedPodid, identityId } from './emulated-podid.ts';

const add = `add --namespace demo --name web --identity-resource-id ${identityId('web')}`;
const reader = '/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/demo-rg';

/** Every kind of request to Azure, with a command that sends it; and the refusals that podid goes on without. */
const requests: readonly [string, string, RegExp?][] = [
  ['clusters.get', 'list'],
  ['clusters.get', 'status'],
  ['clusters.listBySubscription', 'cluster list'],
  ['clusters.put', add],
  ['clusters.userCredential', 'export --from cluster'],
  ['identities.get', add],
  ['identities.get', 'identity show --name web'],
  ['identities.listBySubscription', 'identity list'],
  ['identities.put', `${add.replace(/web$/, 'made')} --create-identity`],
  ['roleAssignments.list', add, /^(?:AuthorizationFailed|DenyAssignment)/],
  ['roleAssignments.put', add],
  ['roleDefinitions.list', `${add} --grant Reader=${reader}`],
  ['machines.list', 'node list'],
  ['machines.patch', `node assign --identities ${identityId('web')}`],
];

const answers = [
  ['401', 401, 'InvalidAuthenticationToken', 'The access token has been revoked by its owner.', 3],
  ['403', 403, 'AuthorizationFailed', "The client 'x' does not have authorization to perform that.", 6],
  ['403 by a deny', 403, 'DenyAssignmentAuthorizationFailed', 'A deny assignment is in the way.', 6],
  ['403 by a policy', 403, 'RequestDisallowedByPolicy', 'That was disallowed by policy.', 5],
  ['403 by Azure', 403, 'RequestDisallowedByAzure', 'The region does not take new customers.', 5],
  ['400', 400, 'SubscriptionNotInGoodOrder', 'The subscription is not in good order.', 5],
] as const;

describe.each(requests)('%s, which "podid %s" sends,', (operation, line, passes = /^$/) => {
  it.each(answers)("is refused in Azure's own sentence: %s", async (_, status, code, message, exitCode) => {
    await using podid = await emulatedPodid({
      scenario: line.startsWith('node ') ? 'node-pools' : 'default',
    });
    podid.emulator.faults.set([
      { match: { operation }, effect: { status, body: { error: { code, message } } } },
    ]);
    // Else the emulator's own kubeconfig leads to the cluster.
    const ran = await podid.run(line, operation === 'clusters.userCredential' ? { KUBECONFIG: '' } : {});
    expect(podid.emulator.faults.list()[0]?.hits, ran.stderr).toBeGreaterThan(0);
    expect(ran.stderr).toContain(message);
    expect(ran.stderr).toContain(code);
    expect(`${ran.exitCode} ${ran.stderr}`).toMatch(new RegExp(`^${passes.test(code) ? 0 : exitCode} `));
  });
});
