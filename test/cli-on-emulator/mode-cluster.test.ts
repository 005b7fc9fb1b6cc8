import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  type EmulatedPodid,
  podidOfErrors as emulatedPodid,
  identityId,
  identityIdInAzure,
  type Ran,
} from './emulated-podid.ts';

const addOf = (name: string, identity = name, namespace = 'demo') =>
  `add --namespace ${namespace} --name ${name} --identity-resource-id ${identityId(identity)}`;
const inCluster = (line: string) => `${line} --mode cluster`;
const writesOf = (podid: EmulatedPodid) =>
  podid.emulator.requests
    .filter(({ method, path }) => !['GET', 'HEAD'].includes(method) && !path.includes('/listCluster'))
    .map(({ method, path }) => `${method} ${path.split('/').slice(-2).join('/')}`);
const scaleSetsOf = (podid: EmulatedPodid) =>
  [...podid.emulator.world.machines.values()].filter(({ name }) => /-vmss$/.test(String(name)));
const errorOf = ({ stderr }: Ran) => JSON.parse(stderr.trim().split('\n').at(-1) ?? '');
const carriedBy = (podid: EmulatedPodid) =>
  scaleSetsOf(podid).map((machine) => [
    String(machine['name']),
    Object.keys(
      (machine['identity'] as { userAssignedIdentities?: object })?.userAssignedIdentities ?? {},
    ).map((id) => id.split('/').at(-1)),
  ]);

/** Azure keeps the order in which entries came, the cluster's API sorts them. */
function byName(list: unknown): unknown {
  if (!Array.isArray(list)) {
    return list;
  }
  return list.toSorted((one, other) =>
    JSON.stringify([one.action, one.name]).localeCompare(JSON.stringify([other.action, other.name])),
  );
}

/** What both modes print alike: of a plan, the changes of entries. */
function entriesOf(stdout: string): unknown {
  if (!/^[[{n"]/.test(stdout)) {
    return stdout;
  }
  // Azure knows no pods, so that nobody counts them there.
  const told = JSON.parse(stdout, (key, value) => (key === 'podCount' ? undefined : value));
  if (!Array.isArray(told?.changes)) {
    return byName(told);
  }
  const isEntry = ({ kind }: { kind: string }) => ['identity', 'exception'].includes(kind);
  const { puts: _puts, onlyInCluster: _only, ...rest } = told;
  const sorted = Object.entries(rest).map(([member, list]) => [member, byName(list)]);
  return { ...Object.fromEntries(sorted), changes: byName(told.changes.filter(isEntry)) };
}

describe('the commands about entries, in both modes side by side', () => {
  const key = '--namespace demo --name';
  it.each([
    [
      'add',
      [addOf('web'), addOf('web'), addOf('web', 'jobs'), 'list', `show ${key} web`, `show ${key} nobody`],
    ],
    [
      'add without a name, with a selector, as a plan first',
      [
        `add --namespace demo --identity-resource-id ${identityId('web')} --binding-selector front --dry-run`,
        `add --namespace demo --identity-resource-id ${identityId('web')} --binding-selector front`,
        'list --namespace demo',
        'list --namespace other',
        `add --namespace demo --identity-resource-id ${identityId('web')} --dry-run --exit-code`,
      ],
    ],
    [
      'add of what is no identity, or wrong',
      [addOf('web', 'nobody'), 'add --namespace Demo --name _ --identity-resource-id x'],
    ],
    [
      'update',
      [
        `update ${key} web --binding-selector x`,
        addOf('web'),
        `update ${key} web --binding-selector frontend`,
        `update ${key} web --binding-selector frontend`,
        `update ${key} web --identity-resource-id ${identityId('jobs')}`,
        `update ${key} web --identity-resource-id ${identityId('jobs')} --yes`,
        'list',
      ],
    ],
    [
      'delete',
      [
        `delete ${key} web`,
        `delete ${key} web --ignore-not-found`,
        addOf('web'),
        `delete ${key} web --dry-run`,
        `delete ${key} web`,
        'list',
        'delete --failed --yes',
      ],
    ],
    [
      'exception',
      [
        `exception add ${key} legacy --pod-labels app=legacy tier=old`,
        `exception add ${key} legacy --pod-labels app=legacy tier=old`,
        `exception add ${key} legacy --pod-labels app=other`,
        'exception list',
        `exception show ${key} legacy`,
        `exception show ${key} nobody`,
        `exception update ${key} legacy --pod-labels app=new`,
        `exception update ${key} nobody --pod-labels app=new`,
        `exception delete ${key} legacy --dry-run`,
        `exception delete ${key} legacy`,
        `exception delete ${key} legacy`,
        `exception delete ${key} legacy --ignore-not-found`,
        'exception list',
      ],
    ],
    [
      'plan, apply and export',
      [
        'plan -f - --exit-code',
        'apply -f -',
        'plan -f - --exit-code',
        'apply -f -',
        'list',
        'export',
        addOf('extra'),
        'plan -f - --prune --exit-code',
        'apply -f - --prune',
        'apply -f - --prune --yes',
        'export',
      ],
    ],
  ])('%s comes to the same', async (_name, lines) => {
    await using addon = await emulatedPodid({ seed: extraIdentity });
    await using cluster = await emulatedPodid({ scenario: 'first-time', seed: extraIdentity });
    for (const line of lines) {
      const one = await addon.run(line, {}, file);
      const other = await cluster.run(inCluster(line), {}, file);
      expect(other.exitCode, `${line}\n${one.stderr}\n${other.stderr}`).toBe(one.exitCode);
      expect(entriesOf(other.stdout), line).toEqual(entriesOf(one.stdout));
      if (one.exitCode > 1 && one.exitCode < 9) {
        expect(errorOf(other).code, line).toBe(errorOf(one).code);
      }
    }
    expect(cluster.count('clusters.put')).toBe(0);
    expect(cluster.count('roleAssignments.put')).toBe(0);
  });
});

const file = JSON.stringify({
  apiVersion: 'podid.io/v1',
  kind: 'PodIdentities',
  identities: [
    { name: 'web', namespace: 'demo', identityResourceId: identityId('web') },
    { name: 'jobs', namespace: 'demo', identityResourceId: identityId('jobs'), bindingSelector: 'batch' },
  ],
  exceptions: [{ name: 'legacy', namespace: 'demo', podLabels: { app: 'legacy' } }],
});

const extraIdentity = {
  identities: [
    {
      id: identityId('extra'),
      name: 'extra',
      type: 'Microsoft.ManagedIdentity/userAssignedIdentities',
      location: 'westeurope',
      properties: {
        tenantId: '00000000-0000-4000-8000-0000000000aa',
        clientId: '00000000-0000-4000-8000-0000c11e0003',
        principalId: '00000000-0000-4000-8000-00000b1e0003',
      },
    },
  ],
};

describe('--mode cluster', () => {
  it('puts the identity on every Linux node before it writes the objects, once', async () => {
    await using podid = await emulatedPodid({ scenario: 'node-pools' });
    expect(await podid.json(inCluster(addOf('web')))).toMatchObject({ provisioningState: 'Assigned' });
    const writes = writesOf(podid);
    const first = (what: string) => writes.findIndex((write) => write.includes(what));
    const lastPatch = writes.findLastIndex((write) => write.startsWith('PATCH virtualMachine'));
    expect(writes.filter((write) => write.startsWith('PATCH virtualMachine'))).toHaveLength(4);
    expect(first('demo/azureidentities')).toBeLessThan(first('demo/azureidentitybindings'));
    // A rehearsal on the server comes before everything; the last writes of objects come after the nodes.
    expect(writes.findLastIndex((write) => write.includes('demo/azureidentit'))).toBeGreaterThan(lastPatch);
    podid.emulator.requests.length = 0;
    await podid.json(inCluster(addOf('web')));
    expect(podid.count('machines.patch')).toBe(0);
    expect(objectsOf(podid, 'AzureIdentity')).toEqual(['demo/jobs', 'demo/web']);
  });

  it('takes several identities to a scale set in one request', async () => {
    await using podid = await emulatedPodid({ scenario: 'first-time', seed: extraIdentity });
    const ran = await podid.run(inCluster('apply -f -'), {}, file);
    expect(ran.exitCode, ran.stderr).toBe(0);
    expect(podid.count('machines.patch')).toBe(1);
    expect(carriedBy(podid)).toEqual([['aks-nodepool1-12345678-vmss', ['demo-agentpool', 'web', 'jobs']]]);
  });

  it('reports machines that lack the identity, and adding again fixes them', async () => {
    await using podid = await emulatedPodid({ scenario: 'first-time' });
    await podid.json(inCluster(addOf('web')));
    for (const machine of scaleSetsOf(podid)) {
      const carried = (machine['identity'] as { userAssignedIdentities: Record<string, unknown> })
        .userAssignedIdentities;
      for (const id of Object.keys(carried)) {
        if (id.endsWith('/web')) {
          delete carried[id];
        }
      }
    }
    const [entry] = (await podid.json(inCluster('list'))) as { provisioningState: string; error: object }[];
    expect(entry).toMatchObject({
      provisioningState: 'Failed',
      error: { code: 'NotOnNodes', message: expect.stringContaining('aks-nodepool1-12345678-vmss') },
    });
    expect(await podid.json(inCluster(addOf('web')))).toMatchObject({ provisioningState: 'Assigned' });
    expect(carriedBy(podid)).toEqual([['aks-nodepool1-12345678-vmss', ['demo-agentpool', 'web']]]);
  });

  it('refuses a namespace that is not there, before anything is changed', async () => {
    await using podid = await emulatedPodid({ scenario: 'first-time' });
    const ran = await podid.run(`${inCluster(addOf('web', 'fresh', 'nowhere'))} --create-identity`);
    expect(ran).toMatchObject({ exitCode: 4, stdout: '' });
    expect(errorOf(ran)).toMatchObject({
      code: 'NamespaceNotFound',
      hint: 'kubectl create namespace nowhere',
    });
    expect(podid.count('identities.put')).toBe(0);
    expect(podid.count('machines.patch')).toBe(0);
  });

  it.each([
    ['the machines', 'Microsoft.Compute/virtualMachineScaleSets/write'],
    ['the identity', 'Microsoft.ManagedIdentity/*'],
  ])('without the rights on %s is 6 and names the right, and nothing is written', async (_what, action) => {
    await using podid = await emulatedPodid({ scenario: 'first-time' });
    podid.emulator.world.settings.callerLacks = [action];
    const ran = await podid.run(inCluster(addOf('web')));
    expect(ran).toMatchObject({ exitCode: 6, stdout: '' });
    expect(errorOf(ran)).toMatchObject({
      code: 'AssignForbidden',
      message: expect.stringContaining('Microsoft.'),
    });
    expect(objectsOf(podid, 'AzureIdentity')).toEqual([]);
    expect(podid.count('machines.patch')).toBe(0);
  });

  it('reports objects of others, and changes them with --force alone', async () => {
    await using podid = await emulatedPodid({ scenario: 'node-pools' });
    expect(await podid.json(inCluster('list --query [].name'))).toEqual(['jobs']);
    for (const line of [
      'update --namespace demo --name jobs --binding-selector x',
      'delete --namespace demo --name jobs',
    ]) {
      const ran = await podid.run(inCluster(line));
      expect(ran, ran.stderr).toMatchObject({ exitCode: 5, stdout: '' });
      expect(errorOf(ran)).toMatchObject({ code: 'EntryConflict', hint: expect.stringContaining('--force') });
    }
    expect(objectsOf(podid, 'AzureIdentity')).toEqual(['demo/jobs']);
    const taken = inCluster('update --namespace demo --name jobs --binding-selector x --force');
    expect(await podid.json(taken)).toMatchObject({ bindingSelector: 'x' });
    await podid.json(inCluster('delete --namespace demo --name jobs --force'));
    expect(objectsOf(podid, 'AzureIdentity')).toEqual([]);
  });

  it('prunes what podid wrote, and nothing else', async () => {
    await using podid = await emulatedPodid({ scenario: 'node-pools' });
    await podid.json(inCluster(addOf('web')));
    const empty = JSON.stringify({ apiVersion: 'podid.io/v1', kind: 'PodIdentities', identities: [] });
    const ran = await podid.run(inCluster('apply -f - --prune --yes'), {}, empty);
    expect(ran.exitCode, ran.stderr).toBe(0);
    expect(objectsOf(podid, 'AzureIdentity')).toEqual(['demo/jobs']);
  });

  it('leaves the identity on the nodes when an entry goes, and names the command that takes it away', async () => {
    await using podid = await emulatedPodid({ scenario: 'first-time' });
    await podid.json(inCluster(addOf('web')));
    await podid.json(inCluster(addOf('again', 'web')));
    const first = await podid.run(inCluster('delete --namespace demo --name again'));
    expect(first.stderr).not.toContain('node unassign');
    const last = await podid.run(inCluster('delete --namespace demo --name web'));
    expect(last.stderr).toContain(
      `podid node unassign -g demo-rg -c demo --subscription 00000000-0000-4000-8000-000000000001 --identities ${identityIdInAzure('web')}`,
    );
    expect(carriedBy(podid)).toEqual([['aks-nodepool1-12345678-vmss', ['demo-agentpool', 'web']]]);
  });

  it('keeps going without what cannot be done', async () => {
    await using podid = await emulatedPodid({ scenario: 'first-time' });
    const entries = [
      { name: 'web', namespace: 'demo', identityResourceId: identityId('web') },
      { name: 'lost', namespace: 'demo', identityResourceId: identityId('nobody') },
      { name: 'jobs', namespace: 'nowhere', identityResourceId: identityId('jobs') },
    ];
    const wanted = JSON.stringify({ apiVersion: 'podid.io/v1', kind: 'PodIdentities', identities: entries });
    const all = await podid.run(inCluster('apply -f -'), {}, wanted);
    expect(all, all.stderr).toMatchObject({ exitCode: 4, stdout: '' });
    expect(objectsOf(podid, 'AzureIdentity')).toEqual([]);
    const some = await podid.run(inCluster('apply -f - --keep-going'), {}, wanted);
    expect(some.exitCode, some.stderr).toBe(8);
    expect(errorOf(some).details.map(({ message }: { message: string }) => message.split(':')[0])).toEqual([
      'demo/lost',
      'nowhere/jobs',
    ]);
    expect(objectsOf(podid, 'AzureIdentity')).toEqual(['demo/web']);
  });

  it('has no limit of 200', async () => {
    await using podid = await emulatedPodid({ scenario: 'first-time' });
    const exceptions = Array.from({ length: 201 }, (_, index) => {
      return { name: `e${index}`, namespace: 'demo', podLabels: { app: `a${index}` } };
    });
    const wanted = JSON.stringify({ apiVersion: 'podid.io/v1', kind: 'PodIdentities', exceptions });
    const ran = await podid.run(inCluster('apply -f - --query length(exceptions)'), {}, wanted);
    expect(ran, ran.stderr).toMatchObject({ exitCode: 0, stdout: '201\n' });
  });

  it('refuses flags that mean something to the add-on alone, all at once and before any request', async () => {
    await using podid = await emulatedPodid({ scenario: 'first-time' });
    const flags = [
      ...['--aks-custom-headers', 'a=b', '--raw-cluster', '--no-mirror', '--require-mirror', '--no-wait'],
      '--skip-role-assignment',
    ];
    const ran = await podid.run([...inCluster(addOf('web')).split(' '), ...flags]);
    expect(ran).toMatchObject({ exitCode: 2, stdout: '' });
    for (const flag of flags.filter((word) => word.startsWith('--'))) {
      expect(ran.stderr).toContain(`${flag} cannot be used in mode cluster: `);
    }
    const revoking = await podid.run(inCluster('delete --namespace demo --name web --revoke-role'));
    expect(revoking.stderr).toContain('--revoke-role cannot be used in mode cluster');
    expect((await podid.run(inCluster('export --as profile'))).exitCode).toBe(2);
    expect((await podid.run(inCluster('export --from arm'))).exitCode).toBe(2);
    expect((await podid.run('list --kubeconfig x')).stderr).toContain('--kubeconfig needs --mode cluster');
    expect((await podid.run('list --mode both')).exitCode).toBe(2);
    expect(podid.emulator.requests).toEqual([]);
  });

  it('is one of the two ways that are named where the add-on is off, and refused where it is on', async () => {
    await using off = await emulatedPodid({ scenario: 'first-time' });
    for (const line of [
      addOf('web'),
      `exception add --namespace demo --name x --pod-labels a=b`,
      'apply -f -',
    ]) {
      const ran = await off.run(line, {}, file);
      expect(ran.exitCode).toBe(5);
      expect(errorOf(ran)).toMatchObject({
        code: 'AddonDisabled',
        hint: expect.stringContaining('podid enable'),
      });
      expect(errorOf(ran).hint).toContain('--mode cluster');
    }
    await using on = await emulatedPodid();
    for (const [line, env] of [
      [inCluster('list'), {}],
      ['list', { PODID_MODE: 'cluster' }],
    ] as const) {
      const ran = await on.run(line, env);
      expect(ran.exitCode).toBe(5);
      expect(errorOf(ran)).toMatchObject({ code: 'AddonEnabled' });
      const instead = errorOf(ran).hint.replace(/^.*: podid /, '');
      expect((await on.run(instead, env)).exitCode, instead).toBe(0);
    }
  });

  it('needs no Azure for what concerns objects alone: a kubeconfig will do', async () => {
    await using podid = await emulatedPodid({ scenario: 'node-pools' });
    const reach = ` --kubeconfig ${podid.emulator.environment['KUBECONFIG']}`;
    const env = { PODID_CLUSTER_NAME: '', PODID_RESOURCE_GROUP: '' };
    const run = (line: string) => podid.run(`${inCluster(line)}${reach}`, env);
    podid.emulator.requests.length = 0;
    const listed = await run('list');
    expect(listed.exitCode, listed.stderr).toBe(0);
    expect(JSON.parse(listed.stdout)).toMatchObject([{ name: 'jobs', provisioningState: null }]);
    expect((await run('show --namespace demo --name jobs')).exitCode).toBe(0);
    const key = '--namespace demo --name legacy';
    expect((await run(`exception add ${key} --pod-labels app=legacy`)).exitCode).toBe(0);
    expect(JSON.parse((await run('exception list')).stdout)).toMatchObject([{ name: 'legacy' }]);
    const exported = await run('export -o yaml');
    expect(exported.stdout).toContain('name: jobs');
    expect(exported.stdout).not.toContain('cluster:');
    const missing = await run('show --namespace demo --name nobody');
    expect(errorOf(missing).hint).toContain('--kubeconfig');
    expect((await run(`exception delete ${key}`)).exitCode).toBe(0);
    expect((await run('delete --namespace demo --name jobs --force')).exitCode).toBe(0);
    expect(podid.emulator.requests.filter(({ path }) => path.startsWith('/subscriptions'))).toEqual([]);
    const added = await run(addOf('web'));
    expect(added.exitCode).toBe(2);
    expect(added.stderr).toContain('--cluster-name');
  });

  it('exports a file that applies to a cluster with the add-on', async () => {
    await using cluster = await emulatedPodid({ scenario: 'first-time' });
    await cluster.run(inCluster('apply -f -'), {}, file);
    const { stdout } = await cluster.run(inCluster('export'));
    const folder = await mkdtemp(join(tmpdir(), 'podid-mode-'));
    try {
      await writeFile(join(folder, 'entries.yaml'), stdout);
      await using addon = await emulatedPodid();
      await addon.json(`apply -f ${join(folder, 'entries.yaml')}`);
      expect((await addon.run('export')).stdout).toBe(stdout);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

function objectsOf(podid: EmulatedPodid, kind: string): string[] {
  return podid.emulator.kube
    .list(kind)
    .map(({ metadata }) => `${metadata.namespace}/${metadata.name}`)
    .sort();
}
