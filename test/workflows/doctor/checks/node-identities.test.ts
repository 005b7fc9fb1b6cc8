import { describe, expect, it } from 'vitest';
import type { Machine } from '../../../../src/domain/azure/machines.ts';
import { objectsAsEntries } from '../../../../src/k8s/mirror/read-objects.ts';
import { nodeIdentities } from '../../../../src/workflows/doctor/checks/node-identities.ts';
import { evidenceOf } from '../evidence-in-test.ts';

const id = (name: string) =>
  `/subscriptions/sub/resourceGroups/rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${name}`;

/** A machine with these identities, by name; those with a client id are told with it. */
function machine(carried: Readonly<Record<string, string | undefined>>): Machine {
  const told = Object.entries(carried).flatMap(([name, clientId]) =>
    clientId ? [[id(name), clientId]] : [],
  );
  return {
    ...{ resourceId: '/machines/vmss', name: 'vmss', kind: 'vmss', osType: 'Linux' },
    ...{ identityType: 'UserAssigned', provisioningState: 'Succeeded' },
    identityIds: Object.keys(carried).map(id),
    identityClientIds: Object.fromEntries(told),
  };
}

function judge(spec: object, carried: Readonly<Record<string, string | undefined>>) {
  const metadata = { namespace: 'demo', name: 'web' };
  const objects = objectsAsEntries({
    identities: [{ metadata, spec: { type: 0, ...spec } }],
    bindings: [
      { metadata: { ...metadata, name: 'web-binding' }, spec: { azureIdentity: 'web', selector: 'web' } },
    ],
    exceptions: [],
  });
  const machines = { kind: 'read' as const, value: [machine(carried)] };
  return nodeIdentities.judge({ ...evidenceOf({ pods: [], objects }), machines });
}

describe('the check of the identities on the nodes', () => {
  const assign = /^podid node assign .* --identities \/subscriptions\/\S+\/userAssignedIdentities\//;
  it.each([
    ['a resource id that is there', { resourceID: id('web') }, { web: undefined }, 'pass', undefined],
    ['a resource id in other letters', { resourceID: id('WEB') }, { web: undefined }, 'pass', undefined],
    ['a resource id that is not there', { resourceID: id('web') }, { jobs: 'j' }, 'fail', assign],
    ['a client id alone that is there', { clientID: 'C' }, { web: 'c' }, 'pass', undefined],
    [
      'a client id alone that is not there',
      { clientID: 'c' },
      { jobs: 'j' },
      'fail',
      /^az identity list .*\[\?clientId=='?/,
    ],
    [
      'a client id alone, of which Azure tells nothing',
      { clientID: 'c' },
      { web: undefined },
      'warn',
      /^podid node list/,
    ],
    [
      'a text that is no id, beside the client id',
      { resourceID: 'web', clientID: 'c' },
      { web: 'c' },
      'pass',
      undefined,
    ],
    [
      'a text that is no id, and a client id that is not there',
      { resourceID: id('web').slice(1), clientID: 'c' },
      { jobs: 'j' },
      'fail',
      /prints its id, for: podid node assign .*\/IDENTITY {2}# with the name of the managed identity for IDENTITY$/,
    ],
    ['neither of them', {}, { web: 'c' }, 'pass', undefined],
  ] as const)('compares as the agent asks: %s', (_what, spec, carried, result, hint) => {
    const verdict = judge(spec, carried);
    expect(verdict.result, verdict.message).toBe(result);
    if (hint) {
      expect(String(verdict.hint)).toMatch(hint);
    }
    expect(String(verdict.hint ?? '')).not.toMatch(/--identities ''|--identities subscriptions/);
  });
});
