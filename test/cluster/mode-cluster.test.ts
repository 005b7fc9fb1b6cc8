import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type EmulatedPodid,
  podidOfErrors as emulatedPodid,
  identityId,
} from '../cli-on-emulator/emulated-podid.ts';
import { type ApiServer, startApiServer } from './api-server.ts';
import { clusterPrograms } from './cluster-programs.ts';

interface KubeObject {
  readonly metadata: {
    readonly name: string;
    readonly resourceVersion: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly managedFields?: readonly { readonly manager: string; readonly operation: string }[];
  };
  readonly spec: Readonly<Record<string, unknown>>;
}

/**
 * ARM is the emulator's, the cluster's API a real one: its admission, its field managers, its preconditions.
 */
describe('--mode cluster on a real API server', () => {
  let api: ApiServer;
  let podid: EmulatedPodid;
  const folder = mkdtempSync(join(tmpdir(), 'podid-mode-'));
  beforeAll(async () => {
    [api, podid] = await Promise.all([
      startApiServer('mode-cluster'),
      emulatedPodid({ scenario: 'first-time' }),
    ]);
    api.kubectl('apply', '-f', 'deploy/crds');
    api.kubectl('wait', '--for=condition=Established', '--timeout=60s', 'crd', '--all');
    api.kubectl('create', 'namespace', 'demo');
  });
  afterAll(async () => {
    await Promise.all([api?.stop(), podid?.[Symbol.asyncDispose]()]);
    rmSync(folder, { recursive: true });
  });

  const writeJson = (value: object) => {
    const path = join(folder, `${Math.random()}.json`);
    writeFileSync(path, JSON.stringify(value), { mode: 0o600 });
    return path;
  };
  const run = (line: string, stdin = '') =>
    podid.run(`${line} --mode cluster --kubeconfig ${api.kubeconfig}`, {}, stdin);
  const ok = async (line: string, stdin = '') => {
    const ran = await run(line, stdin);
    expect(ran.exitCode, `${line}: ${ran.stderr}`).toBe(0);
    return JSON.parse(ran.stdout);
  };
  const errorOf = (stderr: string) => JSON.parse(stderr.trim().split('\n').at(-1) ?? '');
  const objects = (plural: string): KubeObject[] =>
    JSON.parse(api.kubectl('get', plural, '-n', 'demo', '-o', 'json', '--show-managed-fields')).items;
  const object = (plural: string, name: string) =>
    objects(plural).find(({ metadata }) => metadata.name === name);
  const key = '--namespace demo --name';
  const addWeb = `add ${key} web --identity-resource-id ${identityId('web')}`;

  it('adds an entry, changes it and takes it away', async () => {
    expect(await ok(`${addWeb} --dry-run --query puts`)).toBe(1);
    expect(objects('azureidentities')).toEqual([]);
    expect(await ok(addWeb)).toMatchObject({ bindingSelector: 'web', provisioningState: 'Assigned' });
    const added = object('azureidentities', 'web');
    const inAzuresSpelling = identityId('web').replace('/resourceGroups/', '/resourcegroups/');
    expect(added?.metadata.labels).toMatchObject({ 'app.kubernetes.io/managed-by': 'podid' });
    expect(added?.spec).toMatchObject({
      type: 0,
      resourceID: inAzuresSpelling,
      clientID: '00000000-0000-4000-8000-0000c11e0001',
    });
    await ok(addWeb);
    expect(object('azureidentities', 'web')?.metadata.resourceVersion).toBe(added?.metadata.resourceVersion);
    await ok(`update ${key} web --binding-selector front`);
    expect(object('azureidentitybindings', 'web-binding')?.spec).toMatchObject({ selector: 'front' });
    await ok(`update ${key} web --identity-resource-id ${identityId('jobs')} --yes`);
    expect(object('azureidentities', 'web')?.spec).toMatchObject({
      clientID: '00000000-0000-4000-8000-0000c11e0002',
    });
    expect(await ok('list --query [].[name,bindingSelector,provisioningState]')).toEqual([
      ['web', 'front', 'Assigned'],
    ]);
    await ok(`delete ${key} web`);
    expect([...objects('azureidentities'), ...objects('azureidentitybindings')]).toEqual([]);
  });

  it('applies a file, exports the same, and prunes', async () => {
    const file = JSON.stringify({
      apiVersion: 'podid.io/v1',
      kind: 'PodIdentities',
      identities: [{ name: 'web', namespace: 'demo', identityResourceId: identityId('web') }],
      exceptions: [{ name: 'legacy', namespace: 'demo', podLabels: { app: 'legacy' } }],
    });
    await ok('apply -f -', file);
    const exported = await run('export');
    expect((await run('plan -f - --prune --exit-code', exported.stdout)).exitCode).toBe(0);
    const empty = JSON.stringify({
      apiVersion: 'podid.io/v1',
      kind: 'PodIdentities',
      identities: [],
      exceptions: [],
    });
    expect((await run('plan -f - --prune --exit-code', empty)).exitCode).toBe(9);
    await ok('apply -f - --prune --yes', empty);
    expect([...objects('azureidentities'), ...objects('azurepodidentityexceptions')]).toEqual([]);
  });

  it("leaves kubectl's objects to kubectl until it is forced, and owns them alone then", async () => {
    const theirs = {
      apiVersion: 'aadpodidentity.k8s.io/v1',
      kind: 'AzurePodIdentityException',
      metadata: { name: 'theirs', namespace: 'demo' },
      spec: { podLabels: { app: 'theirs' } },
    };
    api.kubectl('apply', '--server-side', '-f', writeJson(theirs));
    const update = `exception update ${key} theirs --pod-labels app=ours`;
    const refused = await run(update);
    expect(refused.exitCode).toBe(5);
    expect(errorOf(refused.stderr)).toMatchObject({ code: 'EntryConflict' });
    expect((await run(`exception delete ${key} theirs`)).exitCode).toBe(5);
    expect(object('azurepodidentityexceptions', 'theirs')?.spec).toEqual({ podLabels: { app: 'theirs' } });
    await ok(`${update} --force`);
    expect(object('azurepodidentityexceptions', 'theirs')?.spec).toEqual({ podLabels: { app: 'ours' } });
    await ok(`exception delete ${key} theirs`);
  });

  it('refuses what the namespace or the rights do not allow, with 4 and 6', async () => {
    const nowhere = await run(
      `add --namespace nowhere --name web --identity-resource-id ${identityId('web')}`,
    );
    expect([nowhere.exitCode, errorOf(nowhere.stderr).code]).toEqual([4, 'NamespaceNotFound']);
    api.kubectl(
      'create',
      'clusterrole',
      'reader',
      '--verb=get,list',
      '--resource=azureidentities.aadpodidentity.k8s.io,azureidentitybindings.aadpodidentity.k8s.io,azurepodidentityexceptions.aadpodidentity.k8s.io',
    );
    api.kubectl('create', 'serviceaccount', 'reader', '-n', 'demo');
    api.kubectl(
      'create',
      'clusterrolebinding',
      'reader',
      '--clusterrole=reader',
      '--serviceaccount=demo:reader',
    );
    const token = api.kubectl('create', 'token', 'reader', '-n', 'demo').trim();
    const config = JSON.parse(readFileSync(api.kubeconfig, 'utf8'));
    config.users[0].user = { token };
    const reader = writeJson(config);
    const before = podid.count('machines.patch');
    const ran = await podid.run(
      `add ${key} jobs --identity-resource-id ${identityId('jobs')} --mode cluster --kubeconfig ${reader}`,
    );
    expect(ran.exitCode, ran.stderr).toBe(6);
    expect(errorOf(ran.stderr)).toMatchObject({
      code: 'MirrorFailed',
      hint: expect.stringContaining('kubectl create role'),
    });
    expect(podid.count('machines.patch')).toBe(before);
    expect((await podid.run(`list --mode cluster --kubeconfig ${reader}`)).exitCode).toBe(0);
  });

  it('works on a private cluster through runCommand, with the same results', async () => {
    const path = [clusterPrograms().folder, '/usr/bin'].join(delimiter);
    await using far = await emulatedPodid({ scenario: 'first-time', kubeconfig: api.kubeconfig, path });
    const via = async (line: string) => {
      const ran = await far.run(`${line} --mode cluster --via run-command`);
      expect(ran.exitCode, `${line}: ${ran.stderr}`).toBe(0);
      return JSON.parse(ran.stdout);
    };
    expect(await via(addWeb)).toMatchObject({ bindingSelector: 'web', provisioningState: 'Assigned' });
    expect(object('azureidentities', 'web')?.metadata.labels).toMatchObject({
      'app.kubernetes.io/managed-by': 'podid',
    });
    expect(await via(`update ${key} web --binding-selector far`)).toMatchObject({ bindingSelector: 'far' });
    expect(await via(`exception add ${key} legacy --pod-labels app=legacy`)).toMatchObject({
      name: 'legacy',
    });
    expect(await via('list --query [].bindingSelector')).toEqual(['far']);
    expect(await via('status')).toMatchObject({ mode: 'cluster', identities: 1, exceptions: 1, failed: [] });
    const nowhere = await far.run(
      `add --namespace nowhere --name web --identity-resource-id ${identityId('web')} --mode cluster --via run-command`,
    );
    expect([nowhere.exitCode, errorOf(nowhere.stderr).code]).toEqual([4, 'NamespaceNotFound']);
    await via(`exception delete ${key} legacy`);
    await via(`delete ${key} web`);
    expect(objects('azureidentities')).toEqual([]);
  });

  it('ends with every entry when twenty are added at once', async () => {
    const names = Array.from({ length: 20 }, (_, index) => `many-${index}`);
    const added = await Promise.all(
      names.map((name) => run(`add ${key} ${name} --identity-resource-id ${identityId('web')}`)),
    );
    expect(added.map(({ exitCode, stderr }) => (exitCode === 0 ? '' : stderr)).join('')).toBe('');
    expect((await ok('list --query [].name')).toSorted()).toEqual(names.toSorted());
    const rivals = await Promise.all(
      ['one', 'two', 'three'].map((selector) =>
        run(`add ${key} rival --identity-resource-id ${identityId('web')} --binding-selector ${selector}`),
      ),
    );
    expect(rivals.map(({ exitCode }) => exitCode).toSorted()).toEqual([0, 5, 5]);
    const winner = rivals.find(({ exitCode }) => exitCode === 0);
    expect(object('azureidentitybindings', 'rival-binding')?.spec['selector']).toBe(
      JSON.parse(winner?.stdout ?? '{}').bindingSelector,
    );
  });
});
