import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { KubeObject } from '../../src/emulator/kube/objects/kube-object.ts';
import { withoutAddon } from './doctor-faults.ts';
import { type EmulatedPodid, emulatedPodid } from './emulated-podid.ts';
import { fastClock } from './exchange-emulator.ts';
import { givePodOwner, lastCommand, ownedWorld } from './migration-worlds.ts';
import { settle } from './standard-world.ts';
import { typeOthers } from './type-others.ts';

interface Shown {
  readonly cluster: string;
  readonly issuer: string | null;
  readonly workloads: readonly {
    readonly kind: string;
    readonly name: string;
    readonly pods: number | null;
    readonly state: string;
    readonly route: string;
    readonly next: string;
    readonly serviceAccount: string;
    readonly blockers: readonly { readonly code: string; readonly hint: string }[];
  }[];
  readonly limits: readonly { readonly identity: string; readonly used: number | null }[];
  readonly unread: readonly { readonly what: string }[];
}

async function planOf(podid: EmulatedPodid, more = ''): Promise<Shown> {
  return (await podid.json(`migrate plan -o json ${more}`.trim())) as Shown;
}

describe('podid migrate plan on the emulator', () => {
  it('leads from the first step to the last before the watching, by the commands that it prints', async () => {
    await using podid = await ownedWorld();
    const states: string[] = [];
    for (let step = 0; step < 3; step += 1) {
      const { workloads } = await planOf(podid);
      expect(workloads).toHaveLength(1);
      const [web] = workloads;
      states.push(web?.state ?? '');
      await typeOthers(podid, lastCommand(web?.next));
    }
    const { workloads, limits } = await planOf(podid);
    states.push(workloads[0]?.state ?? '');
    expect(states).toEqual(['planned', 'trusted', 'annotated', 'dual']);
    expect(workloads[0]).toMatchObject({
      kind: 'Deployment',
      pods: 1,
      serviceAccount: 'web',
      route: 'native',
    });
    expect(limits).toMatchObject([{ used: 1, after: 1, most: 20 }]);
    const again = await podid.run((workloads[0]?.next ?? '').replace(/^.*: podid /, ''));
    expect(again.exitCode, again.stderr).toBe(0);
  });

  it('proposes an account in place of default, by commands that lead on', async () => {
    await using podid = await emulatedPodid({ scenario: 'oidc-issuer' });
    givePodOwner(podid);
    const { workloads } = await planOf(podid);
    expect(workloads.map(({ state }) => state)).toEqual(['blocked(SaDefault)']);
    for (const line of (workloads[0]?.next ?? '').split('; ')) {
      await typeOthers(podid, line);
    }
    expect((await planOf(podid)).workloads).toMatchObject([{ state: 'planned', serviceAccount: 'web' }]);
  });

  it('says so where a namespace has no workload with pod identity', async () => {
    await using podid = await ownedWorld();
    const note = 'No workload of the namespace nowhere has pod identity.';
    expect((await podid.run('migrate plan --namespace nowhere')).stderr).toContain(note);
    expect((await podid.run('migrate plan --namespace demo')).stderr).not.toContain('No workload');
  });

  it('is a page for a browser with -o html, as no other result is', async () => {
    await using podid = await ownedWorld();
    const { exitCode, stdout } = await podid.run('migrate plan -o html');
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^<!DOCTYPE html>\n.*default-src 'none';.*<td>Deployment\/web<td>.*<\/html>\n$/s);
    expect(stdout).toMatch(/<pre>.*1 workload, none blocked\.<\/pre>/s);
    const refused = await podid.run('list -o html');
    expect([refused.exitCode, refused.stdout]).toEqual([2, '']);
    expect(refused.stderr).toContain(
      '--output html is for podid access, podid migrate plan and podid migrate status.',
    );
  });

  it.each([
    ['--out page.html', 'page.html'],
    ['--out page.HTM -o table', 'page.HTM'],
    ['-o html --out page.html', 'page.html'],
  ])("writes the page with %s, and proposes it as nobody's plan", async (flags, name) => {
    await using podid = await ownedWorld();
    const folder = await mkdtemp(join(tmpdir(), 'podid-page-'));
    try {
      const path = join(folder, name);
      const ran = await podid.run(`migrate plan ${flags.replace(name, path)}`);
      expect(ran.exitCode, ran.stderr).toBe(0);
      expect(await readFile(path, 'utf8')).toMatch(/^<!DOCTYPE html>\n/);
      expect(ran.stdout).not.toContain('<!DOCTYPE');
      expect(ran.stderr).toContain(`The page is in ${path}.`);
      expect(ran.stderr).toMatch(/: podid migrate apply -g demo-rg -c demo --subscription \S+\n$/);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it('writes the plan into a file of YAML, also beside a page', async () => {
    await using podid = await ownedWorld();
    const folder = await mkdtemp(join(tmpdir(), 'podid-page-'));
    try {
      const path = join(folder, 'plan.yaml');
      const ran = await podid.run(['migrate', 'plan', '-o', 'html', '--out', path]);
      expect(ran.stdout).toMatch(/^<!DOCTYPE html>\n/);
      expect(parse(await readFile(path, 'utf8'))).toMatchObject({ kind: 'MigrationPlan' });
      expect(ran.stderr).toMatch(new RegExp(`podid migrate apply .* -f ${path}\n$`));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it('leads on by podid itself where the cluster lacks only what that turns on', async () => {
    await using podid = await ownedWorld({ clock: fastClock() }, 'in-use');
    const { stdout, stderr } = await podid.run('migrate plan -o table');
    expect(stdout).toMatch(
      /\ndemo Deployment\/web\n {2}→ podid turns the issuer on, .*: podid migrate apply /,
    );
    expect(stderr).toMatch(/podid turns on what the cluster lacks, .*: podid migrate apply -g demo-rg /);
    const [web] = (await planOf(podid)).workloads;
    expect(web?.blockers.map(({ code }) => code)).toEqual(['NoIssuer', 'NoWebhook']);
    const typed = (web?.next ?? '').replace(/^.*: podid /, '');
    const ran = await podid.run(`${typed} --yes --rounds 3 --over 2s`);
    expect(ran.exitCode, ran.stderr).toBe(0);
    expect((await planOf(podid)).workloads).toMatchObject([{ state: 'trusted' }]);
  });

  it('sends nothing but reads', async () => {
    await using podid = await ownedWorld();
    const [before, kubeBefore] = [podid.emulator.requests.length, podid.emulator.kube.requests.length];
    await planOf(podid);
    const sent = podid.emulator.requests.slice(before).map(({ method, path }) => ({ method, path }));
    const ofKube = podid.emulator.kube.requests
      .slice(kubeBefore)
      .map(({ verb, resource }) => (verb === 'list' ? verb : `${verb} ${resource}`));
    expect(sent.filter(({ method, path }) => method !== 'GET' && !path.includes('/listCluster'))).toEqual([]);
    // Of the agents what they saw.
    expect(new Set(ofKube)).toEqual(new Set(['list', 'get pods/proxy']));
    const lists = podid.emulator.kube.requests
      .slice(kubeBefore)
      .filter(({ verb }) => verb === 'list')
      .map(({ resource, namespace }) => `${resource} ${namespace}`);
    // The agents, for the mode that they are in and for what they saw.
    expect(lists.filter((list) => list === 'pods kube-system')).toEqual(['pods kube-system']);
  });

  it.each<[string, () => Promise<EmulatedPodid>, readonly string[]]>([
    ['with the add-on', () => emulatedPodid({ scenario: 'in-use' }), ['Deployment/web', 'Pod/web-1']],
    [
      'without the add-on',
      async () => {
        const podid = await emulatedPodid({ scenario: 'in-use' });
        withoutAddon(podid.emulator);
        return podid;
      },
      ['Deployment/web', 'Pod/web-1'],
    ],
    [
      'in standard mode',
      async () => {
        const podid = await emulatedPodid({ scenario: 'standard-mode' });
        settle(podid.emulator);
        return podid;
      },
      ['Pod/jobs-1', 'Pod/web-1'],
    ],
  ])('finds what has pod identity %s', async (_mode, world, names) => {
    await using podid = await world();
    const { workloads, issuer } = await planOf(podid);
    expect(workloads.map(({ kind, name }) => `${kind}/${name}`)).toEqual(names);
    expect(issuer).toBeNull();
    expect(workloads.flatMap(({ blockers }) => blockers.map(({ code }) => code))).toContain('NoIssuer');
  });

  it('is blocked by an owner that it does not know, for that workload alone', async () => {
    await using podid = await ownedWorld();
    const owner = {
      apiVersion: 'apps.kruise.io/v1',
      kind: 'CloneSet',
      name: 'clone',
      uid: 'u',
      controller: true,
    };
    podid.emulator.kube.seed({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        namespace: 'demo',
        name: 'clone-1',
        labels: { aadpodidbinding: 'web' },
        ownerReferences: [owner],
      } as KubeObject['metadata'],
      spec: { serviceAccountName: 'clone', containers: [] },
    });
    const { workloads } = await planOf(podid);
    expect(workloads.map(({ kind, name, state }) => [kind, name, state])).toEqual([
      ['CloneSet', 'clone', 'blocked(UnknownOwner)'],
      ['Deployment', 'web', 'planned'],
    ]);
  });

  it('takes what may not be read for unknown, and says so', async () => {
    await using podid = await ownedWorld();
    podid.emulator.kube.faults = { ...podid.emulator.kube.faults, deny: [{ resource: 'serviceaccounts' }] };
    podid.emulator.faults.add({
      match: { path: 'federatedIdentityCredentials' },
      effect: { status: 403, body: { error: { code: 'AuthorizationFailed', message: 'No right.' } } },
    });
    const { stdout, stderr, exitCode } = await podid.run('migrate plan -o json');
    const shown = JSON.parse(stdout) as Shown;
    expect(exitCode).toBe(0);
    expect(shown.workloads.map(({ state }) => state)).toEqual(['blocked(Unread)']);
    expect(shown.unread.map(({ what }) => what)).toEqual(['service accounts', 'federated credentials']);
    expect(shown.limits).toMatchObject([{ used: null }]);
    expect(stderr).toMatch(/podid could not read service accounts: /);
  });

  it('counts no pods where they may not be listed, and calls no namespace free of what it could not read', async () => {
    await using podid = await ownedWorld();
    const deny = [{ resource: 'pods' }];
    podid.emulator.kube.faults = { ...podid.emulator.kube.faults, deny };
    expect((await planOf(podid)).workloads).toMatchObject([{ name: 'web', pods: null }]);
    const { stdout } = await podid.run('migrate plan -o table');
    expect(stdout).toMatch(/^demo +Deployment\/web +unknown /m);
    const elsewhere = await podid.run('migrate plan --namespace kube-public -o table');
    expect(elsewhere.stderr).not.toContain('No workload of the namespace');
    expect(elsewhere.stdout).toMatch(/^0 workloads, none blocked\. Not read, and so unknown: .*pods\.$/m);
  });

  it('goes by the entries of the add-on where the objects may not be read, and says so', async () => {
    await using podid = await ownedWorld();
    podid.emulator.kube.faults = {
      ...podid.emulator.kube.faults,
      deny: [{ resource: 'azureidentities' }, { resource: 'daemonsets' }],
    };
    const { workloads, unread } = await planOf(podid);
    expect(workloads.map(({ name }) => name)).toEqual(['web']);
    expect(unread.map(({ what }) => what)).toEqual([
      'the objects of pod identity, for which the entries of the add-on stand',
      'node agents, by which standard mode is recognised',
      'DaemonSets',
    ]);
  });

  it('finds nothing in a cluster that does not know the kinds of pod identity', async () => {
    await using podid = await emulatedPodid({ scenario: 'first-time' });
    const { kube } = podid.emulator;
    for (const { metadata } of kube.list('customresourcedefinitions', '')) {
      kube.remove('customresourcedefinitions', '', metadata.name);
    }
    expect(await planOf(podid)).toMatchObject({ workloads: [], unread: [] });
  });

  it('finds the managed identity of an object that names its client id alone', async () => {
    await using podid = await ownedWorld();
    const { kube } = podid.emulator;
    const web = kube.get('azureidentities', 'demo', 'web');
    if (web === undefined) {
      throw new Error('The scenario has AzureIdentity demo/web.');
    }
    const { clientID } = web.spec as { clientID: string };
    kube.seed({ ...web, spec: { type: 0, clientID } });
    const { workloads, limits } = await planOf(podid);
    expect(workloads.map(({ state }) => state)).toEqual(['planned']);
    expect(limits[0]?.identity).toMatch(/\/userAssignedIdentities\/web$/);
  });

  it('fails where the objects of pod identity may not be read and no profile says what they are', async () => {
    await using podid = await ownedWorld();
    withoutAddon(podid.emulator);
    podid.emulator.kube.faults = { ...podid.emulator.kube.faults, deny: [{ resource: 'azureidentities' }] };
    expect((await podid.run('migrate plan')).exitCode).toBe(6);
  });

  it('shows one workload, and refuses what is none', async () => {
    await using podid = await ownedWorld();
    const { workloads } = await planOf(podid, '--namespace demo --workload deploy/web');
    expect(workloads).toHaveLength(1);
    const missing = await podid.run('migrate plan --workload cronjob/nightly');
    expect([missing.exitCode, missing.stderr]).toEqual([
      4,
      expect.stringContaining('The cluster has no CronJob nightly with pod identity.'),
    ]);
    const wrong = await podid.run('migrate plan --workload web --namespace De/mo --force');
    expect(wrong.exitCode).toBe(2);
    expect(wrong.stderr).toContain('"web" is not KIND/NAME');
    expect(wrong.stderr).toContain('--force needs --out');
  });

  it('writes a file that stays the same as long as nothing changes', async () => {
    await using podid = await ownedWorld();
    const folder = await mkdtemp(join(tmpdir(), 'podid-plan-'));
    try {
      const path = join(folder, 'plan.yaml');
      const write = async (...more: string[]) => await podid.run(['migrate', 'plan', '--out', path, ...more]);
      expect((await write()).exitCode).toBe(0);
      const first = await readFile(path, 'utf8');
      expect(parse(first)).toMatchObject({
        apiVersion: 'podid.io/v1',
        kind: 'MigrationPlan',
        cluster: { resourceGroup: 'demo-rg', name: 'demo' },
        workloads: [
          { kind: 'Deployment', namespace: 'demo', name: 'web', route: 'native', serviceAccount: 'web' },
        ],
      });
      const refused = await write();
      expect([refused.exitCode, refused.stderr]).toEqual([
        2,
        expect.stringContaining('--force overwrites it'),
      ]);
      await write('--force');
      expect(await readFile(path, 'utf8')).toBe(first);
      const [web] = (await planOf(podid)).workloads;
      await typeOthers(podid, lastCommand(web?.next));
      await write('--force');
      const trusted = parse(await readFile(path, 'utf8')) as { readFrom: string };
      expect(trusted.readFrom).toBe((parse(first) as { readFrom: string }).readFrom);
      giveVariable(podid);
      await write('--force');
      const changed = parse(await readFile(path, 'utf8')) as { readFrom: string };
      expect(changed.readFrom).not.toBe(trusted.readFrom);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it('is a table with what holds below it', async () => {
    await using podid = await emulatedPodid({ scenario: 'in-use' });
    const { stdout } = await podid.run('migrate plan -o table');
    expect(stdout).toMatch(
      /^NAMESPACE +WORKLOAD +PODS +IDENTITY +SERVICEACCOUNT +SEEN +OWNER +ROUTE +STATE +NEXT\n/,
    );
    expect(stdout).toMatch(
      /^demo +Deployment\/web +0 +web +default → web +nothing in 0 min +— +native +blocked\(NoIssuer\) +see below$/m,
    );
    expect(stdout).toMatch(
      /^NoIssuer \(2 workloads\): Cluster demo has no OIDC issuer.*\n {2}→ .*: az aks update /m,
    );
    expect(stdout).toMatch(/\n2 workloads, 2 blocked\.\n$/);
    await using owned = await ownedWorld();
    const { stdout: table, stderr } = await owned.run('migrate plan --namespace demo -o table');
    expect(stderr).toMatch(/: podid migrate apply -g demo-rg -c demo --subscription \S+ --namespace demo\n$/);
    expect(table).toMatch(
      /^demo .* planned +trust\n\ndemo Deployment\/web\n {2}→ az identity federated-credential create /m,
    );
    expect(table).toMatch(/\n1 workload, none blocked\.\n$/);
    const wide = (await owned.run('migrate plan -o wide')).stdout;
    expect(wide).toMatch(/^demo .* planned +az identity federated-credential create /m);
  });
});

function giveVariable({ emulator: { kube } }: EmulatedPodid): void {
  const web = kube.get('deployments', 'demo', 'web');
  const spec = web?.spec as { template: { spec: { containers: readonly object[] } } };
  const containers = spec.template.spec.containers.map((each) => ({
    ...each,
    env: [{ name: 'AZURE_CLIENT_SECRET', value: 'x' }],
  }));
  const template = { ...spec.template, spec: { ...spec.template.spec, containers } };
  kube.seed({ ...(web as KubeObject), spec: { ...spec, template } });
}

describe('podid migrate status on the emulator', () => {
  it('shows what podid migrate plan shows where no file is given', async () => {
    await using podid = await ownedWorld();
    const shown = await podid.json('migrate status -o json');
    expect(shown).toMatchObject({ workloads: [{ name: 'web', state: 'planned' }] });
    expect(shown).toEqual(await podid.json('migrate plan -o json'));
  });

  it('follows the workloads of a file from the first step to the last', async () => {
    await using podid = await ownedWorld();
    const folder = await mkdtemp(join(tmpdir(), 'podid-status-'));
    try {
      const path = join(folder, 'plan.yaml');
      await podid.run(['migrate', 'plan', '--out', path]);
      const status = async () => (await podid.json(`migrate status -f ${path} -o json`)) as Shown;
      const states = [(await status()).workloads[0]?.state];
      for (let step = 0; step < 3; step += 1) {
        const { workloads } = await planOf(podid);
        await typeOthers(podid, lastCommand(workloads[0]?.next));
        states.push((await status()).workloads[0]?.state);
      }
      await podid.run('delete --namespace demo --name web');
      const { workloads } = await status();
      states.push(workloads[0]?.state);
      expect(states).toEqual(['planned', 'trusted', 'annotated', 'dual', 'cleaned']);
      expect(workloads).toMatchObject([{ changed: false, next: 'Nothing is left to do.' }]);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it('says what has changed, what is not in the file, and that the issuer is another one', async () => {
    await using podid = await ownedWorld();
    const folder = await mkdtemp(join(tmpdir(), 'podid-status-'));
    try {
      const path = join(folder, 'plan.yaml');
      await podid.run(['migrate', 'plan', '--out', path]);
      giveVariable(podid);
      podid.emulator.kube.seed({
        apiVersion: 'batch/v1',
        kind: 'CronJob',
        metadata: { namespace: 'demo', name: 'nightly' },
        spec: {
          jobTemplate: { spec: { template: { metadata: { labels: { aadpodidbinding: 'web' } }, spec: {} } } },
        },
      });
      const other = (await readFile(path, 'utf8')).replace(/^issuer: .*$/m, 'issuer: https://example.net/');
      await writeFile(path, other);
      const ran = await podid.run(`migrate status -f ${path} -o table`);
      expect(ran.exitCode, ran.stderr).toBe(0);
      expect(ran.stdout).toMatch(/^demo +Deployment\/web .* blocked\(OwnEnv\), changed /m);
      expect(ran.stderr).toContain('With pod identity and not in the file: CronJob demo/nightly.');
      expect(ran.stderr).toContain('The plan is for the issuer https://example.net/');
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it('refuses a file that was edited to nonsense, before anything is sent', async () => {
    await using podid = await ownedWorld();
    const before = podid.emulator.requests.length;
    const ran = await podid.run(
      ['migrate', 'status', '-f', '-'],
      {},
      'kind: MigrationPlan\nworkloads: [{kind: 3}]\n',
    );
    expect(ran.exitCode).toBe(2);
    expect(ran.stderr).toContain('stdin:2:20: kind has to be a text, in quotes: "3"; this is a number.');
    expect(podid.emulator.requests.length).toBe(before);
    expect((await podid.run('migrate status -f nowhere.yaml')).stderr).toContain(
      '"nowhere.yaml" cannot be read',
    );
  });
});
