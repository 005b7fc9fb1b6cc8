import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type EmulatedPodid, emulatedPodid, identityId, type Ran } from './emulated-podid.ts';

let podid: EmulatedPodid;
let folder: string;

beforeEach(async () => {
  podid = await emulatedPodid();
  folder = await mkdtemp(join(tmpdir(), 'podid-apply-'));
});

afterEach(async () => {
  await podid[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

describe('what others wrote', () => {
  it('is read as az and ARM print a cluster, its profile, and manifests of its objects', async () => {
    seedIdentities('web', 'jobs');
    const path = await fileOf({
      identities: [entry('web', { bindingSelector: 'front' }), entry('jobs')],
      exceptions: [{ name: 'old', namespace: 'demo', podLabels: { a: 'b' } }],
    });
    await podid.json(['apply', '-f', path]);
    const same = async (text: string) => {
      const ran = await podid.run(['plan', '--prune', '--exit-code', '-f', '-'], {}, text);
      expect(ran.exitCode, ran.stderr + ran.stdout).toBe(0);
    };
    await same((await podid.run('list --raw-cluster -o json')).stdout);
    await same((await podid.run('export --as profile -o json')).stdout);
    await same((await podid.run('export -o json')).stdout);
    await same(manifests());
    const ran = await podid.run(['apply', '--prune', '--yes', '-f', '-'], {}, manifests('back'));
    expect(ran.exitCode, ran.stderr).toBe(0);
    expect(await podid.json('show --namespace demo --name web --query bindingSelector')).toBe('back');
  });
});

function manifests(selector = 'front'): string {
  const object = (kind: string, name: string, spec: object) =>
    JSON.stringify({
      apiVersion: 'aadpodidentity.k8s.io/v1',
      kind,
      metadata: { name, namespace: 'demo' },
      spec,
    });
  return [
    object('AzureIdentityBinding', 'web-binding', { azureIdentity: 'web', selector }),
    object('AzureIdentity', 'web', { type: 0, resourceID: identityId('web') }),
    object('AzureIdentity', 'jobs', { resourceID: identityId('jobs') }),
    object('AzureIdentityBinding', 'jobs-binding', { azureIdentity: 'jobs', selector: 'jobs' }),
    object('AzurePodIdentityException', 'old', { podLabels: { a: 'b' } }),
  ].join('\n---\n');
}

describe('files from Windows', () => {
  it('are read by their byte order mark, from a file, a folder and stdin', async () => {
    seedIdentities('web');
    const path = await fileOf({ identities: [entry('web')] });
    const text = `\ufeff${await readFile(path, 'utf8')}`.replaceAll('\n', '\r\n');
    await writeFile(path, Buffer.from(text, 'utf16le'));
    expect(await podid.json(['apply', '-f', path, '--query', 'identities[].name'])).toEqual(['web']);
    const again = ['plan', '--exit-code', '-f'];
    expect((await podid.run([...again, folder])).exitCode).toBe(0);
    expect((await podid.run([...again, '-'], {}, text)).exitCode).toBe(0);
  });
});

function entry(name: string, more: object = {}) {
  return { name, namespace: 'demo', identityResourceId: identityId(name), ...more };
}

async function fileOf(content: object, name = 'pods.json'): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, JSON.stringify({ apiVersion: 'podid.io/v1', kind: 'PodIdentities', ...content }));
  return path;
}

function seedIdentities(...names: readonly string[]): void {
  podid.emulator.seed({
    identities: names.map((name) => {
      const digits = Buffer.from(name).toString('hex').padStart(12, '0').slice(-12);
      return {
        id: identityId(name),
        name,
        location: 'westeurope',
        properties: {
          clientId: `10000000-0000-4000-8000-${digits}`,
          principalId: `20000000-0000-4000-8000-${digits}`,
          tenantId: podid.emulator.world.tenantId,
        },
      };
    }),
  });
}

const puts = () => podid.count('clusters.put');
const names = (ran: Ran) =>
  (JSON.parse(ran.stdout) as { identities: { name: string }[] }).identities.map((each) => each.name);

async function apply(file: string, ...flags: string[]): Promise<Ran> {
  const ran = await podid.run(['apply', '-f', file, ...flags]);
  expect(ran.stderr).not.toContain('InternalError');
  return ran;
}

describe('podid apply', () => {
  it('writes all entries in one PUT, and none the second time', async () => {
    seedIdentities('web', 'api', 'jobs');
    const file = await fileOf({
      identities: [entry('web'), entry('api', { bindingSelector: 'backend' }), entry('jobs')],
      exceptions: [{ name: 'legacy', namespace: 'demo', podLabels: { app: 'legacy' } }],
    });
    const first = await apply(file);
    expect(first).toMatchObject({ exitCode: 0 });
    expect(puts()).toBe(1);
    const result = JSON.parse(first.stdout);
    expect(result.identities.map((each: { bindingSelector: string }) => each.bindingSelector)).toEqual([
      'web',
      'backend',
      'jobs',
    ]);
    expect(result.exceptions).toEqual([{ name: 'legacy', namespace: 'demo', podLabels: { app: 'legacy' } }]);
    expect(result.changes.map((change: { kind: string }) => change.kind)).toEqual([
      ...Array(3).fill('roleAssignment'),
      ...Array(3).fill('identity'),
      'exception',
      ...Array(7).fill('object'),
    ]);
    const roles = podid.count('roleAssignments.put');

    const second = await apply(file);
    expect(second).toMatchObject({ exitCode: 0 });
    expect(JSON.parse(second.stdout).changes).toEqual([]);
    expect([puts(), podid.count('roleAssignments.put')]).toEqual([1, roles]);
    expect(second.stderr).toContain('Nothing to change.');

    const mirrored: { objects: { action: string }[] } = await podid.json('mirror --dry-run');
    expect(mirrored.objects.map(({ action }) => action)).toEqual(Array(7).fill('same'));
  });

  it('returns with --no-wait once Azure has accepted the change', async () => {
    seedIdentities('web');
    podid.emulator.seed({ settings: { operationPolls: 0, operationMs: [60_000, 60_000] } });
    const file = await fileOf({ identities: [entry('web')] });
    const ran = await apply(file, '--no-wait');
    expect(ran.exitCode).toBe(0);
    expect(ran.stderr).toContain(
      'not waited for, so nothing was mirrored into the cluster. To wait: podid wait -g',
    );
    expect([puts(), podid.count('operations.get')]).toEqual([1, 0]);

    podid.emulator.clock.advance(120_000);
    expect(await apply(file)).toMatchObject({ exitCode: 0 });
    expect(puts()).toBe(1);
  });

  it('asks nobody when the file comes by stdin, and says how to go on', async () => {
    seedIdentities('web');
    await apply(await fileOf({ identities: [entry('web')] }));
    const text = JSON.stringify({ apiVersion: 'podid.io/v1', kind: 'PodIdentities', identities: [] });
    const ran = await podid.run(['apply', '-f', '-', '--prune'], {}, text);
    expect(ran).toMatchObject({ exitCode: 2, stdout: '' });
    expect(ran.stderr).toContain('hint: the same command with --yes');
    expect(puts()).toBe(1);
  });

  it('goes to the cluster that flags name, and says that the file names another', async () => {
    const file = await fileOf({ cluster: { name: 'demo', resourceGroup: 'demo-rg' }, identities: [] });
    const ran = await apply(file, '-c', 'other');
    expect(ran.exitCode).toBe(4);
    expect(ran.stderr).toContain('The file is for cluster demo; --cluster-name overrides it.');
  });

  it('changes a selector in one PUT and another identity under the same name in two', async () => {
    seedIdentities('web', 'api', 'other');
    await apply(await fileOf({ identities: [entry('web'), entry('api')] }));
    const file = await fileOf({
      identities: [
        entry('web', { bindingSelector: 'frontend' }),
        entry('api', { identityResourceId: identityId('other') }),
      ],
    });
    const planned = await podid.json(['plan', '-f', file, '--no-mirror']);
    expect(planned).toMatchObject({ puts: 2 });
    expect(await apply(file)).toMatchObject({ exitCode: 2, stdout: '' });
    expect(puts()).toBe(1);

    const ran = await apply(file, '--yes');
    expect(ran.exitCode).toBe(0);
    expect(puts()).toBe(3);
    const byName = new Map(
      JSON.parse(ran.stdout).identities.map((each: { name: string }) => [each.name, each]),
    );
    expect(byName.get('web')).toMatchObject({ bindingSelector: 'frontend' });
    expect(byName.get('api')).toMatchObject({ identity: { resourceId: identityId('other') } });
  });

  it('deletes what the file does not name with --prune alone, and asks before', async () => {
    seedIdentities('web', 'api');
    await apply(
      await fileOf({
        identities: [entry('web'), entry('api')],
        exceptions: [{ name: 'legacy', namespace: 'demo', podLabels: { app: 'legacy' } }],
      }),
    );
    const less = await fileOf({ identities: [entry('web')] });
    expect(names(await apply(less))).toEqual(['web', 'api']);
    const asked = await apply(less, '--prune');
    expect(asked.exitCode).toBe(2);
    expect(asked.stderr).toContain('Delete 1 pod identity on cluster demo?');

    const pruned = await apply(less, '--prune', '--yes');
    expect(names(pruned)).toEqual(['web']);
    // The file has no list of exceptions, so they are not its affair.
    expect(JSON.parse(pruned.stdout).exceptions).toHaveLength(1);
    const emptied = await apply(await fileOf({ exceptions: [] }), '--prune', '-y');
    expect(JSON.parse(emptied.stdout)).toMatchObject({ exceptions: [], identities: [{ name: 'web' }] });
  });

  it('waits for all fresh roles together when Azure names several that it does not know yet', async () => {
    seedIdentities('web', 'api', 'jobs');
    podid.emulator.seed({ settings: { rolePropagationPuts: 2 } });
    const file = await fileOf({ identities: ['web', 'api', 'jobs'].map((name) => entry(name)) });
    expect(await apply(file)).toMatchObject({ exitCode: 0 });
    expect(puts()).toBe(3);
  });

  it('refuses everything for one identity that is missing, and leaves it out under --keep-going', async () => {
    seedIdentities('web', 'api');
    const file = await fileOf({ identities: [entry('web'), entry('nowhere'), entry('api')] });
    expect(await apply(file)).toMatchObject({ exitCode: 4, stdout: '' });
    expect([puts(), podid.count('roleAssignments.put')]).toEqual([0, 0]);

    const ran = await apply(file, '--keep-going', '-o', 'json');
    expect(ran.exitCode).toBe(8);
    expect(names(ran)).toEqual(['web', 'api']);
    const error = JSON.parse(ran.stderr.trim().split('\n').at(-1) ?? '');
    expect(error).toMatchObject({ code: 'EntriesLeftOut', details: [{ code: 'IdentityNotFound' }] });
    expect(puts()).toBe(1);
  });

  it('does not prune an entry that it leaves out', async () => {
    seedIdentities('web', 'api');
    const file = await fileOf({ identities: [entry('web'), entry('api')] });
    await apply(file);
    podid.emulator.faults.add({
      match: { operation: 'identities.get', path: '/api$' },
      effect: { status: 404, body: {} },
    });
    const ran = await apply(file, '--keep-going', '--prune', '--yes');
    expect(ran.exitCode).toBe(8);
    expect(names(ran)).toEqual(['web', 'api']);
  });

  it('creates identities that are missing and gives them roles, when asked to', async () => {
    const scope = '/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/demo-rg';
    const file = await fileOf({ identities: [entry('fresh')] });
    const flags = ['--create-identity', '--grant', `Reader=${scope}`];
    const planned = await podid.json(['plan', '-f', file, '--no-mirror', ...flags]);
    expect((planned as { changes: { kind: string }[] }).changes.map((change) => change.kind)).toEqual([
      'managedIdentity',
      'roleAssignment',
      'roleAssignment',
      'identity',
    ]);
    expect(podid.count('identities.put')).toBe(0);

    expect(await apply(file, ...flags)).toMatchObject({ exitCode: 0 });
    const made = podid.emulator.world.identities.get(identityId('fresh').toLowerCase());
    expect(made).toMatchObject({ location: 'westeurope' });
    const roles = [...podid.emulator.world.roleAssignments.values()].filter((role) => role.scope === scope);
    expect(made).toMatchObject({ properties: { principalId: roles[0]?.principalId } });
    expect(roles).toHaveLength(1);

    const written = [podid.count('identities.put'), podid.count('roleAssignments.put'), puts()];
    expect(await apply(file, ...flags)).toMatchObject({ exitCode: 0 });
    expect([podid.count('identities.put'), podid.count('roleAssignments.put'), puts()]).toEqual(written);
  });

  it('reads stdin, several documents, and the cluster from the file', async () => {
    seedIdentities('web', 'api');
    const text = [
      '# comments and order do not matter',
      `identities: [{namespace: demo, identityResourceId: ${identityId('web')}, name: web}]`,
      'kind: PodIdentities',
      'apiVersion: podid.io/v1',
      'cluster: {resourceGroup: demo-rg, name: demo}',
      '---',
      'apiVersion: podid.io/v1',
      'kind: PodIdentities',
      `identities: [{namespace: demo, identityResourceId: ${identityId('api')}, name: api}]`,
    ].join('\n');
    const ran = await podid.run(['apply', '-f', '-'], { PODID_CLUSTER_NAME: 'another' }, text);
    expect(ran).toMatchObject({ exitCode: 0 });
    expect(names(ran)).toEqual(['web', 'api']);
    expect(puts()).toBe(1);
  });

  it('reports every fault of every file with its place, and sends nothing', async () => {
    const one = join(folder, 'one.yaml');
    await writeFile(
      one,
      'apiVersion: podid.io/v1\nkind: PodIdentities\nidentities:\n  - name: Web\n    namespace: demo\n    selector: x\n',
    );
    await writeFile(join(folder, 'two.json'), '{"apiVersion": "podid.io/v2", "kind": "PodIdentities"}');
    const ran = await podid.run(['apply', '-f', folder, '--location', 'x/y', '-o', 'json']);
    expect(ran).toMatchObject({ exitCode: 2, stdout: '' });
    const { details } = JSON.parse(ran.stderr) as { details: { message: string; line?: number }[] };
    const messages = details.map(({ message }) => message.replaceAll(`${folder}/`, ''));
    expect(messages).toEqual([
      'one.yaml:6:5: an identity has no "selector". It has name, namespace, identityResourceId, bindingSelector.',
      'one.yaml:4:5: identityResourceId is missing: an identity needs it.',
      expect.stringMatching(/^one\.yaml:4:11: "Web" is not a name of a pod identity: .* Nearest: web$/),
      'two.json:1:16: apiVersion is "podid.io/v2", and podid knows only podid.io/v1.',
      expect.stringContaining('--location: "x/y" is not a region of Azure'),
      '--location goes with --create-identity alone.',
    ]);
    expect(details[1]).toMatchObject({ flag: '--file', file: join(folder, 'one.yaml'), line: 4, column: 5 });
    expect(podid.emulator.requests).toEqual([]);
  });

  it('ends one after the other, losing nothing, when two are started at once', async () => {
    const all = Array.from({ length: 200 }, (_, at) => `app-${at + 1}`);
    await podid[Symbol.asyncDispose]();
    podid = await emulatedPodid({ scenario: 'two-hundred' });
    const half = (from: number, to: number) => ({
      identities: all.slice(from, to).map((name) => entry(name)),
    });
    const files = [await fileOf(half(0, 100), 'one.json'), await fileOf(half(100, 200), 'two.json')];
    const ran = await Promise.all(files.map((file) => apply(file)));
    expect(ran.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
    const listed: { name: string; provisioningState: string }[] = await podid.json('list');
    expect(listed.map(({ name }) => name).toSorted()).toEqual(all.toSorted());
    expect(listed.every(({ provisioningState }) => provisioningState === 'Assigned')).toBe(true);

    const same = await fileOf(
      { identities: all.map((name) => entry(name, { bindingSelector: 'all' })) },
      'same.json',
    );
    const again = await Promise.all([apply(same), apply(same)]);
    expect(again.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
    const after: { bindingSelector: string }[] = await podid.json('list');
    expect(after.filter(({ bindingSelector }) => bindingSelector === 'all')).toHaveLength(200);
  });

  it.each([
    ['a file that is not there', 'nowhere.yaml', 'there is no such file or folder'],
    ['a folder without files', 'empty', 'holds no YAML or JSON file'],
  ])('refuses %s', async (_, name, said) => {
    await mkdir(join(folder, 'empty'));
    const ran = await apply(join(folder, name));
    expect(ran).toMatchObject({ exitCode: 2, stdout: '' });
    expect(ran.stderr).toContain(said);
    expect(podid.emulator.requests).toEqual([]);
  });

  it('gives the same profile on another cluster to which an export is applied', async () => {
    seedIdentities('web', 'api');
    const file = await fileOf({
      identities: [entry('web'), entry('api', { bindingSelector: 'backend', namespace: 'a' })],
      exceptions: [{ name: 'legacy', namespace: 'demo', podLabels: { b: '2', a: '1' } }],
    });
    await apply(file);
    const exported = await podid.run('export');
    expect(exported.exitCode).toBe(0);
    const plan = await podid.run(['plan', '-f', '-', '--prune', '--exit-code'], {}, exported.stdout);
    expect(plan).toMatchObject({ exitCode: 0 });

    const before = podid;
    podid = await emulatedPodid();
    seedIdentities('web', 'api');
    try {
      const elsewhere = join(folder, 'export.yaml');
      await writeFile(elsewhere, exported.stdout);
      expect(await apply(elsewhere)).toMatchObject({ exitCode: 0 });
      expect((await podid.run('export')).stdout).toBe(exported.stdout);
      expect((await podid.run('export --as profile')).stdout).toBe(
        (await before.run('export --as profile')).stdout,
      );
    } finally {
      await before[Symbol.asyncDispose]();
    }
  });
});

describe('podid plan', () => {
  it('prints a diff for people, JSON for programs, and exits with 9 when there is something to do', async () => {
    seedIdentities('web');
    const file = await fileOf({ identities: [entry('web')] });
    const plan = ['plan', '-f', file];
    const text = await podid.run([...plan, '-o', 'table', '--no-mirror']);
    expect(text.exitCode).toBe(0);
    expect(text.stdout).toMatchInlineSnapshot(`
      "+ role Managed Identity Operator, for the cluster
          scope  /subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/demo-rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/web
      + pod identity demo/web
          bindingSelector      web
          identity.resourceId  /subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/demo-rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/web
      1 entry and 1 role to add; one write of the cluster in Azure.
      "
    `);
    expect(await podid.run([...plan, '--exit-code'])).toMatchObject({ exitCode: 9 });
    expect(await podid.json(plan)).toMatchObject({ puts: 1, onlyInCluster: [] });
    expect(puts()).toBe(0);

    await apply(file);
    expect(await podid.run([...plan, '--exit-code'])).toMatchObject({ exitCode: 0 });
    expect(await podid.json(plan)).toEqual({ changes: [], puts: 0, onlyInCluster: [] });
  });

  it('names what the cluster holds and Azure does not', async () => {
    podid.emulator.seed({ kubernetes: upstreamObjects() });
    const file = await fileOf({ identities: [] });
    expect(await podid.json(['plan', '-f', file])).toMatchObject({
      changes: [],
      onlyInCluster: [
        { kind: 'identity', namespace: 'demo', name: 'old' },
        { kind: 'exception', namespace: 'demo', name: 'quiet' },
      ],
    });
  });
});

describe('podid export --from cluster', () => {
  it('makes entries of the objects of aad-pod-identity, and says what it cannot', async () => {
    seedIdentities('old');
    podid.emulator.seed({ kubernetes: upstreamObjects() });
    const ran = await podid.run('export --from cluster -o json');
    expect(ran.exitCode).toBe(0);
    const file = JSON.parse(ran.stdout);
    expect(file.identities).toEqual([
      entry('old', { name: 'more', bindingSelector: 'second' }),
      entry('old', { bindingSelector: 'first' }),
    ]);
    expect(file.exceptions).toEqual([{ name: 'quiet', namespace: 'demo', podLabels: { app: 'quiet' } }]);
    expect(ran.stderr).toContain('AzureIdentity demo/principal is a service principal');

    const path = join(folder, 'moved.json');
    await writeFile(path, ran.stdout);
    expect(await apply(path)).toMatchObject({ exitCode: 0 });
    expect(await podid.json('list')).toHaveLength(2);
  });
});

describe('where the schema of the file is published', () => {
  const url = 'https://contoso.github.io/podid/schema/v1/pod-identities.schema.json';
  const line = `# yaml-language-server: $schema=${url}\n`;

  it('export and disable --export name it in their first line, and plan and apply read the file', async () => {
    await using published = await emulatedPodid({}, {}, { fileSchemaUrl: url });
    const where = '-g demo-rg -c demo';
    const add = `add ${where} --namespace demo --name web --identity-resource-id ${identityId('web')}`;
    expect((await published.run(add)).exitCode).toBe(0);
    const { stdout } = await published.run(`export ${where}`);
    expect(stdout.startsWith(`${line}apiVersion: podid.io/v1\n`)).toBe(true);
    const plan = `plan ${where} --prune --exit-code -f -`;
    expect(await published.run(plan, {}, stdout)).toMatchObject({ exitCode: 0 });

    // What is no YAML file of entries has no place for it.
    for (const other of [
      '-o json',
      '--as profile',
      '--as profile -o yaml',
      '--query identities',
      '-o table',
    ]) {
      expect((await published.run(`export ${where} ${other}`)).stdout).not.toContain('yaml-language-server');
    }

    const file = join(folder, 'saved.yaml');
    const disabled = await published.run(['disable', ...where.split(' '), '--yes', '--export', file]);
    expect(disabled.exitCode, disabled.stderr).toBe(0);
    expect(await readFile(file, 'utf8')).toBe(stdout);
    expect((await published.run(`enable ${where}`)).exitCode).toBe(0);
    const applied = await published.run(['apply', ...where.split(' '), '-f', file]);
    expect(applied.exitCode, applied.stderr).toBe(0);
    expect((await published.run(`export ${where}`)).stdout).toBe(stdout);
  });
});

describe('podid schema', () => {
  it('prints the schema that the documentation has', async () => {
    const page = await readFile(
      new URL('../../docs/schema/pod-identities.schema.json', import.meta.url),
      'utf8',
    );
    expect((await podid.run('schema')).stdout).toBe(page);
  });
});

describe('podid add', () => {
  it('creates the managed identity and gives it roles of its own, once', async () => {
    const scope = '/subscriptions/00000000-0000-4000-8000-000000000001';
    const line = ['add', '--namespace', 'demo', '--identity-resource-id', identityId('fresh')];
    expect(await podid.run(line)).toMatchObject({ exitCode: 4 });
    const more = ['--create-identity', '--location', 'northeurope', '--grant', `AcrPull=${scope}`];
    const dry: { changes: { kind: string }[] } = await podid.json([
      ...line,
      ...more,
      '--dry-run',
      '--no-mirror',
    ]);
    expect(dry.changes.map(({ kind }) => kind)).toEqual([
      'managedIdentity',
      'roleAssignment',
      'roleAssignment',
      'identity',
    ]);
    expect(podid.count('identities.put')).toBe(0);

    for (let round = 0; round < 2; round++) {
      expect(await podid.run([...line, ...more])).toMatchObject({ exitCode: 0 });
    }
    expect(podid.emulator.world.identities.get(identityId('fresh').toLowerCase())).toMatchObject({
      location: 'northeurope',
    });
    expect([podid.count('identities.put'), podid.count('roleAssignments.put'), puts()]).toEqual([1, 2, 1]);
  });

  it('gives a role on a management group', async () => {
    const grant = 'Reader=/providers/Microsoft.Management/managementGroups/platform';
    const ran = await podid.run([
      ...['add', '--namespace', 'demo', '--identity-resource-id', identityId('web'), '--grant', grant],
    ]);
    expect(ran).toMatchObject({ exitCode: 0 });
    expect([...podid.emulator.world.roleAssignments.values()]).toContainEqual(
      expect.objectContaining({
        scope: '/providers/Microsoft.Management/managementGroups/platform',
        roleDefinitionId:
          '/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7',
      }),
    );
  });

  it('creates no resource group', async () => {
    const elsewhere = identityId('fresh').replace('/demo-rg/', '/no-such-rg/');
    const line = ['add', '--namespace', 'demo', '--identity-resource-id', elsewhere, '--create-identity'];
    const ran = await podid.run(line);
    expect(ran).toMatchObject({ exitCode: 4, stdout: '' });
    expect(ran.stderr).toContain('Cannot create managed identity fresh');
    expect(puts()).toBe(0);
  });

  it('refuses a role that there is not, before it creates anything', async () => {
    const grant = 'No Such Role=/subscriptions/00000000-0000-4000-8000-000000000001';
    const ran = await podid.run([
      ...['add', '--namespace', 'demo', '--identity-resource-id', identityId('fresh')],
      ...['--create-identity', '--grant', grant],
    ]);
    expect(ran).toMatchObject({ exitCode: 4, stdout: '' });
    expect(ran.stderr).toContain('No role is called "No Such Role"');
    expect(podid.count('identities.put')).toBe(0);
  });
});

function upstreamObjects() {
  const apiVersion = 'aadpodidentity.k8s.io/v1';
  const metadata = (name: string) => ({ namespace: 'demo', name });
  const binding = (name: string, selector: string) => ({
    ...{ apiVersion, kind: 'AzureIdentityBinding', metadata: metadata(name) },
    spec: { azureIdentity: 'old', selector },
  });
  return [
    {
      ...{ apiVersion, kind: 'AzureIdentity', metadata: metadata('old') },
      spec: { type: 0, resourceID: identityId('old'), clientID: '10000000-0000-4000-8000-0000006f6c64' },
    },
    {
      ...{ apiVersion, kind: 'AzureIdentity', metadata: metadata('principal') },
      spec: { type: 1, clientID: '10000000-0000-4000-8000-000000000001' },
    },
    binding('old-binding', 'first'),
    binding('more-binding', 'second'),
    {
      ...{ apiVersion, kind: 'AzurePodIdentityException', metadata: metadata('quiet') },
      spec: { podLabels: { app: 'quiet' } },
    },
  ];
}
