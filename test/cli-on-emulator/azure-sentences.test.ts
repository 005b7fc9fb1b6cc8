import { describe, expect, it } from 'vitest';
import { armOperations } from '../../src/emulator/arm/arm-router.ts';
import { emulatedPodid, identityId } from './emulated-podid.ts';
import { exchangingPodid, fastClock } from './exchange-emulator.ts';

const add = `add --namespace demo --name web --identity-resource-id ${identityId('web')}`;
const group = '/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/demo-rg';
const exchange = 'exchange enable --yes --timeout 20h';

const few = /^403$/;
const verdicts = /^4/;

interface AzureRequest {
  readonly operation: string;
  /** A command that sends it. */
  readonly line: string;
  readonly scenario?: string;
  /** What is typed before the fault is there. */
  readonly before?: readonly string[];
  /** Codes with which the command goes on, and says so. */
  readonly passes?: RegExp;
  /** Where what stays is listed and the rest goes on. */
  readonly exitCode?: number;
  /** Of `answers`; those that take their time are asked for a few. */
  readonly only?: RegExp;
}

/** Every kind of request to Azure that the command line sends. */
const requests: readonly AzureRequest[] = [
  { operation: 'clusters.get', line: 'list' },
  { operation: 'clusters.get', line: 'status' },
  { operation: 'clusters.listBySubscription', line: 'cluster list' },
  { operation: 'clusters.put', line: add },
  { operation: 'clusters.userCredential', line: 'export --from cluster' },
  { operation: 'clusters.runCommand', line: 'mirror --via run-command' },
  // Whether a command ran is not told by a poll that failed: it is asked again for ten minutes.
  { operation: 'clusters.commandResult', line: 'mirror --via run-command', only: verdicts },
  {
    operation: 'clusters.nodePools.upgradeImage',
    line: 'cluster update --upgrade-node-images --yes',
    scenario: 'node-pools',
  },
  { operation: 'features.get', line: 'enable --register-feature', scenario: 'unregistered' },
  { operation: 'features.register', line: 'enable --register-feature', scenario: 'unregistered' },
  { operation: 'providers.register', line: 'enable --register-feature', scenario: 'unregistered' },
  { operation: 'federatedCredentials.list', line: exchange, before: [exchange], exitCode: 8, only: few },
  { operation: 'federatedCredentials.put', line: exchange, before: [exchange], exitCode: 8, only: few },
  {
    operation: 'federatedCredentials.delete',
    line: 'exchange disable --revoke-trust --yes',
    before: [exchange, exchange],
    exitCode: 8,
    only: few,
  },
  { operation: 'identities.get', line: add },
  { operation: 'identities.get', line: 'identity show --name web' },
  { operation: 'identities.listBySubscription', line: 'identity list' },
  { operation: 'identities.listBySubscription', line: 'identity list -g demo-rg' },
  { operation: 'identities.put', line: `${add.replace(/web$/, 'made')} --create-identity` },
  { operation: 'roleAssignments.list', line: add, passes: /^(?:AuthorizationFailed|DenyAssignment)/ },
  { operation: 'roleAssignments.put', line: `${add} --timeout 1m` },
  {
    operation: 'roleAssignments.delete',
    line: 'delete --namespace demo --name web --revoke-role',
    before: [add],
  },
  { operation: 'roleDefinitions.list', line: `${add} --grant Reader=${group}` },
  { operation: 'subscriptions.list', line: 'list --subscription Emulated' },
  { operation: 'machines.list', line: 'node list', scenario: 'node-pools' },
  {
    operation: 'machines.instances',
    line: 'node list',
    scenario: 'node-pools',
    passes: /^(?:AuthorizationFailed|DenyAssignment)/,
  },
  {
    operation: 'machines.patch',
    line: `node assign --identities ${identityId('web')} --timeout 1m`,
    scenario: 'node-pools',
  },
];

/** What stands behind no row, and why. */
const others: Readonly<Record<string, readonly string[]>> = {
  'the doctor tells what it could not read, each with its own test': ['permissions.list', 'machines.get'],
  'podid access has it in its report, with its own test': ['identityBindings.list'],
  'the machines carry the identity all the same: a warning has the sentence': ['machines.upgradeInstances'],
  'a poll that fails says nothing of the operation: the resource itself is read': [
    'operations.get',
    'operations.result',
  ],
  'asked only where a place does not speak the newest api-version': ['providers.get'],
  'asked by the id that a sign-in names, for its tenant alone': ['subscriptions.get'],
  'az and the Azure SDKs send them, and podid never does': [
    ...['clouds.endpoints', 'tenants.list', 'providers.list', 'features.list', 'features.unregister'],
    ...['clusters.adminCredential', 'clusters.delete', 'clusters.kubernetesVersions', 'clusters.list'],
    ...['clusters.patch', 'clusters.rotateCertificates', 'clusters.rotateSigningKeys', 'clusters.start'],
    ...['clusters.stop', 'clusters.upgradeProfile', 'clusters.nodePools.delete', 'clusters.nodePools.get'],
    ...['clusters.nodePools.list', 'clusters.nodePools.put', 'federatedCredentials.get'],
    ...['identities.delete', 'identities.list', 'identities.patch', 'machines.listBySubscription'],
    ...['resourceGroups.delete', 'resourceGroups.get', 'resourceGroups.head', 'resourceGroups.list'],
    ...['resourceGroups.put', 'resources.list', 'resources.listBySubscription', 'roleAssignments.get'],
    ...['roleDefinitions.get'],
  ],
};

const answers = [
  ['401', 401, 'InvalidAuthenticationToken', 'The access token has been revoked by its owner.', 3],
  ['403', 403, 'AuthorizationFailed', "The client 'x' does not have authorization to perform that.", 6],
  ['403 by a deny', 403, 'DenyAssignmentAuthorizationFailed', 'A deny assignment is in the way.', 6],
  ['403 by a policy', 403, 'RequestDisallowedByPolicy', 'That was disallowed by policy.', 5],
  ['403 by Azure', 403, 'RequestDisallowedByAzure', 'The region does not take new customers.', 5],
  ['400', 400, 'SubscriptionNotInGoodOrder', 'The subscription is not in good order.', 5],
  ['503', 503, 'ServerBusy', 'The service is busy right now.', 7],
] as const;

describe.each(requests)('$operation, which "podid $line" sends,', (request) => {
  const { operation, line, scenario = 'default', before = [], passes = /^$/, only = /^/ } = request;
  const own = request.exitCode;

  it.each(answers.filter(([name]) => only.test(name)))(
    "is refused in Azure's own sentence: %s",
    async (_, status, code, message, exitCode) => {
      await using podid = line.startsWith('exchange')
        ? await exchangingPodid(['web'])
        : await emulatedPodid({ scenario }, {}, { clock: fastClock() });
      for (const each of before) {
        await podid.run(each);
      }
      podid.emulator.faults.set([
        {
          match: { operation },
          effect: { status, body: { error: { code, message } }, headers: { 'retry-after-ms': '1' } },
        },
      ]);
      // Else the emulator's own kubeconfig leads to the cluster.
      const ran = await podid.run(line, operation === 'clusters.userCredential' ? { KUBECONFIG: '' } : {});
      expect(podid.emulator.faults.list()[0]?.hits, ran.stderr).toBeGreaterThan(0);
      expect(ran.stderr).toContain(message);
      expect(ran.stderr).toContain(code);
      expect(`${ran.exitCode} ${ran.stderr}`).toMatch(
        new RegExp(`^${passes.test(code) ? 0 : (own ?? exitCode)} `),
      );
    },
  );
});

describe('the requests that Azure can be sent', () => {
  it('are all here, or stand with the reason why podid does not show their refusal', () => {
    const here = new Set([...requests.map(({ operation }) => operation), ...Object.values(others).flat()]);
    expect(armOperations.filter((each) => !here.has(each))).toEqual([]);
    expect([...here].filter((each) => !armOperations.includes(each))).toEqual([]);
  });
});
