import { describe, expect, it } from 'vitest';
import { startEmulator } from '../../src/emulator/start-emulator.ts';
import {
  type Answer,
  type ArmClient,
  client,
  clusterPath,
  clusterPrincipal,
  group,
  identityPath,
  subscription,
  withArm,
} from './arm/arm-client.ts';

interface Fact {
  readonly title: string;
  readonly scenario?: string;
  readonly run: (arm: ArmClient) => Promise<void>;
}

function entries(answer: Answer): { name: string; provisioningState: string }[] {
  return answer.body.properties.podIdentityProfile.userAssignedIdentities ?? [];
}

function refused(answer: Answer, status: number, code: string): void {
  expect({ status: answer.status, code: answer.body?.code ?? answer.body?.error?.code }).toEqual({
    status,
    code,
  });
}

async function added(arm: ArmClient, name = 'web'): Promise<void> {
  await arm.grant(name);
  expect((await arm.finish(await arm.addEntry(name))).body.status).toBe('Succeeded');
}

/** Facts of the recorded service, each run against an emulator of its own. */
const facts: readonly Fact[] = [
  {
    title: 'asks for a token, and for one that it issued',
    run: async (arm) => {
      refused(
        await arm.call('GET', clusterPath, undefined, { headers: { authorization: '' } }),
        401,
        'AuthenticationFailed',
      );
      const wrong = { headers: { authorization: 'Bearer x.y.z' } };
      refused(await arm.call('GET', clusterPath, undefined, wrong), 401, 'InvalidAuthenticationToken');
    },
  },
  {
    title: 'asks for an api-version, and for one that reads like one',
    run: async (arm) => {
      refused(
        await arm.call('GET', clusterPath, undefined, { apiVersion: null }),
        400,
        'MissingApiVersionParameter',
      );
      refused(
        await arm.call('GET', clusterPath, undefined, { apiVersion: 'newest' }),
        400,
        'InvalidApiVersionParameter',
      );
    },
  },
  {
    title: 'tells which api-versions there are when it does not know one',
    run: async (arm) => {
      arm.emulator.seed({ settings: { clusterApiVersions: ['2025-10-01', '2024-09-01'] } });
      const answer = await arm.get();
      refused(answer, 400, 'NoRegisteredProviderFound');
      expect(answer.body.error.message).toContain('2025-10-01, 2024-09-01');
      const provider = await arm.get(`${subscription}/providers/Microsoft.ContainerService`);
      expect(provider.body.resourceTypes[0].apiVersions).toEqual(['2025-10-01', '2024-09-01']);
    },
  },
  {
    title: 'wraps the errors of ARM itself',
    run: async (arm) => {
      const missing = await arm.get(
        clusterPath.replace('/demo', '/other').replace('managedClusters/demo', 'managedClusters/x'),
      );
      expect(missing.status).toBe(404);
      expect(missing.body.error.code).toMatch(/^Resource(Group)?NotFound$/);
      refused(
        await arm.get(
          `${group.replace('demo-rg', 'no-rg')}/providers/Microsoft.ContainerService/managedClusters/x`,
        ),
        404,
        'ResourceGroupNotFound',
      );
      refused(
        await arm.get('/subscriptions/00000000-0000-4000-8000-00000000ffff'),
        404,
        'SubscriptionNotFound',
      );
    },
  },
  {
    title: 'writes ids with resourcegroups in lower case and the type with a capital',
    run: async (arm) => {
      const { body } = await arm.get();
      expect(body.id).toContain('/resourcegroups/');
      expect(body.type).toBe('Microsoft.ContainerService/ManagedClusters');
    },
  },
  {
    title: 'answers an added entry as Updating, then as Assigned',
    run: async (arm) => {
      await arm.grant('web');
      const put = await arm.addEntry('web');
      expect([put.status, put.body.properties.provisioningState]).toEqual([200, 'Updating']);
      expect(entries(put)[0]?.provisioningState).toBe('Updating');
      await arm.finish(put);
      const after = await arm.get();
      expect([after.body.properties.provisioningState, entries(after)[0]?.provisioningState]).toEqual([
        'Succeeded',
        'Assigned',
      ]);
    },
  },
  {
    title: 'answers a deleted entry as Deleting, then without it, and never an empty list',
    run: async (arm) => {
      await added(arm);
      const put = await arm.edit((document) => {
        document.properties.podIdentityProfile.userAssignedIdentities = [];
      });
      expect(entries(put).map((one) => one.provisioningState)).toEqual(['Deleting']);
      await arm.finish(put);
      expect((await arm.get()).body.properties.podIdentityProfile).toEqual({ enabled: true });
    },
  },
  {
    title: 'answers a profile that is off as an empty object',
    run: async (arm) => {
      await added(arm);
      await arm.finish(
        await arm.edit((document) => {
          document.properties.podIdentityProfile = { enabled: false };
        }),
      );
      expect((await arm.get()).body.properties.podIdentityProfile).toEqual({});
    },
  },
  {
    title: 'takes the add-on away when the profile is left out',
    run: async (arm) => {
      await arm.finish(
        await arm.edit((document) => {
          delete document.properties.podIdentityProfile;
        }),
      );
      expect((await arm.get()).body.properties).not.toHaveProperty('podIdentityProfile');
    },
  },
  {
    title: 'sorts pod labels and keeps the casing of ids',
    run: async (arm) => {
      await arm.grant('web');
      const shouted = identityPath('web').replace('demo-rg', 'DEMO-RG');
      const put = await arm.edit((document) => {
        document.properties.podIdentityProfile.userAssignedIdentityExceptions = [
          { name: 'legacy', namespace: 'demo', podLabels: { foo: 'bar', a: 'b' } },
        ];
        document.properties.podIdentityProfile.userAssignedIdentities = [
          { name: 'web', namespace: 'demo', identity: { resourceId: shouted } },
        ];
      });
      const profile = put.body.properties.podIdentityProfile;
      expect(JSON.stringify(profile.userAssignedIdentityExceptions[0].podLabels)).toBe(
        '{"a":"b","foo":"bar"}',
      );
      expect(profile.userAssignedIdentities[0].identity.resourceId).toBe(shouted);
    },
  },
  {
    title: 'creates with 201, follows its own URL, and ends with defaults',
    run: async (arm) => {
      const path = clusterPath.replace(/demo$/, 'fresh');
      const put = await arm.call('PUT', path, {
        location: 'westeurope',
        identity: { type: 'SystemAssigned' },
        properties: { dnsPrefix: 'fresh', agentPoolProfiles: [{ name: 'p', count: 1 }] },
      });
      expect([put.status, put.body.properties.provisioningState]).toEqual([201, 'Creating']);
      await arm.finish(put);
      const { body } = await arm.get(path);
      expect(body.properties.provisioningState).toBe('Succeeded');
      expect(body.identity.principalId).toMatch(/^[0-9a-f-]{36}$/);
    },
  },
  {
    title: 'deletes with 202 and is gone at the end',
    run: async (arm) => {
      const gone = await arm.call('DELETE', clusterPath);
      expect(gone.status).toBe(202);
      await arm.finish(gone);
      refused(await arm.get(), 404, 'ResourceNotFound');
      expect((await arm.call('DELETE', clusterPath)).status).toBe(204);
    },
  },
  {
    title: 'takes polls only with the signed query, byte for byte',
    run: async (arm) => {
      arm.emulator.seed({ settings: { operationPolls: 0, operationMs: [60_000, 60_000] } });
      const put = await arm.edit(() => {});
      const url = put.headers.get('azure-asyncoperation') ?? '';
      expect(url).toMatch(/\?api-version=2025-03-01&t=.*&c=.*%2B%3D&s=.*%3D&h=/);
      expect(url.length).toBeGreaterThan(2000);
      refused(await arm.call('GET', decodeURIComponent(url)), 403, 'AuthorizationFailed');
      refused(await arm.call('GET', url.replaceAll('%2B', '%2b')), 403, 'AuthorizationFailed');
      const poll = await arm.call('GET', url);
      expect([poll.status, poll.body.status, poll.headers.get('retry-after')]).toEqual([
        200,
        'ReconcilingAddons',
        null,
      ]);
      expect((await arm.call('GET', url)).body.status).toBe('CreatingAgentPools: 1/3 nodes completed');
      arm.emulator.clock.advance(60_000);
      expect((await arm.call('GET', url)).body.status).toBe('Succeeded');
    },
  },
  {
    title: 'sends Retry-After when it is set to',
    run: async (arm) => {
      arm.emulator.seed({ settings: { retryAfterSec: 7 } });
      expect((await arm.edit(() => {})).headers.get('retry-after')).toBe('7');
    },
  },
  {
    title: 'refuses PUT, PATCH and DELETE while an operation runs',
    run: async (arm) => {
      arm.emulator.seed({ settings: { operationPolls: 0, operationMs: [60_000, 60_000] } });
      await arm.edit(() => {});
      refused(await arm.edit(() => {}), 409, 'OperationNotAllowed');
      refused(await arm.call('PATCH', clusterPath, { tags: {} }), 409, 'OperationNotAllowed');
      refused(await arm.call('DELETE', clusterPath), 409, 'OperationNotAllowed');
    },
  },
  {
    title: 'changes tags alone by PATCH',
    run: async (arm) => {
      expect((await arm.call('PATCH', clusterPath, { tags: { a: 'b' } })).body.tags).toEqual({ a: 'b' });
      refused(await arm.call('PATCH', clusterPath, { properties: {} }), 400, 'BadRequest');
    },
  },
  {
    title: 'changes the tags of cluster and pools with every operation, and hides them from old api-versions',
    run: async (arm) => {
      const tags = async () => {
        const { body } = await arm.get();
        return [body.eTag, body.properties.agentPoolProfiles[0].eTag];
      };
      const before = await tags();
      expect(before.every((tag) => typeof tag === 'string')).toBe(true);
      await arm.finish(await arm.edit(() => {}));
      const after = await tags();
      expect(after.some((tag) => before.includes(tag))).toBe(false);
      const old = await arm.call('GET', clusterPath, undefined, { apiVersion: '2023-11-01' });
      expect(old.text).not.toContain('eTag');
    },
  },
  {
    title: 'judges If-Match and If-None-Match',
    run: async (arm) => {
      const { body } = await arm.get();
      const withIf = (headers: Record<string, string>) => arm.edit(() => {}, headers);
      refused(await withIf({ 'if-match': 'a', 'if-none-match': '*' }), 400, 'BadRequest');
      refused(await withIf({ 'if-none-match': 'a' }), 400, 'BadRequest');
      refused(await withIf({ 'if-none-match': '*' }), 412, 'PreconditionFailed');
      refused(await withIf({ 'if-match': 'stale' }), 412, 'PreconditionFailed');
      const other = clusterPath.replace(/demo$/, 'other');
      refused(
        await arm.call('PUT', other, { location: 'x' }, { headers: { 'if-match': '*' } }),
        412,
        'PreconditionFailed',
      );
      const right = await withIf({ 'if-match': body.eTag });
      expect(right.status).toBe(200);
      await arm.finish(right);
      expect((await withIf({ 'if-match': '*' })).status).toBe(200);
    },
  },
  {
    title: 'hands out no tags in the world without them',
    scenario: 'no-etag',
    run: async (arm) => {
      expect((await arm.get()).text).not.toContain('eTag');
    },
  },
  {
    title: 'refuses identities in the creating PUT',
    run: async (arm) => {
      const { body } = await arm.get();
      body.properties.podIdentityProfile.userAssignedIdentities = [
        { name: 'web', namespace: 'demo', identity: { resourceId: identityPath('web') } },
      ];
      delete body.eTag;
      const put = await arm.call('PUT', clusterPath.replace(/demo$/, 'new'), body);
      refused(put, 400, 'PodIdentityAddonUserAssignedIdentitiesNotAllowedInCreation');
    },
  },
  {
    title: 'computes the assignment error from its own roles, for every listed entry',
    run: async (arm) => {
      refused(await arm.addEntry('web'), 400, 'PodIdentityAddonIdentitiesAssignmentError');
      await added(arm);
      const answer = await arm.addEntry('jobs');
      refused(answer, 400, 'PodIdentityAddonIdentitiesAssignmentError');
      expect(answer.body.message).toContain(identityPath('jobs'));
      expect(answer.body.message).not.toContain(identityPath('web'));
      await arm.call('DELETE', identityPath('web'));
      const blocked = await arm.edit(() => {});
      refused(blocked, 400, 'PodIdentityAddonIdentitiesAssignmentError');
      expect(blocked.body.message).toContain(identityPath('web'));
    },
  },
  {
    title: 'lets a grant count only after its delay',
    run: async (arm) => {
      arm.emulator.seed({ settings: { rolePropagationMs: 30_000 } });
      await arm.grant('web');
      refused(await arm.addEntry('web'), 400, 'PodIdentityAddonIdentitiesAssignmentError');
      arm.emulator.clock.advance(30_000);
      expect((await arm.addEntry('web')).status).toBe(200);
    },
  },
  {
    title: 'overlooks a grant for as many PUTs as it is set to',
    run: async (arm) => {
      arm.emulator.seed({ settings: { rolePropagationPuts: 2 } });
      await arm.grant('web');
      const answers = [await arm.addEntry('web'), await arm.addEntry('web'), await arm.addEntry('web')];
      expect(answers.map((one) => one.status)).toEqual([400, 400, 200]);
    },
  },
  {
    title: 'unblocks the cluster once the dead entry goes',
    scenario: 'gone-identity',
    run: async (arm) => {
      refused(await arm.edit(() => {}), 400, 'PodIdentityAddonIdentitiesAssignmentError');
      const put = await arm.edit((document) => {
        document.properties.podIdentityProfile.userAssignedIdentities.pop();
      });
      expect(put.status).toBe(200);
    },
  },
  {
    title: 'refuses more than 200 entries',
    scenario: 'full',
    run: async (arm) => refused(await arm.addEntry('app-201'), 400, 'BadRequest'),
  },
  {
    title: 'refuses names that are no DNS names',
    run: async (arm) => {
      await arm.grant('web');
      for (const name of ['Web', 'web_1', '-web', '']) {
        refused(await arm.addEntry('web', { name }), 400, 'BadRequest');
      }
    },
  },
  {
    title: 'refuses the same name for another identity, also while the old entry is Failed',
    scenario: 'failed-entry',
    run: async (arm) => {
      const web = identityPath('web');
      const put = await arm.edit((document) => {
        document.properties.podIdentityProfile.userAssignedIdentities[1].identity = { resourceId: web };
      });
      refused(put, 400, 'BadRequest');
    },
  },
  {
    title: 'wants the feature registered, and its provider registered again after',
    scenario: 'unregistered',
    run: async (arm) => {
      const enable = () =>
        arm.edit((document) => {
          document.properties.podIdentityProfile = { enabled: true };
        });
      const feature = `${subscription}/providers/Microsoft.Features/providers/Microsoft.ContainerService/features/EnablePodIdentityPreview`;
      refused(await enable(), 400, 'PodIdentityAddonFeatureFlagNotEnabled');
      expect((await arm.call('POST', `${feature}/register`)).body.properties.state).toBe('Registering');
      expect((await arm.get(feature)).body.properties.state).toBe('Registered');
      refused(await enable(), 400, 'PodIdentityAddonFeatureFlagNotEnabled');
      await arm.call('POST', `${subscription}/providers/Microsoft.ContainerService/register`);
      expect((await enable()).status).toBe(200);
    },
  },
  {
    title: 'wants consent on kubenet, and can forbid it altogether',
    scenario: 'kubenet',
    run: async (arm) => {
      const enable = (consent: object) =>
        arm.edit((document) => {
          document.properties.podIdentityProfile = { enabled: true, ...consent };
        });
      refused(await enable({}), 400, 'PodIdentityAddonWithKubeNetNeedsConsent');
      const put = await enable({ allowNetworkPluginKubenet: true });
      expect(put.body.properties.podIdentityProfile.allowNetworkPluginKubenet).toBe(true);
      await arm.finish(put);
      arm.emulator.seed({ settings: { kubenetAllowed: false } });
      refused(
        await enable({ allowNetworkPluginKubenet: true }),
        400,
        'PodIdentityAddonWithKubeNetNotAllowed',
      );
    },
  },
  {
    title: 'refuses pod identity on a service-principal cluster',
    scenario: 'service-principal',
    run: async (arm) => {
      const put = await arm.edit((document) => {
        document.properties.podIdentityProfile = { enabled: true };
      });
      refused(put, 400, 'BadRequest');
    },
  },
  {
    title: 'keeps members nobody knows, to the spelling of their numbers',
    scenario: 'preview-fields',
    run: async (arm) => {
      const before = (await arm.get()).text;
      expect(before).toContain('"budget":12345678901234567890');
      const put = await arm.call(
        'PUT',
        clusterPath,
        before.replace(/"eTag":"[^"]*",?/g, '').replace(/,}/g, '}'),
      );
      expect(put.status).toBe(200);
      await arm.finish(put);
      const after = (await arm.get()).text;
      const plain = (text: string) =>
        text.replace(/"(eTag|provisioningState)":"[^"]*",?/g, '').replace(/,}/g, '}');
      expect(plain(after)).toContain(
        '"futureProfile":{"mode":"Later","budget":12345678901234567890,"ratio":null,"list":[]}',
      );
      expect(plain(after)).toContain('"level":1.0');
      expect(plain(after)).toContain('"futureOption":[1e2]');
    },
  },
  {
    title: 'ignores read-only members in a PUT, or refuses them when it is set to',
    run: async (arm) => {
      const put = await arm.edit((document) => {
        document.properties.fqdn = 'other';
        document.properties.provisioningState = 'Failed';
      });
      expect(put.body.properties.fqdn).toBe('demo-dns-1a2b3c4d.hcp.westeurope.azmk8s.io');
      await arm.finish(put);
      arm.emulator.seed({ settings: { readOnlyMembers: 'refuse' } });
      refused(await arm.edit(() => {}), 400, 'InvalidParameter');
    },
  },
  {
    title: 'refuses a stale eTag in the body',
    run: async (arm) => {
      const put = await arm.edit((document) => {
        document.properties.agentPoolProfiles[0].eTag = 'stale';
      });
      refused(put, 409, 'EtagMismatch');
    },
  },
  {
    title: 'gives the control plane its new principal, unknown to the directory for a while',
    run: async (arm) => {
      const put = await arm.edit((document) => {
        document.identity = { type: 'UserAssigned', userAssignedIdentities: { [identityPath('jobs')]: {} } };
      });
      const [assigned] = Object.values(put.body.identity.userAssignedIdentities) as { principalId: string }[];
      expect(assigned?.principalId).toMatch(/b1e0002$/);
      await arm.finish(put);
      const back = await arm.edit((document) => {
        document.identity = { type: 'SystemAssigned' };
      });
      const { principalId } = back.body.identity;
      expect(principalId).not.toBe(clusterPrincipal);
      const assign = (more: object) =>
        arm.call(
          'PUT',
          `${identityPath('web')}/providers/Microsoft.Authorization/roleAssignments/${crypto.randomUUID()}`,
          {
            properties: { roleDefinitionId: 'x/f1a07417-d97a-45cb-824c-7a7467783830', principalId, ...more },
          },
        );
      for (let attempt = 0; attempt < 3; attempt += 1) {
        refused(await assign({}), 400, 'PrincipalNotFound');
      }
      expect((await assign({})).status).toBe(201);
    },
  },
  {
    title: 'lists role assignments at scope, of groups too, with management groups and no look-alike scopes',
    run: async (arm) => {
      const group7 = '00000000-0000-4000-8000-000000000007';
      const at = (scope: string, principalId = clusterPrincipal) => ({
        scope,
        role: 'Managed Identity Operator',
        principalId,
      });
      arm.emulator.seed({
        groups: [{ objectId: group7, members: [clusterPrincipal] }],
        roleAssignments: [
          at('/providers/Microsoft.Management/managementGroups/root'),
          at('/providers/Microsoft.Management/managementGroups/elsewhere'),
          at(`${subscription}/resourceGroups/demo-r`),
          at(group, group7),
          at(`${identityPath('web')}/more`),
          at('/', '00000000-0000-4000-8000-000000000008'),
        ],
      });
      const list = async (filter: string) => {
        const path = `${identityPath('web')}/providers/Microsoft.Authorization/roleAssignments?$filter=${encodeURIComponent(filter)}`;
        const { body } = await arm.get(path);
        return body.value.map((one: { properties: { scope: string } }) => one.properties.scope).sort();
      };
      const mg = '/providers/Microsoft.Management/managementGroups/root';
      expect(await list(`atScope() and assignedTo('${clusterPrincipal}')`)).toEqual([mg, group]);
      expect(await list('atScope()')).toEqual(['/', mg, group]);
      expect(await list(`principalId eq '${clusterPrincipal}'`)).toEqual([mg, `${identityPath('web')}/more`]);
    },
  },
  {
    title: 'knows a role by its name, and refuses assignments twice or changed',
    run: async (arm) => {
      const { body } = await arm.get(
        `${identityPath('web')}/providers/Microsoft.Authorization/roleDefinitions?$filter=${encodeURIComponent("roleName eq 'Managed Identity Operator'")}`,
      );
      expect(body.value.map((one: { name: string }) => one.name)).toEqual([
        'f1a07417-d97a-45cb-824c-7a7467783830',
      ]);
      const path = `${identityPath('web')}/providers/Microsoft.Authorization/roleAssignments`;
      const properties = { roleDefinitionId: body.value[0].id, principalId: clusterPrincipal };
      const name = crypto.randomUUID();
      expect((await arm.call('PUT', `${path}/${name}`, { properties })).status).toBe(201);
      refused(await arm.call('PUT', `${path}/${name}`, { properties }), 409, 'RoleAssignmentExists');
      refused(
        await arm.call('PUT', `${path}/${crypto.randomUUID()}`, { properties }),
        409,
        'RoleAssignmentExists',
      );
      const other = { ...properties, principalId: crypto.randomUUID(), principalType: 'ServicePrincipal' };
      refused(
        await arm.call('PUT', `${path}/${name}`, { properties: other }),
        409,
        'RoleAssignmentUpdateNotPermitted',
      );
      expect((await arm.call('DELETE', `${path}/${name}`)).status).toBe(200);
      expect((await arm.call('DELETE', `${path}/${name}`)).status).toBe(204);
    },
  },
  {
    title: 'creates, updates, lists and deletes identities',
    run: async (arm) => {
      const path = identityPath('fresh');
      const made = await arm.call('PUT', path, { location: 'westeurope' }, { apiVersion: '2024-11-30' });
      expect([made.status, typeof made.body.properties.clientId]).toEqual([201, 'string']);
      const again = await arm.call('PUT', path, { location: 'westeurope', tags: { a: 'b' } });
      expect([again.status, again.body.properties.clientId]).toEqual([200, made.body.properties.clientId]);
      const names = async (scope: string) => {
        const { body } = await arm.get(`${scope}/providers/Microsoft.ManagedIdentity/userAssignedIdentities`);
        return body.value.map((one: { name: string }) => one.name);
      };
      expect(await names(group)).toEqual(['web', 'jobs', 'fresh']);
      expect(await names(subscription)).toEqual(['web', 'jobs', 'demo-agentpool', 'fresh']);
      expect([(await arm.call('DELETE', path)).status, (await arm.call('DELETE', path)).status]).toEqual([
        200, 204,
      ]);
      refused(await arm.get(path), 404, 'ResourceNotFound');
    },
  },
  {
    title: 'pages its lists',
    run: async (arm) => {
      arm.emulator.seed({ settings: { pageSize: 1 } });
      const first = await arm.get(`${group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities`);
      const second = await arm.call('GET', first.body.nextLink);
      expect([first.body.value[0].name, second.body.value[0].name, second.body.nextLink]).toEqual([
        'web',
        'jobs',
        undefined,
      ]);
    },
  },
  {
    title: 'hands out a kubeconfig for its own Kubernetes paths',
    run: async (arm) => {
      const { body } = await arm.call('POST', `${clusterPath}/listClusterUserCredential`);
      const text = Buffer.from(body.kubeconfigs[0].value, 'base64').toString();
      expect(text).toContain(`server: ${arm.emulator.url.replace('http:', 'https:')}`);
      const token = /token: "([^"]+)"/.exec(text)?.[1];
      const namespace = await fetch(`${arm.emulator.url}/api/v1/namespaces/demo`, {
        headers: { authorization: `Bearer ${token}` },
      });
      expect(namespace.status).toBe(200);
      expect((await fetch(`${arm.emulator.url}/api/v1/namespaces/demo`)).status).toBe(401);
    },
  },
  {
    title: 'knows subscriptions, tenants and groups',
    run: async (arm) => {
      expect((await arm.get('/subscriptions')).body.value[0].tenantId).toBe(
        '00000000-0000-4000-8000-00000000aaaa',
      );
      expect((await arm.get('/tenants')).body.value).toHaveLength(1);
      expect((await arm.get(group)).body.location).toBe('westeurope');
      expect((await arm.call('PUT', `${subscription}/resourceGroups/more`, { location: 'x' })).status).toBe(
        201,
      );
      expect((await arm.get(`${subscription}/resourceGroups`)).body.value).toHaveLength(3);
    },
  },
];

describe('the emulated ARM', () => {
  it.each(facts)('$says', ({ run, scenario }) => withArm({ scenario: scenario ?? 'default' }, run));

  it('answers 404 under paths it does not know, and remembers them', async () => {
    await using emulator = await startEmulator();
    refused(
      await client(emulator).get(`${group}/providers/Microsoft.Compute/disks/d`),
      404,
      'InvalidResourceType',
    );
    expect(emulator.requests.map((one) => one.unexpected)).toEqual([true]);
  });

  it('lets 100 clients with If-Match change one cluster, and loses nothing', async () => {
    const seed = { settings: { operationMs: [2, 5] } };
    await withArm({ scenario: 'two-hundred', seed }, async (arm) => {
      const names = Array.from({ length: 100 }, (_, index) => `app-${index + 1}`);
      await Promise.all(names.map((name) => addUntilDone(arm, name)));
      await arm.finish(
        await arm.edit(() => {}).then(async (put) => (put.status === 200 ? put : untilIdle(arm))),
      );
      expect(
        entries(await arm.get())
          .map((one) => one.name)
          .sort(),
      ).toEqual([...names].sort());
    });
  });
});

async function untilIdle(arm: ArmClient): Promise<Answer> {
  for (;;) {
    const put = await arm.edit(() => {});
    if (put.status === 200) {
      return put;
    }
  }
}

async function addUntilDone(arm: ArmClient, name: string): Promise<void> {
  for (;;) {
    const { body } = await arm.get();
    const tag = body.eTag;
    for (const pool of body.properties.agentPoolProfiles) {
      delete pool.eTag;
    }
    const profile = body.properties.podIdentityProfile;
    profile.userAssignedIdentities = [
      ...(profile.userAssignedIdentities ?? []),
      { name, namespace: 'demo', identity: { resourceId: identityPath(name) } },
    ];
    const put = await arm.call('PUT', clusterPath, body, { headers: { 'if-match': tag } });
    if (put.status === 200) {
      await arm.finish(put);
      return;
    }
    expect([409, 412]).toContain(put.status);
  }
}
