import { describe, expect, it } from 'vitest';
import { type EmulatedPodid, emulatedPodid, identityId } from './emulated-podid.ts';

/** Azure keeps an id as it was created, and takes it in any case of its letters. */
const azures = identityId('Web-Front').replace('/resourceGroups/demo-rg/', '/resourcegroups/Demo-RG/');
const seed = {
  identities: [
    {
      id: azures,
      name: 'Web-Front',
      type: 'Microsoft.ManagedIdentity/userAssignedIdentities',
      location: 'westeurope',
      properties: {
        tenantId: '00000000-0000-4000-8000-00000000aaaa',
        clientId: '00000000-0000-4000-8000-0000c11e0003',
        principalId: '00000000-0000-4000-8000-00000b1e0003',
      },
    },
  ],
};

const typed: readonly (readonly [string, string])[] = [
  ['lower case', azures.toLowerCase()],
  ['upper case', azures.toUpperCase()],
  ["az's resourceGroups", azures.replace('/resourcegroups/', '/resourceGroups/')],
  ['a name of another case', azures.replace('Web-Front', 'wEB-fRONT')],
  ['a provider of another case', azures.replace('Microsoft.ManagedIdentity', 'microsoft.managedidentity')],
];

const file = (id: string) =>
  JSON.stringify({
    apiVersion: 'podid.io/v1',
    kind: 'PodIdentities',
    identities: [{ name: 'front', namespace: 'demo', identityResourceId: id }],
  });
const add = (id: string) => `add --namespace demo --name front --identity-resource-id ${id}`;
const ways: readonly (readonly [string, (podid: EmulatedPodid, id: string) => Promise<unknown>])[] = [
  ['add', (podid, id) => podid.run(add(id))],
  ['apply', (podid, id) => podid.run('apply -f -', {}, file(id))],
  [
    'update',
    async (podid, id) => {
      await podid.run(add(identityId('web')));
      await podid.run(`update --namespace demo --name front --identity-resource-id ${id} --yes`);
    },
  ],
];
const rows = ways.flatMap(([command, write]) =>
  typed.map(([what, id]) => [command, what, id, write] as const),
);

describe("the profile that is sent has Azure's own spelling of an id", () => {
  it.each(rows)('by %s of %s', async (_command, _what, id, write) => {
    await using podid = await emulatedPodid({ seed });
    await write(podid, id);
    const sent = podid.emulator.requests
      .filter(({ operation }) => operation === 'clusters.put')
      .map(({ bodyText }) => JSON.parse(bodyText).properties.podIdentityProfile.userAssignedIdentities)
      .at(-1);
    expect(sent).toMatchObject([{ name: 'front', identity: { resourceId: azures } }]);
  });

  it.each(typed)('and so does the object that mode cluster writes, of %s', async (_what, id) => {
    await using podid = await emulatedPodid({ scenario: 'first-time', seed });
    const ran = await podid.run(`${add(id)} --mode cluster`);
    expect(ran.exitCode, ran.stderr).toBe(0);
    await fetch(`${podid.emulator.url}/version`);
    const [identity] = podid.emulator.kube.list('AzureIdentity');
    expect(identity?.spec).toMatchObject({ resourceID: azures });
  });
});
