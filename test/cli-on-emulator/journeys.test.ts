import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { parse } from 'yaml';
import { type EmulatedPodid, podidOfErrors as emulatedPodid, identityId } from './emulated-podid.ts';

const addWeb = ['add', '--namespace', 'demo', '--name', 'web', '--identity-resource-id', identityId('web')];

describe('a pod identity', () => {
  it('is added, listed, shown, updated, waited for and deleted', async () => {
    await using podid = await emulatedPodid();
    const added = await podid.run(addWeb);
    expect(added.exitCode, added.stderr).toBe(0);
    expect(JSON.parse(added.stdout)).toEqual({
      name: 'web',
      namespace: 'demo',
      bindingSelector: 'web',
      identity: {
        resourceId: expect.stringMatching(/userAssignedIdentities\/web$/),
        clientId: '00000000-0000-4000-8000-0000c11e0001',
        objectId: '00000000-0000-4000-8000-00000b1e0001',
      },
      provisioningState: 'Assigned',
    });
    expect(podid.count('clusters.put')).toBe(1);

    expect(await podid.json('list --query [].name')).toEqual(['web']);
    expect(await podid.json('show --namespace demo --name web --query bindingSelector')).toBe('web');
    const updated = await podid.json('update --namespace demo --name web --binding-selector frontend');
    expect(updated).toMatchObject({ bindingSelector: 'frontend', provisioningState: 'Assigned' });
    expect(await podid.json('wait --namespace demo --name web --for assigned --query name')).toBe('web');
    expect(await podid.json('delete --namespace demo --name web --query name')).toBe('web');
    expect(await podid.json('wait --namespace demo --name web --for deleted')).toBeNull();
    expect(await podid.json('list')).toEqual([]);
  });

  it('is added once, however often it is asked for', async () => {
    await using podid = await emulatedPodid();
    await podid.json(addWeb);
    const again = await podid.json(addWeb);
    expect(again).toMatchObject({ name: 'web', provisioningState: 'Assigned' });
    expect(podid.count('clusters.put')).toBe(1);
  });

  it('takes the name of its identity when none is given, and says so', async () => {
    await using podid = await emulatedPodid();
    const ran = await podid.run(addWeb.filter((word) => word !== '--name' && word !== 'web'));
    expect(JSON.parse(ran.stdout)).toMatchObject({ name: 'web' });
    expect(ran.stderr).toContain('web');
  });

  it('is refused with exit 5 under the same name with other content', async () => {
    await using podid = await emulatedPodid();
    await podid.json(addWeb);
    const other = addWeb.map((word) => (word === identityId('web') ? identityId('jobs') : word));
    const ran = await podid.run(other);
    expect(ran).toMatchObject({ exitCode: 5, stdout: '' });
    expect(errorOf(ran.stderr)).toMatchObject({ code: 'EntryConflict' });
  });

  it('that is missing is 4 for delete, show and update, and null for --ignore-not-found', async () => {
    await using podid = await emulatedPodid();
    const key = '--namespace demo --name nobody';
    expect((await podid.run(`delete ${key}`)).exitCode).toBe(4);
    expect((await podid.run(`show ${key}`)).exitCode).toBe(4);
    expect((await podid.run(`update ${key} --binding-selector x`)).exitCode).toBe(4);
    expect(await podid.json(`delete ${key} --ignore-not-found`)).toBeNull();
    expect(podid.count('clusters.put')).toBe(0);
  });

  it('whose identity does not exist is 4, and nothing is sent', async () => {
    await using podid = await emulatedPodid();
    const ran = await podid.run(addWeb.map((word) => (word.startsWith('/') ? identityId('nobody') : word)));
    expect(ran.exitCode).toBe(4);
    expect(errorOf(ran.stderr).code).toBe('IdentityNotFound');
    expect(podid.count('clusters.put')).toBe(0);
  });

  it('that ends as Failed is printed, reported and exits with 8', async () => {
    await using podid = await emulatedPodid();
    podid.emulator.faults.set([
      { match: { operation: 'clusters.put' }, effect: { failEntry: { namespace: 'demo', name: 'web' } } },
    ]);
    const ran = await podid.run(addWeb);
    expect(ran.exitCode).toBe(8);
    expect(JSON.parse(ran.stdout)).toMatchObject({ name: 'web', provisioningState: 'Failed' });
    expect(errorOf(ran.stderr).code).toBe('EntryFailed');
  });

  it('grants no role to the identity that would replace its own, unless somebody confirms', async () => {
    await using podid = await emulatedPodid();
    await podid.json([...addWeb, '--no-mirror']);
    const granted = podid.count('roleAssignments.put');
    const key = ['--namespace', 'demo', '--name', 'web'];
    const ran = await podid.run(['update', ...key, '--identity-resource-id', identityId('jobs')]);
    expect(ran.exitCode).toBe(2);
    expect(podid.count('roleAssignments.put')).toBe(granted);
  });

  it('is printed as Deleting by delete --no-wait', async () => {
    await using podid = await emulatedPodid();
    await podid.json(addWeb);
    const gone = await podid.json('delete --namespace demo --name web --no-wait');
    expect(gone).toMatchObject({ name: 'web', provisioningState: 'Deleting' });
  });

  it('is only planned with --dry-run', async () => {
    await using podid = await emulatedPodid();
    const plan = await podid.run([...addWeb, '--dry-run', '--exit-code']);
    expect(plan.exitCode, plan.stderr).toBe(9);
    const { changes, puts } = JSON.parse(plan.stdout);
    expect(puts).toBe(1);
    expect(changes).toContainEqual(
      expect.objectContaining({
        action: 'add',
        kind: 'identity',
        namespace: 'demo',
        name: 'web',
        before: null,
      }),
    );
    expect((await podid.run([...addWeb, '--dry-run'])).exitCode).toBe(0);
    expect(writes(podid)).toEqual([]);
    await podid.json(addWeb);
    expect((await podid.run([...addWeb, '--dry-run', '--exit-code'])).exitCode).toBe(0);
  });

  it('returns with --no-wait once Azure took it', async () => {
    await using podid = await emulatedPodid();
    const ran = await podid.run([...addWeb, '--no-wait']);
    expect(ran.exitCode, ran.stderr).toBe(0);
    expect(JSON.parse(ran.stdout)).toMatchObject({ name: 'web', provisioningState: 'Updating' });
    expect(await podid.json('wait --for idle')).toBeNull();
  });

  it('is printed as the whole cluster for scripts that az once fed', async () => {
    await using podid = await emulatedPodid();
    const query = 'podIdentityProfile.userAssignedIdentities[].name';
    const ran = await podid.run([...addWeb, '--raw-cluster', '--query', query, '-o', 'tsv']);
    expect(ran.stdout).toBe('web\n');
    expect(await podid.json('list --raw-cluster --query resourceGroup')).toBe('demo-rg');
  });

  it('sends custom headers with the PUT and with nothing else', async () => {
    await using podid = await emulatedPodid();
    await podid.json([...addWeb, '--aks-custom-headers', 'AKSHTTPCustomFeatures=a/b,X-Two=x=y']);
    const carried = podid.emulator.requests.filter((request) => request.headers['x-two'] === 'x=y');
    expect(carried.map((request) => request.operation)).toEqual(['clusters.put']);
    expect(carried[0]?.headers['akshttpcustomfeatures']).toBe('a/b');
  });
});

describe('an exception', () => {
  it('is added with several labels, replaced, listed and deleted', async () => {
    await using podid = await emulatedPodid();
    const key = '--namespace demo --name old';
    expect(await podid.json(`exception add ${key} --pod-labels b=2 a=1 --pod-labels c=`)).toEqual({
      name: 'old',
      namespace: 'demo',
      podLabels: { a: '1', b: '2', c: '' },
    });
    expect(await podid.json(`exception update ${key} --pod-labels x=y`)).toMatchObject({
      podLabels: { x: 'y' },
    });
    expect(await podid.json('exception list')).toHaveLength(1);
    expect(await podid.json('exception list --namespace other')).toEqual([]);
    expect(await podid.json(`exception show ${key} --query podLabels.x`)).toBe('y');
    expect(await podid.json(`exception delete ${key}`)).toMatchObject({ name: 'old' });
    expect((await podid.run(`exception delete ${key}`)).exitCode).toBe(4);
    expect((await podid.run(`exception update ${key} --pod-labels a=b`)).exitCode).toBe(4);
  });

  it('is named by podid when no name is given, and says so', async () => {
    await using podid = await emulatedPodid();
    const ran = await podid.run('exception add --namespace demo --pod-labels app=old');
    const { name } = JSON.parse(ran.stdout);
    expect(name).toMatch(/^[a-z][a-z0-9]{15}$/);
    expect(ran.stderr).toContain(`the exception is called ${name}`);
    const again = await podid.run('exception add --namespace demo --name= --pod-labels app=old');
    expect([JSON.parse(again.stdout).name, podid.count('clusters.put')]).toEqual([name, 1]);
  });
});

describe('the add-on', () => {
  it('is off at first, which lists show as empty and add as 5 with the way', async () => {
    await using podid = await emulatedPodid({ scenario: 'first-time' });
    expect(await podid.json('list')).toEqual([]);
    expect(await podid.json('exception list')).toEqual([]);
    const ran = await podid.run(addWeb);
    expect(ran).toMatchObject({ exitCode: 5, stdout: '' });
    expect(errorOf(ran.stderr)).toMatchObject({
      code: 'AddonDisabled',
      hint: expect.stringContaining('podid enable'),
    });
    expect(await podid.json('enable')).toMatchObject({ enabled: true, identities: 0, limit: 200 });
    expect(await podid.json(addWeb)).toMatchObject({ name: 'web' });
  });

  it('wants consent on kubenet, by either name of the flag', async () => {
    await using podid = await emulatedPodid({ scenario: 'kubenet' });
    const ran = await podid.run('enable');
    expect(errorOf(ran.stderr).code).toBe('KubenetConsentMissing');
    expect(await podid.json('enable --with-kubenet')).toMatchObject({ allowNetworkPluginKubenet: true });
  });

  it('is not turned off without an answer, and saves what was there first', async () => {
    await using podid = await emulatedPodid();
    const folder = await mkdtemp(join(tmpdir(), 'podid-cli-'));
    try {
      await podid.json(addWeb);
      const file = join(folder, 'saved.yaml');
      expect((await podid.run(['disable', '--export', file])).exitCode).toBe(2);
      expect(podid.count('clusters.put')).toBe(1);

      await writeFile(file, 'mine');
      const refused = await podid.run(['disable', '--yes', '--export', file]);
      expect(refused.exitCode).toBe(2);
      expect(await readFile(file, 'utf8')).toBe('mine');
      expect(podid.count('clusters.put')).toBe(1);

      const ran = await podid.run(['disable', '--yes', '--force', '--export', file]);
      expect(ran.exitCode, ran.stderr).toBe(0);
      expect(JSON.parse(ran.stdout)).toMatchObject({ enabled: false, identities: 0 });
      expect(parse(await readFile(file, 'utf8'))).toMatchObject({
        apiVersion: 'podid.io/v1',
        kind: 'PodIdentities',
        identities: [{ name: 'web', namespace: 'demo', bindingSelector: 'web' }],
        exceptions: [],
      });
      expect((await stat(file)).mode & 0o777).toBe(0o600);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it.each([
    ['PodIdentityAddonFeatureFlagNotEnabled', '--register-feature'],
    ['PodIdentityAddonWithKubeNetNeedsConsent', '--enable-pod-identity-with-kubenet'],
  ])('whose operation ends with %s is hinted at as its PUT would be', async (code, hint) => {
    await using podid = await emulatedPodid({ scenario: 'first-time' });
    const operation = { status: 'Failed', error: { code, message: 'no' } } as const;
    podid.emulator.faults.set([{ match: { operation: 'clusters.put' }, effect: { operation } }]);
    const ran = await podid.run('enable');
    expect(ran.exitCode).toBe(8);
    expect(errorOf(ran.stderr).hint).toContain(hint);
  });

  it('shows its drift when asked, from the cluster itself', async () => {
    await using podid = await emulatedPodid();
    await podid.json([...addWeb, '--no-mirror']);
    expect(await podid.json('status')).not.toHaveProperty('drift');
    expect(await podid.json('status --drift --query drift[].name')).toEqual(['web']);
    expect(await podid.json('mirror --query objects[].action')).toEqual(['create', 'create']);
    expect(await podid.json('status --drift --query drift')).toEqual([]);
    expect((await podid.run('mirror --dry-run --exit-code')).exitCode).toBe(0);
  });
});

describe('podid mirror', () => {
  it('fails as MirrorFailed, with 6, when the credentials are refused', async () => {
    await using podid = await emulatedPodid();
    podid.emulator.faults.set([{ match: { path: 'listClusterUserCredential' }, effect: { status: 403 } }]);
    const ran = await podid.run('mirror', { KUBECONFIG: '' });
    expect(ran.exitCode).toBe(6);
    expect(errorOf(ran.stderr).code).toBe('MirrorFailed');
  });

  it('prints changes and puts under --dry-run', async () => {
    await using podid = await emulatedPodid();
    await podid.json([...addWeb, '--no-mirror']);
    expect(await podid.json('mirror --dry-run')).toMatchObject({
      puts: 0,
      changes: [
        { action: 'add', kind: 'object', namespace: 'demo', name: 'web' },
        { action: 'add', kind: 'object', namespace: 'demo', name: 'web-binding' },
      ],
    });
  });
});

describe('what is broken', () => {
  it('goes in one change with delete --failed', async () => {
    await using podid = await emulatedPodid({ scenario: 'gone-identity' });
    expect((await podid.run('delete --failed')).exitCode).toBe(2);
    const gone = await podid.json('delete --failed --yes --query [].name');
    expect(gone).not.toEqual([]);
    expect(podid.count('clusters.put')).toBe(1);
  });

  it('is no error of list and status', async () => {
    await using podid = await emulatedPodid({ scenario: 'failed-entry' });
    expect(await podid.json("list --query [?provisioningState=='Failed']|[0].error.code")).toEqual(
      expect.any(String),
    );
    expect((await podid.run('status')).exitCode).toBe(0);
  });
});

describe('trouble', () => {
  it.each([
    [401, 3],
    [403, 6],
    [404, 4],
  ])('answered with %i on reading ends with %i and an empty stdout', async (status, exitCode) => {
    await using podid = await emulatedPodid();
    const body = { error: { code: 'AuthorizationFailed', message: 'no' } };
    podid.emulator.faults.set([{ match: { operation: 'clusters.get' }, effect: { status, body } }]);
    const ran = await podid.run('list');
    expect(ran).toMatchObject({ exitCode, stdout: '' });
    expect(ran.stderr).not.toContain('failed unexpectedly');
  });

  it('of a throttled read ends with 7 rather than sleep for the hour that the server names', async () => {
    await using podid = await emulatedPodid();
    podid.emulator.faults.set([
      { match: { operation: 'clusters.get' }, effect: { status: 429, headers: { 'retry-after': '3600' } } },
    ]);
    const ran = await podid.run('list');
    expect(ran.exitCode).toBe(7);
    expect(errorOf(ran.stderr).hint).toMatch(/again in \d+ s/);
    expect(podid.count('clusters.get')).toBe(1);
  });

  it.each([
    ['503', { status: 503 }],
    ['a web page', { status: 502, text: '<html>' }],
    ['cut connections', { drop: true }],
  ])('with every poll for three minutes, %s, is waited out without a second PUT', async (_title, effect) => {
    await using podid = await emulatedPodid();
    const { clock, faults } = podid.emulator;
    clock.setSpeed(0);
    faults.set([{ match: { operation: 'operations.get', forMs: 180_000 }, effect }]);
    let ended = false;
    const running = podid.run(addWeb).finally(() => {
      ended = true;
    });
    for (let minute = 0; minute < 3; minute += 1) {
      const polls = podid.count('operations.get');
      await vi.waitFor(() => expect(podid.count('operations.get')).toBeGreaterThan(polls + 2), 30_000);
      expect(ended).toBe(false);
      clock.advance(60_000);
    }
    const ran = await running;
    expect(ran.exitCode, ran.stderr).toBe(0);
    expect(JSON.parse(ran.stdout)).toMatchObject({ name: 'web', provisioningState: 'Assigned' });
    expect(podid.count('clusters.put')).toBe(1);
  });

  it("with an assignment keeps Azure's own words and request ids when the culprit is named", async () => {
    await using podid = await emulatedPodid({ scenario: 'gone-identity' });
    // The cluster has its role on it: with nothing to grant, the culprit is looked for once Azure has refused.
    const again = ['--namespace', 'demo', '--name', 'again', '--identity-resource-id', identityId('web')];
    const ran = await podid.run(['add', ...again]);
    expect(ran.exitCode, ran.stderr).toBe(5);
    expect(errorOf(ran.stderr)).toMatchObject({
      code: 'AssignmentBlocked',
      details: [{ code: 'PodIdentityAddonIdentitiesAssignmentError', message: expect.stringMatching(/./) }],
      requestId: expect.stringMatching(/./),
      correlationId: expect.stringMatching(/./),
    });
  });

  it('with an endpoint over plain http that is not loopback is 2, and no token goes there', async () => {
    await using podid = await emulatedPodid();
    const ran = await podid.run('list', { PODID_ARM_ENDPOINT: 'http://192.0.2.1' });
    expect(ran).toMatchObject({ exitCode: 2, stdout: '' });
  });

  it('with an unreadable kubeconfig is 2 before any request', async () => {
    await using podid = await emulatedPodid();
    const ran = await podid.run([...addWeb, '--kubeconfig', '/nonexistent/config']);
    expect(ran.exitCode).toBe(2);
    expect(podid.emulator.requests).toEqual([]);
  });

  it('with the cluster is a warning of add, and a failure under --require-mirror', async () => {
    await using podid = await emulatedPodid();
    const env = { KUBECONFIG: '' };
    podid.emulator.faults.set([
      { match: { operation: 'clusters.listClusterUserCredential' }, effect: { status: 403 } },
    ]);
    podid.emulator.faults.add({ match: { path: 'listClusterUserCredential' }, effect: { status: 403 } });
    const ran = await podid.run(addWeb, env);
    expect(ran.exitCode, ran.stderr).toBe(0);
    expect(ran.stderr).toContain('warning:');
    const required = await podid.run([...addWeb, '--require-mirror'], env);
    expect([6, 7]).toContain(required.exitCode);
    expect(JSON.parse(required.stdout)).toMatchObject({ name: 'web' });
    expect(errorOf(required.stderr).code).toBe('MirrorFailed');
  });

  it('never shows a secret, whatever is printed', async () => {
    await using podid = await emulatedPodid();
    const outputs = [
      await podid.run([...addWeb, '--debug', '--verbose']),
      await podid.run('mirror --debug', { KUBECONFIG: '' }),
      await podid.run('status --drift --debug'),
      await podid.run('delete --namespace demo --name web --debug -o table'),
    ];
    expect(outputs.map((ran) => ran.exitCode)).toEqual([0, 0, 0, 0]);
    for (const secret of podid.emulator.secrets) {
      for (const ran of outputs) {
        expect(`${ran.stdout}${ran.stderr}`).not.toContain(secret);
      }
    }
    expect(podid.emulator.secrets.size).toBeGreaterThan(2);
  });
});

describe('a subscription', () => {
  it('may be given by its name', async () => {
    await using podid = await emulatedPodid();
    expect(await podid.json(['list', '--subscription', 'Emulated subscription'])).toEqual([]);
    const ran = await podid.run(['list', '--subscription', 'Nobody']);
    expect(ran.exitCode).toBe(4);
    expect(errorOf(ran.stderr).code).toBe('SubscriptionNotFound');
  });
});

function errorOf(stderr: string): { readonly code: string; readonly hint: string } {
  return JSON.parse(stderr.trimEnd().split('\n').at(-1) ?? '');
}

function writes(podid: EmulatedPodid): string[] {
  return podid.emulator.requests
    .filter((request) => ['PUT', 'PATCH', 'POST', 'DELETE'].includes(request.method))
    .filter(
      (request) => !/listClusterUserCredential/i.test(request.path) && !/dryRun=All/.test(request.rawQuery),
    )
    .map((request) => `${request.method} ${request.path}`);
}
