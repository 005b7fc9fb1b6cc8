import { describe, expect, it } from 'vitest';
import { objectsAsEntries } from '../../../../src/k8s/mirror/read-objects.ts';
import { identityIds } from '../../../../src/workflows/doctor/checks/identity-ids.ts';
import { evidenceOf } from '../evidence-in-test.ts';

const id =
  '/subscriptions/sub/resourceGroups/rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/web';
const clientID = '00000000-0000-4000-8000-000000000001';

function judge(spec: object, namespace = 'demo') {
  const identities = [{ metadata: { namespace, name: 'web' }, spec: { type: 0, ...spec } }];
  const objects = objectsAsEntries({ identities, bindings: [], exceptions: [] });
  return identityIds.judge(evidenceOf({ pods: [], objects, subject: { namespace: 'demo' } }));
}

const patch = (resourceID: string) =>
  `kubectl patch azureidentity web -n demo --type merge -p '${JSON.stringify({ spec: { resourceID } })}'`;

describe('the check of the ids in AzureIdentities', () => {
  it.each([
    ['both as they should be', { clientID, resourceID: id }, 'pass', undefined],
    ['a client id alone', { clientID }, 'pass', undefined],
    ['a resource id alone', { resourceID: id }, 'pass', undefined],
    ['no slash first', { clientID, resourceID: id.slice(1) }, 'warn', patch(id)],
    [
      'resourcegroup',
      { clientID, resourceID: id.replace('resourceGroups', 'resourcegroup') },
      'warn',
      patch(id.replace('resourceGroups', 'resourceGroups')),
    ],
    ['no slash first, and nothing to ask by', { resourceID: id.slice(1) }, 'fail', patch(id)],
    [
      'no slash first, and a client id that no id is',
      { clientID: 'a b', resourceID: id.slice(1) },
      'fail',
      patch(id),
    ],
    [
      'a name',
      { clientID, resourceID: 'web' },
      'warn',
      `${patch(id.replace(/web$/, 'IDENTITY'))}  # with the name of the managed identity for IDENTITY`,
    ],
    [
      'a name as client id',
      { clientID: 'my-identity', resourceID: id },
      'warn',
      `az identity show --ids ${id} --query clientId -o tsv  # prints it, for: kubectl edit azureidentity web -n demo`,
    ],
    [
      'a name as client id alone',
      { clientID: 'my-identity' },
      'warn',
      'kubectl edit azureidentity web -n demo',
    ],
    [
      'a client id in braces, which agents pass over for the resource id',
      { clientID: `{${clientID}}`, resourceID: id },
      'warn',
      `az identity show --ids ${id} --query clientId -o tsv  # prints it, for: kubectl edit azureidentity web -n demo`,
    ],
    ['white space around both', { clientID: ` ${clientID}\r`, resourceID: `${id}\n` }, 'pass', undefined],
    ['what a service principal has', { type: 1, clientID: 'app', resourceID: 'x' }, 'pass', undefined],
  ] as const)('%s', (_what, spec, result, hint) => {
    const verdict = judge(spec);
    expect(verdict.result, verdict.message).toBe(result);
    expect(verdict.hint?.toString()).toBe(hint);
  });

  it('looks at the namespace that it is asked about', () => {
    expect(judge({ clientID: 'x' }, 'other').result).toBe('pass');
  });
});
