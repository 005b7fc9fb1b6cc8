import { describe, expect, it } from 'vitest';
import { scaleSetId } from '../../src/emulator/scenarios/machine-parts.ts';
import { clusterPath, clusterPrincipal, group, subscription, withArm } from './arm/arm-client.ts';

const pools = `${clusterPath}/agentPools`;

describe('what az asks', () => {
  it('upgrades a node image: 202 with the pool, and Location beside Azure-AsyncOperation', () =>
    withArm({ seed: { settings: { operationMs: [60_000, 60_000] } } }, async (arm) => {
      const answer = await arm.call('POST', `${pools}/nodepool1/upgradeNodeImageVersion`);
      expect(answer.status).toBe(202);
      expect(answer.body).toMatchObject({
        name: 'nodepool1',
        properties: { provisioningState: 'UpgradingNodeImageVersion' },
      });
      const location = answer.headers.get('location') ?? '';
      expect((await arm.call('GET', location)).status).toBe(202);
      expect((await arm.finish(answer)).body.status).toBe('Succeeded');
      const result = await arm.call('GET', location);
      expect(result.body).toMatchObject({
        name: 'nodepool1',
        properties: { provisioningState: 'Succeeded' },
      });
    }));

  it('adds and deletes a pool with its machines', () =>
    withArm({}, async (arm) => {
      const added = await arm.call('PUT', `${pools}/extra`, { properties: { count: 3, mode: 'User' } });
      expect([added.status, added.body.properties.provisioningState]).toEqual([201, 'Creating']);
      await arm.finish(added);
      expect((await arm.get(`${pools}/extra`)).body.properties).toMatchObject({ count: 3, osType: 'Linux' });
      const instances = await arm.get(`${scaleSetId('extra')}/virtualMachines`);
      expect(instances.body.value).toHaveLength(3);
      const deleted = await arm.call('DELETE', `${pools}/extra`);
      expect([deleted.status, deleted.headers.has('location')]).toEqual([202, true]);
      await arm.finish(deleted);
      expect((await arm.get(`${pools}/extra`)).status).toBe(404);
      expect((await arm.get(scaleSetId('extra'))).status).toBe(404);
      expect((await arm.call('DELETE', `${pools}/nodepool1`)).status).toBe(400);
    }));

  it('creates a cluster that is furnished when its operation ends, and takes all of it away again', () =>
    withArm({}, async (arm) => {
      const path = clusterPath.replace(/demo$/, 'n1');
      const created = await arm.call('PUT', path, {
        location: 'westeurope',
        identity: { type: 'SystemAssigned' },
        properties: {
          kubernetesVersion: '',
          dnsPrefix: 'n1',
          agentPoolProfiles: [{ name: 'pool', mode: 'System' }],
        },
      });
      expect(created.status).toBe(201);
      await arm.finish(created);
      const { properties, identity } = (await arm.get(path)).body;
      expect(properties.kubernetesVersion).toMatch(/^1\.\d+/);
      expect(identity.principalId).toMatch(/-/);
      const { resourceId, clientId } = properties.identityProfile.kubeletidentity;
      expect((await arm.get(resourceId)).body.properties.clientId).toBe(clientId);
      const nodeGroup = `${subscription}/resourceGroups/${properties.nodeResourceGroup}`;
      expect((await arm.get(nodeGroup)).status).toBe(200);
      const sets = await arm.get(`${nodeGroup}/providers/Microsoft.Compute/virtualMachineScaleSets`);
      expect(Object.keys(sets.body.value[0].identity.userAssignedIdentities)).toEqual([resourceId]);
      const patched = await arm.call('PATCH', sets.body.value[0].id, {
        identity: sets.body.value[0].identity,
      });
      expect(patched.status, patched.text).toBe(200);
      const deleted = await arm.call('DELETE', path);
      expect(deleted.headers.get('location')).toContain('/operationresults/');
      await arm.finish(deleted);
      expect((await arm.call('GET', deleted.headers.get('location') ?? '')).status).toBe(204);
      expect((await arm.get(nodeGroup)).status).toBe(404);
    }));

  it('keeps the URL of an issuer', () =>
    withArm({}, async (arm) => {
      const on = (document: { properties: object }) =>
        Object.assign(document.properties, { oidcIssuerProfile: { enabled: true } });
      const first = await arm.edit(on);
      const url = first.body.properties.oidcIssuerProfile.issuerURL;
      expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/[\da-f-]{36}\/[\da-f-]{36}\/$/);
      await arm.finish(first);
      expect((await arm.edit(on)).body.properties.oidcIssuerProfile.issuerURL).toBe(url);
    }));

  it('stops and starts a cluster', () =>
    withArm({}, async (arm) => {
      for (const [action, code] of [
        ['stop', 'Stopped'],
        ['start', 'Running'],
      ]) {
        const answer = await arm.call('POST', `${clusterPath}/${action}`);
        expect([answer.status, answer.headers.has('location')]).toEqual([202, true]);
        await arm.finish(answer);
        expect((await arm.get()).body.properties.powerState).toEqual({ code });
      }
    }));

  const compute = `${subscription}/providers/Microsoft.Compute`;
  it.each([
    [`${subscription}/providers`, 'Microsoft.ContainerService', 'namespace'],
    [`${subscription}/resources`, 'web', 'name'],
    [`${group}/resources`, 'demo', 'name'],
    [
      `${subscription}/resources?$filter=resourceType eq 'Microsoft.Compute/virtualMachineScaleSets'`,
      'aks-nodepool1-12345678-vmss',
      'name',
    ],
    [`${compute}/virtualMachineScaleSets`, 'aks-nodepool1-12345678-vmss', 'name'],
  ])('lists %s', (path, wanted, member) =>
    withArm({}, async (arm) => {
      const { status, body } = await arm.get(path);
      expect(status).toBe(200);
      expect(body.value.map((one: Record<string, string>) => one[member])).toContain(wanted);
    }),
  );

  it('knows of no upgrade, no virtual machine outside scale sets, and no other filter', () =>
    withArm({}, async (arm) => {
      const profile = (await arm.get(`${clusterPath}/upgradeProfiles/default`)).body.properties;
      // az looks through them, and ends with a traceback where there is no list.
      expect(profile.controlPlaneProfile).toEqual({
        kubernetesVersion: '1.33.5',
        osType: 'Linux',
        upgrades: [],
      });
      expect((await arm.get(`${compute}/virtualMachines`)).body.value).toEqual([]);
      expect((await arm.get(`${subscription}/resources?$filter=tagName eq 'a'`)).status).toBe(400);
    }));

  it('finds a resource by a path with two slashes, as az resource builds it', () =>
    withArm({}, async (arm) => {
      const doubled = clusterPath.replace('ContainerService/', 'ContainerService//');
      expect((await arm.get(doubled)).body.name).toBe('demo');
    }));

  it('names the roles of a scenario by definitions below its subscription, where az looks for them', () =>
    withArm({ scenario: 'in-use' }, async (arm) => {
      const scope = `${subscription}/providers/Microsoft.Authorization`;
      const ids = async (what: string): Promise<string[]> => {
        const { value } = (await arm.get(`${scope}/${what}`)).body;
        return value.map((one: { id: string; properties: { roleDefinitionId?: string } }) =>
          (one.properties.roleDefinitionId ?? one.id).toLowerCase(),
        );
      };
      const used = await ids('roleAssignments');
      const known = await ids('roleDefinitions');
      expect(used.length).toBeGreaterThan(0);
      expect(used.filter((id) => !known.includes(id))).toEqual([]);
    }));

  it('rotates certificates, and knows the version that new clusters get', () =>
    withArm({}, async (arm) => {
      const started = await arm.call('POST', `${clusterPath}/rotateClusterCertificates`);
      expect(started.status).toBe(202);
      expect((await arm.get(clusterPath)).body.properties.provisioningState).toBe(
        'RotatingClusterCertificates',
      );
      expect((await arm.finish(started)).body.status).toBe('Succeeded');
      const path = `${subscription}/providers/Microsoft.ContainerService/locations/westeurope/kubernetesVersions`;
      const [version] = (await arm.get(path)).body.values;
      expect(version).toMatchObject({ version: '1.33', patchVersions: { '1.33.5': { upgrades: [] } } });
    }));

  it('has no user signed in, as Microsoft Graph says it to an application', () =>
    withArm({}, async ({ emulator }) => {
      const headers = { authorization: `Bearer ${emulator.armToken}` };
      const answer = await fetch(`${emulator.url}/v1.0/me`, { headers });
      expect(answer.status).toBe(400);
      expect(await answer.text()).toContain('only valid with delegated authentication flow');
    }));

  it('finds the endpoints of the cloud without a token, beside the metadata of machines', () =>
    withArm({}, async ({ emulator }) => {
      const answer = await fetch(`${emulator.url}/metadata/endpoints?api-version=2022-09-01`);
      expect(await answer.json()).toMatchObject({
        resourceManager: emulator.url,
        authentication: { loginEndpoint: emulator.url, audiences: [emulator.url] },
      });
    }));

  it.each([
    [
      "servicePrincipals?$filter=servicePrincipalNames/any(c:c eq '00000000-0000-4000-8000-0000c11e0001')",
      'web',
    ],
    ["servicePrincipals?$filter=displayName eq 'web'", 'web'],
    ["users?$filter=userPrincipalName eq 'a'", undefined],
  ])('asks Graph for %s', (path, name) =>
    withArm({}, async (arm) => {
      const { body } = await arm.call('GET', `/v1.0/${path}`, undefined, { apiVersion: null });
      expect(body.value[0]?.displayName).toBe(name);
    }),
  );

  it('asks Graph by ids, which wants a token', () =>
    withArm({}, async (arm) => {
      const body = { ids: [clusterPrincipal], types: ['servicePrincipal'] };
      const path = '/v1.0/directoryObjects/getByIds';
      const found = await arm.call('POST', path, body, { apiVersion: null });
      expect(found.body.value).toMatchObject([{ id: clusterPrincipal, displayName: 'demo' }]);
      const headers = { authorization: '' };
      expect((await arm.call('POST', path, body, { apiVersion: null, headers })).status).toBe(401);
    }));
});
