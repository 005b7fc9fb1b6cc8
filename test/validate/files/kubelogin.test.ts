import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aksServerId } from '../../../src/domain/azure/entra-sign-in.ts';
import { azureProviderSignIn, kubeloginSignIn } from '../../../src/validate/files/kubelogin.ts';

const tenant = '00000000-0000-4000-8000-00000000aaaa';
const client = '80faf920-1908-4b52-b5ef-a8e7bedfc67a';

function signIn(line: string, environment: Record<string, string> = {}, command = 'kubelogin') {
  const args = line.split(' ').filter((word) => word !== '');
  return kubeloginSignIn({ apiVersion: 'v1', command, args, env: [] }, environment);
}

const get = `get-token --server-id ${aksServerId}`;

describe("kubelogin's entry in a kubeconfig", () => {
  it('is understood as AKS writes it', () => {
    const line = `get-token --environment AzurePublicCloud --server-id ${aksServerId} --client-id ${client} --tenant-id ${tenant} --login devicecode`;
    const as = { kind: 'caller' };
    const expected = { serverId: aksServerId, tenantId: tenant, cloud: 'AzureCloud', as };
    expect(signIn(line)).toEqual(expected);
    for (const command of ['/usr/local/bin/kubelogin', 'C:\\tools\\kubelogin.exe']) {
      expect(signIn(line, {}, command)).toEqual(expected);
    }
  });

  it.each([
    ['', { kind: 'caller' }],
    ['--login azurecli', { kind: 'caller' }],
    ['-l interactive', { kind: 'caller' }],
    ['--login=azd', { kind: 'caller' }],
    ['--login azurepipelines --azure-pipelines-service-connection-id x', { kind: 'caller' }],
    ['--login spn', { kind: 'caller' }],
    ['--login spn --client-id c --client-secret s', { kind: 'secret', clientId: 'c', secret: 's' }],
    [
      '--login spn --client-id c --client-certificate a.pem',
      { kind: 'certificate', clientId: 'c', path: 'a.pem' },
    ],
    ['--login msi', { kind: 'managedIdentity' }],
    ['--login msi --client-id c', { kind: 'managedIdentity', clientId: 'c' }],
    ['--login msi --identity-resource-id /r', { kind: 'managedIdentity', resourceId: '/r' }],
    ['--login workloadidentity', { kind: 'workloadIdentity' }],
    [
      '--login workloadidentity --client-id c --federated-token-file /f',
      { kind: 'workloadIdentity', clientId: 'c', tokenFile: '/f' },
    ],
  ])('says with "%s" as whom', (flags, as) => {
    expect(signIn(`${get} ${flags}`)?.as).toEqual(as);
  });

  it.each([
    ['AzureUSGovernmentCloud', 'AzureUSGovernment'],
    ['AZUREUSGOVERNMENT', 'AzureUSGovernment'],
    ['AzureChinaCloud', 'AzureChinaCloud'],
  ])('says with %s which cloud', (environment, cloud) => {
    expect(signIn(`${get} -e ${environment} -t ${tenant}`)).toMatchObject({ cloud, tenantId: tenant });
  });

  it.each([
    ['Azure Resource Manager', '797f4846-ba00-4fd7-ba43-dac1f8f63013'],
    ['Microsoft Graph', '00000003-0000-0000-c000-000000000000'],
    ['Key Vault', 'CFA8B339-82A2-471A-A3C9-0FC0BE7A4093'],
    ['storage', 'e406a681-f3d4-42a8-90b6-c2b029497af1'],
    ['Azure DevOps', '499b84ac-1321-427f-aa17-267ca6975798'],
  ])('gets no token of %s for the server that it names', (_whose, id) => {
    expect(signIn(`get-token --server-id ${id} --login azurecli`)).toBeUndefined();
    expect(azureProviderSignIn({ 'config-mode': '1', 'apiserver-id': id })).toBeUndefined();
  });

  it('finds its own variables before its flags, unless a flag says otherwise', () => {
    const environment = {
      AAD_LOGIN_METHOD: 'spn',
      AZURE_CLIENT_ID: 'v',
      AAD_SERVICE_PRINCIPAL_CLIENT_SECRET: 's',
    };
    expect(signIn(`${get} --login azurecli`, environment)?.as).toEqual({
      kind: 'secret',
      clientId: 'v',
      secret: 's',
    });
    expect(signIn(`${get} --login azurecli --disable-environment-override`, environment)?.as).toEqual({
      kind: 'caller',
    });
  });

  it.each([
    ['another program', 'get-token', 'aws'],
    ['another word', `convert-kubeconfig --server-id ${aksServerId}`, 'kubelogin'],
    ['no server', 'get-token', 'kubelogin'],
    ['a server that is no application', 'get-token --server-id https://management.azure.com', 'kubelogin'],
    ['proof of possession', `${get} --pop-enabled --pop-claims u=x`, 'kubelogin'],
    ['the audience of the first integration', `${get} --legacy`, 'kubelogin'],
    ['user name and password', `${get} --login ropc`, 'kubelogin'],
    ['a pfx file', `${get} --login spn --client-id c --client-certificate a.pfx`, 'kubelogin'],
    ['an unknown cloud', `${get} --environment AzureStackCloud`, 'kubelogin'],
    ['an unknown flag', `${get} --oidc-issuer-url x`, 'kubelogin'],
    ['a flag without its value', `${get} --tenant-id`, 'kubelogin'],
  ])('is left to the plugin with %s', (_what, line, command) => {
    expect(signIn(line, {}, command)).toBeUndefined();
  });

  it('never throws, and asks for nothing but tokens of applications', () => {
    const word = fc.constantFrom(
      ...'get-token --server-id --login spn -l -e --tenant-id= --client-id x'.split(' '),
      aksServerId,
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(word, fc.string())), (args) => {
        const found = kubeloginSignIn({ apiVersion: 'v1', command: 'kubelogin', args, env: [] }, {});
        expect(found === undefined || /^[\da-f-]{36}$/.test(found.serverId)).toBe(true);
      }),
    );
  });
});

describe('the sign-in of before the plugins', () => {
  const config = {
    'apiserver-id': aksServerId,
    'client-id': client,
    'tenant-id': tenant,
    environment: 'AzurePublicCloud',
  };

  it('is understood in the mode of AKS', () => {
    expect(azureProviderSignIn({ ...config, 'config-mode': '1' })).toEqual({
      serverId: aksServerId,
      tenantId: tenant,
      cloud: 'AzureCloud',
      as: { kind: 'caller' },
    });
  });

  it('is not where the audience begins with spn:', () => {
    expect(azureProviderSignIn(config)).toBeUndefined();
  });
});
