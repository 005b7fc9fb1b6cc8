import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { objectsShape } from '../../../src/cli/results/result-shapes.ts';
import type { Cluster } from '../../../src/domain/clusters/cluster.ts';
import type { PodIdentity } from '../../../src/domain/entries/pod-identity.ts';
import { identityId, lastError, run, subscriptionId } from '../fake-context.ts';

const web: PodIdentity = {
  namespace: 'shop',
  name: 'web',
  bindingSelector: 'web',
  identity: { resourceId: identityId, clientId: 'client-1', objectId: 'object-1' },
  provisioningState: 'Assigned',
};
const broken: PodIdentity = {
  ...web,
  namespace: 'bank',
  name: 'pay',
  bindingSelector: 'money',
  provisioningState: 'Failed',
  error: { code: 'Gone', message: 'no such \u001b[31midentity' },
};

const cluster: Cluster = {
  id: { subscriptionId, resourceGroup: 'demo', name: 'demo' },
  resourceId: `/subscriptions/${subscriptionId}/resourcegroups/demo/providers/Microsoft.ContainerService/managedClusters/demo`,
  location: 'westeurope',
  provisioningState: 'Succeeded',
  networkPlugin: 'azure',
  eTag: 'e-1',
  identity: { type: 'SystemAssigned', principalId: 'principal-1', userAssigned: [] },
  pools: [{ name: 'a', osType: 'Linux', type: 'VirtualMachineScaleSets' }],
  profile: {
    enabled: true,
    allowNetworkPluginKubenet: false,
    identities: [web, broken],
    exceptions: [{ namespace: 'shop', name: 'old', podLabels: { app: 'old', tier: 'x' } }],
  },
  document:
    '{"id":"x","name":"demo","location":"westeurope","properties":{"provisioningState":"Succeeded","podIdentityProfile":{"enabled":true}}}',
};

const where = `-g demo -c demo --subscription ${subscriptionId}`;

describe('a result', () => {
  it('is JSON in a pipe, members in the documented order', async () => {
    const ran = await run(`list ${where}`, { cluster });
    expect(ran).toMatchObject({ exitCode: 0, stderr: '', requests: ['GET demo/demo'] });
    expect(ran.stdout).toBe(
      `${JSON.stringify(
        [web, broken].map(({ name, namespace, bindingSelector, identity, provisioningState, error }) => ({
          name,
          namespace,
          bindingSelector,
          identity,
          provisioningState,
          error,
        })),
        null,
        2,
      )}\n`,
    );
  });

  it('is a table on a terminal', async () => {
    const ran = await run(`list ${where}`, { cluster, terminal: true });
    expect(stripVTControlCharacters(ran.stdout)).toMatchInlineSnapshot(`
      "NAME   NAMESPACE   SELECTOR   CLIENT-ID   STATE
      web    shop        web        client-1    Assigned
      pay    bank        money      client-1    Failed

      bank/pay: Gone: no such \\u001b[31midentity
      1 of 2 pod identities is not assigned.
      "
    `);
  });

  it('has states in colour on a terminal, unless they are unwanted', async () => {
    const coloured = (await run(`list ${where}`, { cluster, terminal: true })).stdout;
    expect(coloured).toContain('\u001b[32mAssigned\u001b[39m');
    expect(coloured).toContain('\u001b[31mFailed\u001b[39m');
    const plain = await run(`list ${where} --no-color`, { cluster, terminal: true });
    expect(plain.stdout).toBe(stripVTControlCharacters(coloured));
  });

  it('is under --problems what is not assigned', async () => {
    const listed = await run(`list ${where} --problems -o tsv --query [].name`, { cluster });
    expect(listed.stdout).toBe('pay\n');
    const none = await run(`list ${where} --problems --namespace shop -o table`, { cluster });
    expect(none).toMatchObject({ exitCode: 0, stderr: 'No problem is known of 1 pod identity.\n' });
  });

  it('fits a narrow terminal by its widest columns', async () => {
    const ran = await run(`show ${where} --namespace shop --name web --query identity --no-color`, {
      cluster,
      terminal: true,
      columns: 60,
    });
    for (const line of ran.stdout.split('\n')) {
      expect(line.length).toBeLessThanOrEqual(60);
    }
    expect(ran.stdout).toContain('…');
    expect(ran.stdout).toContain('object-1');
  });

  it('shows the projection of a query as a table', async () => {
    const ran = await run(
      [...`list ${where} -o table --query`.split(' '), '[].{Who: name, State: provisioningState}'],
      {
        cluster,
      },
    );
    expect(ran.stdout).toBe('WHO   STATE\nweb   Assigned\npay   Failed\n');
  });

  it('is tab-separated as az has it', async () => {
    const query = (text: string) => run([...`list ${where} -o tsv --query`.split(' '), text], { cluster });
    expect((await query('[].name')).stdout).toBe('web\npay\n');
    expect((await query('[0].name')).stdout).toBe('web\n');
    expect((await query('[].[name, namespace, error.code, identity, [name, namespace]]')).stdout).toBe(
      'web\tshop\t\t\t2\npay\tbank\tGone\t\t2\n',
    );
    expect((await query('nothing')).stdout).toBe('\n');
  });

  it('is YAML', async () => {
    const ran = await run(`exception show ${where} --namespace shop --name old -o yaml`, { cluster });
    expect(ran.stdout).toBe('name: old\nnamespace: shop\npodLabels:\n  app: old\n  tier: x\n');
  });

  it('is nothing with none', async () => {
    expect((await run(`list ${where} -o none`, { cluster })).stdout).toBe('');
  });

  it('has the format of PODID_OUTPUT, and of --output before it', async () => {
    const env = { PODID_OUTPUT: 'none' };
    expect((await run(`exception list ${where}`, { cluster, env })).stdout).toBe('');
    expect((await run(`exception list ${where} -o tsv`, { cluster, env })).stdout).toBe(
      'old\tshop\tapp=old tier=x\n',
    );
  });

  it('is the whole cluster in the shape of az with --raw-cluster', async () => {
    const ran = await run(`list ${where} --raw-cluster --query podIdentityProfile.enabled`, { cluster });
    expect(ran.stdout).toBe('true\n');
    const whole = await run(`list ${where} --raw-cluster`, { cluster });
    expect(JSON.parse(whole.stdout)).toEqual({
      id: 'x',
      name: 'demo',
      location: 'westeurope',
      provisioningState: 'Succeeded',
      podIdentityProfile: { enabled: true },
      resourceGroup: 'demo',
    });
  });

  it('of status has all that the contract names', async () => {
    const ran = await run(`status ${where}`, { cluster });
    expect(JSON.parse(ran.stdout)).toEqual({
      enabled: true,
      allowNetworkPluginKubenet: false,
      networkPlugin: 'azure',
      clusterIdentity: { type: 'SystemAssigned', principalId: 'principal-1' },
      identities: 2,
      exceptions: 1,
      limit: 200,
      provisioningState: 'Succeeded',
      eTag: 'e-1',
      mode: 'addon',
      feature: null,
      failed: [
        { namespace: 'bank', name: 'pay', error: { code: 'Gone', message: 'no such \u001b[31midentity' } },
      ],
      states: { Assigned: 1, Failed: 1 },
    });
    const table = (await run(`status ${where} -o table`, { cluster })).stdout;
    expect(table).toContain('2 of 200 (1 Assigned, 1 Failed)');
    expect(table).toMatch(/^failed +bank\/pay: Gone: no such/m);
    expect(table).toMatch(/^mode +addon$/m);
  });

  it('lets no text of a server steer the terminal', async () => {
    const ran = await run([...`list ${where} -o table --query`.split(' '), '[].error.message'], { cluster });
    expect(ran.stdout).not.toContain('\u001b');
  });

  it('is narrowed to a namespace', async () => {
    const ran = await run(`list ${where} --namespace bank --query [].name`, { cluster });
    expect(JSON.parse(ran.stdout)).toEqual(['pay']);
  });
});

describe('the cluster', () => {
  const env = {
    PODID_RESOURCE_GROUP: 'rg',
    PODID_CLUSTER_NAME: 'aks',
    AZURE_SUBSCRIPTION_ID: subscriptionId,
  };

  it('is named by the environment where flags are silent', async () => {
    expect((await run('list', { cluster, env })).requests).toEqual(['GET rg/aks']);
    expect((await run('list -g other', { cluster, env })).requests).toEqual(['GET other/aks']);
  });

  it('is named by its whole id instead', async () => {
    const ran = await run(`list --cluster-id ${cluster.resourceId.replace('/demo/', '/mine/')}`, {
      cluster,
      env,
    });
    expect(ran.requests).toEqual(['GET mine/demo']);
  });

  it('takes group and subscription from the files of az at last', async () => {
    const azDefaults = async () => ({ resourceGroup: 'of-az', subscriptionId });
    const ran = await run('list -c aks', {
      cluster,
      env: { PODID_RESOURCE_GROUP: '' },
      context: { azDefaults },
    });
    expect(ran.requests).toEqual(['GET of-az/aks']);
  });

  it('needs no kubeconfig where its own API is not asked', async () => {
    const checked: string[] = [];
    const checkKubeconfig = async (path: string) => void checked.push(path);
    const lab = { ...env, PODID_ARM_ENDPOINT: 'http://127.0.0.1:1', KUBECONFIG: '/lab' };
    await run('list', { cluster, env: lab, context: { checkKubeconfig } });
    await run('status', { cluster, env: lab, context: { checkKubeconfig } });
    expect(checked).toEqual([]);
    await run('status --drift', { cluster, env: lab, context: { checkKubeconfig } });
    expect(checked).toEqual(['/lab']);
    await run('status --drift', { cluster, env: { ...lab, KUBECONFIG: ':' }, context: { checkKubeconfig } });
    expect(checked).toEqual(['/lab']);
  });

  it('is not chosen by a KUBECONFIG that may lead to another one', async () => {
    const checked: string[] = [];
    const checkKubeconfig = async (path: string) => void checked.push(path);
    const options = { cluster, env: { ...env, KUBECONFIG: '/daily' }, context: { checkKubeconfig } };
    await run('mirror', options);
    expect(checked).toEqual([]);
    await run('mirror --context prod', options);
    await run('mirror --kubeconfig /mine', options);
    expect(checked).toEqual(['/daily', '/mine']);
  });

  it('never comes from an empty flag', async () => {
    const ran = await run(['list', '-g', ''], { cluster, env });
    expect(ran).toMatchObject({ exitCode: 2, requests: [] });
  });
});

describe('an error', () => {
  it('of an entry that is missing ends with 4, a hint and nothing on stdout', async () => {
    const ran = await run(`show ${where} --namespace shop --name nobody`, { cluster });
    expect(ran).toMatchObject({ exitCode: 4, stdout: '' });
    expect(ran.stderr).toMatch(/^podid: .+\nhint: .+\n$/);
    const asJson = await run(`show ${where} --namespace shop --name nobody`, { cluster, json: true });
    expect(asJson.stderr).toMatch(/^\{.+\}\n$/);
    expect(lastError(asJson).code).toBe('EntryNotFound');
  });

  it('is text alone where the format is not JSON', async () => {
    const ran = await run(`show ${where} --namespace shop --name nobody -o tsv`, { cluster });
    expect(ran.stderr).not.toContain('{');
  });
});

describe('colours', () => {
  const missing = `show ${where} --namespace demo --name nobody -o table`;

  it('are on a terminal', async () => {
    expect((await run(missing, { cluster, terminal: true })).stderr).toContain('\u001b[');
  });

  it.each([
    ['in a pipe', missing, { terminal: false }],
    ['under NO_COLOR', missing, { env: { NO_COLOR: '1' } }],
    ['under --no-color', `${missing} --no-color`, {}],
    ['on a terminal that knows none', missing, { env: { TERM: 'dumb' } }],
  ])('are off %s', async (_, line, options) => {
    const ran = await run(line, { cluster, terminal: true, ...options });
    expect(ran.stderr).toContain('hint:');
    expect(ran.stderr).not.toContain('\u001b[');
  });
});

describe('a list without entries', () => {
  const empty = { ...cluster, profile: { ...cluster.profile, identities: [], exceptions: [] } };
  it.each([
    ['list', 'podid add -g'],
    ['exception list', 'podid exception add -g'],
  ])('says on a terminal how to fill it (%s), and nothing in a pipe', async (words, hint) => {
    const shown = await run(`${words} ${where}`, { cluster: empty, terminal: true });
    expect(shown.stderr).toContain(hint);
    expect(await run(`${words} ${where} -o json`, { cluster: empty })).toMatchObject({
      stdout: '[]\n',
      stderr: '',
    });
  });
});

describe('the table of objects', () => {
  it('ends with what the cluster has beyond Azure, and repeats no other difference', () => {
    const difference = {
      kind: 'identity',
      namespace: 'shop',
      writer: null,
      fields: [],
      arm: null,
      cluster: {},
    };
    const result = {
      objects: [{ kind: 'AzureIdentity', namespace: 'shop', name: 'web', action: 'create' }],
      drift: [
        { ...difference, name: 'web', state: 'missing' },
        { ...difference, name: 'old', state: 'extra' },
        { ...difference, name: 'other', state: 'differs' },
      ],
    };
    const rows = objectsShape.rows(result as never);
    expect(rows).toEqual([
      expect.objectContaining({ name: 'web', action: 'create' }),
      expect.objectContaining({ name: 'old', action: 'extra' }),
    ]);
  });
});
