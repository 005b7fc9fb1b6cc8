import { describe, expect, it } from 'vitest';
import type { AgentPod } from '../../../../src/domain/kubernetes/workloads.ts';
import { objectsAsEntries } from '../../../../src/k8s/mirror/read-objects.ts';
import { exchange } from '../../../../src/workflows/doctor/checks/exchange.ts';
import { nodeIdentities } from '../../../../src/workflows/doctor/checks/node-identities.ts';
import { evidenceOf } from '../evidence-in-test.ts';

const clientID = '00000000-0000-4000-8000-0000000000c1';
const tenantId = '00000000-0000-4000-8000-00000000000a';
const resourceID =
  '/subscriptions/sub/resourceGroups/rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/web';

interface Given {
  readonly source?: string;
  readonly tenant?: string;
  readonly spec?: object;
  readonly agent?: Partial<AgentPod>;
  /** Of that agent. */
  readonly metrics?: readonly string[];
  /** Agents may see the pods of other nodes, and could do without. */
  readonly spareRight?: boolean;
  readonly subscriptionTenant?: string;
  readonly namespace?: string;
}

const holding: Partial<AgentPod> = {
  secretPairs: new Set(),
  exchange: { source: 'imds', tenantId: '', subject: 'agent' },
};

function evidence(given: Given) {
  const annotations = {
    ...(given.source === undefined ? {} : { 'podid.io/token-source': given.source }),
    ...(given.tenant === undefined ? {} : { 'podid.io/tenant-id': given.tenant }),
  };
  const metadata = { namespace: 'shop', name: 'web', annotations };
  const identities = [{ metadata, spec: given.spec ?? { clientID, resourceID } }];
  const binding = { metadata: { namespace: 'shop', name: 'web-binding' } };
  const bindings = [{ ...binding, spec: { azureIdentity: 'web', selector: 'web' } }];
  const agent = {
    namespace: 'kube-system',
    name: 'podid-nmi-0',
    nodeName: 'node-1',
    ...given.agent,
  } as AgentPod;
  const read = <Value>(value: Value) => ({ kind: 'read' as const, value });
  const objects = objectsAsEntries({ identities, bindings, exceptions: [] });
  const basis = evidenceOf({
    pods: [],
    objects,
    subject: given.namespace === undefined ? {} : { namespace: given.namespace },
  });
  const { subscriptionTenant } = given;
  return {
    ...basis,
    ...(given.spareRight === undefined ? {} : { spareRight: read(given.spareRight) }),
    agents: read([agent]),
    agentProbes: [
      {
        agent,
        readiness: read({ status: 200, text: '' }),
        metrics: read((given.metrics ?? []).join('\n')),
        log: read(''),
      },
    ],
    ...(subscriptionTenant === undefined
      ? {}
      : { subscription: read({ subscriptionId: 's', displayName: 's', tenantId: subscriptionTenant }) }),
  };
}

const ready = 'podid_nmi_exchange_token_present 1';
const byWorkload: Given = {
  agent: { ...holding, exchange: { source: 'imds', tenantId: '', subject: 'workload' } },
  spareRight: true,
};

describe('the check of exchange', () => {
  it.each<[string, Given, string, RegExp, RegExp?]>([
    ['no identity that is exchanged', { agent: holding }, 'pass', /tokens come from the nodes/],
    [
      'one that is, and an agent with a token',
      { source: 'exchange', tenant: tenantId, agent: holding, metrics: [ready] },
      'pass',
      /^1 identity of 1 here is exchanged at Entra/,
    ],
    [
      "one by the agent's default",
      {
        agent: { ...holding, exchange: { source: 'exchange', tenantId, subject: 'agent' } },
        metrics: [ready],
      },
      'pass',
      /^1 identity of 1/,
    ],
    [
      'a word that is no source',
      { source: 'vault', agent: holding },
      'fail',
      /^AzureIdentity shop\/web has the annotation .*"vault".* Agents give no token of it\.$/,
      /^kubectl annotate azureidentity web -n shop --overwrite podid\.io\/token-source=imds {2}# /,
    ],
    [
      'no tenant, where Azure does not say which',
      { source: 'exchange', agent: holding },
      'fail',
      /names no tenant/,
      /podid\.io\/tenant-id=TENANT {2}# with the id of its tenant for TENANT$/,
    ],
    [
      'no tenant, where Azure says which',
      { source: 'exchange', agent: holding, subscriptionTenant: tenantId },
      'fail',
      /names no tenant/,
      /^kubectl annotate azureidentity web -n shop --overwrite podid\.io\/tenant-id=00000000-\S+a$/,
    ],
    [
      'no client id',
      { source: 'exchange', tenant: tenantId, spec: { resourceID }, agent: holding },
      'fail',
      /has no clientID/,
      /^az identity show --ids \/subscriptions\/\S+ --query clientId -o tsv {2}# prints it, for: kubectl edit azureidentity web -n shop$/,
    ],
    [
      'an agent of podid that has no token for it',
      { source: 'exchange', tenant: tenantId, agent: { secretPairs: new Set() } },
      'fail',
      /^1 identity here is to be exchanged, and the agent has no token for that on node-1/,
      /^podid nmi install .*--set podid\.exchange\.enabled=true {2}# or the same value with helm upgrade$/,
    ],
    [
      "an agent that is not podid's",
      { source: 'exchange', tenant: tenantId, agent: {} },
      'warn',
      /asks IMDS for every token: node-1/,
      /^podid nmi status/,
    ],
    [
      'policies that do not stand',
      {
        ...{ source: 'exchange', tenant: tenantId, agent: holding },
        metrics: [ready, 'podid_nmi_exchange_guard_stands 0'],
      },
      'fail',
      /^The agent makes no tokens of the pods' own accounts on node-1: an admission policy .* gone or was changed/,
      /: podid nmi install .*--set podid\.exchange\.enabled=true podid\.exchange\.subject=workload, or/,
    ],
    [
      'a last call that gave no token',
      {
        ...{ source: 'exchange', tenant: tenantId, agent: holding },
        metrics: [ready, 'podid_nmi_exchange_last_failure_seconds{code="AADSTS700213"} 1796000100'],
      },
      'warn',
      /AADSTS700213 on node-1/,
      /^podid exchange status -g .* names the identities/,
    ],
    [
      'a clock that is off by more than five minutes',
      {
        ...{ source: 'exchange', tenant: tenantId, agent: holding },
        metrics: [ready, 'podid_nmi_exchange_clock_ahead_seconds -301'],
      },
      'warn',
      /node-1 by 301 s behind/,
    ],
    [
      'a right to all pods that is needed no more',
      {
        ...byWorkload,
        ...{ source: 'exchange', tenant: tenantId },
        metrics: [ready, 'podid_nmi_exchange_guard_stands 1', 'podid_nmi_pods_as_node 1'],
      },
      'warn',
      /may list and watch the pods of all nodes .* needs that no more/,
      /^With the values that it was installed with: podid nmi install .*podid\.exchange\.podsOfOwnNode=true, or the same values with helm upgrade$/,
    ],
    [
      'the same where a node is not that far, and nothing is exchanged yet',
      { ...byWorkload, metrics: ['podid_nmi_pods_as_node 0'] },
      'warn',
      /may go once podid_nmi_pods_as_node is 1 on every node, and not before: .* on node-1\.$/,
      /^Then, with the values/,
    ],
    ['no such right', { ...byWorkload, spareRight: false }, 'pass', /tokens come from the nodes/],
  ])('says what is so: %s', (_what, given, result, message, hint = /./) => {
    const verdict = exchange.judge(evidence(given));
    expect(verdict).toMatchObject({ result, message: expect.stringMatching(message) });
    if (verdict.hint !== undefined) {
      expect(String(verdict.hint)).toMatch(hint);
    }
  });

  it('looks at the namespace in question alone', () => {
    expect(exchange.judge(evidence({ source: 'vault', namespace: 'other' }))).toMatchObject({
      result: 'pass',
    });
  });
});

describe('an identity that is exchanged', () => {
  it('need not be on the nodes', () => {
    const machine = {
      ...{ resourceId: '/machines/vmss', name: 'vmss', kind: 'vmss' as const, osType: 'Linux' },
      ...{ identityType: 'None', provisioningState: 'Succeeded', identityIds: [], identityClientIds: {} },
    };
    const judged = (source: string) =>
      nodeIdentities.judge({
        ...evidence({ source, tenant: tenantId, agent: holding }),
        machines: { kind: 'read', value: [machine] },
      });
    expect(judged('imds')).toMatchObject({ result: 'fail' });
    expect(judged('exchange')).toMatchObject({ result: 'pass' });
  });
});
