import { describe, expect, it } from 'vitest';
import { choosePrincipal, ownClientIds } from '../../../src/mic/azure/azure-principal.ts';
import { parseAzureJson, parseCustomCloud } from '../../../src/validate/files/azure-json.ts';

const file = (members: object) => parseAzureJson(JSON.stringify(members), 'azure.json');
const principal = { tenantId: 't', aadClientId: 'app', aadClientSecret: 's' };
const federated = { AZURE_FEDERATED_TOKEN_FILE: '/token', AZURE_CLIENT_ID: 'own', AZURE_TENANT_ID: 't2' };

describe('as whom podid-mic signs in', () => {
  it.each<[string, Record<string, string>, object | undefined, object]>([
    [
      'a secret of azure.json',
      {},
      principal,
      { as: { kind: 'secret', clientId: 'app', secret: 's' }, tenantId: 't', cloud: { name: 'AzureCloud' } },
    ],
    [
      'a cluster with managed identity, as AKS writes it',
      {},
      {
        ...principal,
        aadClientId: 'msi',
        aadClientSecret: 'msi',
        useManagedIdentityExtension: true,
        userAssignedIdentityID: 'mi',
      },
      { as: { kind: 'managedIdentity', clientId: 'mi' } },
    ],
    ['msi alone', {}, { aadClientId: 'msi', aadClientSecret: 'msi' }, { as: { kind: 'managedIdentity' } }],
    [
      'the variables of upstream',
      { TENANT_ID: 't', CLIENT_ID: 'app', CLIENT_SECRET: 's', CLOUD: 'azurechinacloud' },
      undefined,
      { as: { kind: 'secret', clientId: 'app' }, cloud: { name: 'AzureChinaCloud' } },
    ],
    [
      'a managed identity of the variables',
      { USE_MSI: 'True', USER_ASSIGNED_MSI_CLIENT_ID: 'mi' },
      undefined,
      { as: { kind: 'managedIdentity', clientId: 'mi' } },
    ],
    [
      'a federated token, whatever else is there',
      { ...federated, CLIENT_ID: 'app', CLIENT_SECRET: 's', TENANT_ID: 't' },
      principal,
      { as: { kind: 'workloadIdentity', clientId: 'own', tokenFile: '/token' }, tenantId: 't2' },
    ],
  ])('%s', (_what, variables, json, expected) => {
    expect(choosePrincipal(variables, json && file(json), undefined)).toMatchObject(expected);
  });

  it.each(['AzurePublicCloud', 'azurecloud', 'AZUREPUBLICCLOUD'])(
    'takes %s for the public cloud',
    (cloud) => {
      expect(choosePrincipal({}, file({ ...principal, cloud }), undefined).cloud.name).toBe('AzureCloud');
    },
  );

  it('reaches a cloud of its own by the endpoints of a file', () => {
    const own = parseCustomCloud(
      JSON.stringify({
        name: 'x',
        resourceManagerEndpoint: 'https://arm.example/',
        activeDirectoryEndpoint: 'https://login.example/',
      }),
      'cloud.json',
    );
    expect(choosePrincipal({}, file({ ...principal, cloud: 'AzureStackCloud' }), own).cloud).toEqual({
      name: 'AzureStackCloud',
      armEndpoint: 'https://arm.example',
      armScope: 'https://arm.example/.default',
      authorityHost: 'https://login.example',
    });
  });

  it('refuses a cloud of its own to which a secret would go without TLS', () => {
    const endpoints = {
      resourceManagerEndpoint: 'https://arm.example/',
      activeDirectoryEndpoint: 'http://login.example/',
    };
    expect(() => parseCustomCloud(JSON.stringify(endpoints), 'cloud.json')).toThrow(
      'activeDirectoryEndpoint in cloud.json must begin with https://, and is http://login.example/.',
    );
  });

  it.each([
    ['nobody', {}, 'azure.json names nobody'],
    ['a secret without its tenant', { aadClientId: 'a', aadClientSecret: 's' }, 'azure.json names nobody'],
    [
      'a cloud of its own without a file',
      { ...principal, cloud: 'AzureStackCloud' },
      'not one that podid-mic can reach',
    ],
    [
      'a cloud that is closed',
      { ...principal, cloud: 'AzureGermanCloud' },
      'not one that podid-mic can reach',
    ],
  ])('refuses %s', (_what, json, words) => {
    expect(() => choosePrincipal({}, file(json), undefined)).toThrow(words);
  });

  it('rule 11: knows its own client id, which is never taken off a machine', () => {
    expect(
      ownClientIds(
        choosePrincipal(
          {},
          file({ useManagedIdentityExtension: true, userAssignedIdentityID: 'ABC' }),
          undefined,
        ),
      ),
    ).toEqual(['abc']);
  });
});
