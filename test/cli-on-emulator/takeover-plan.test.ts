import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { DenyRule } from '../../src/emulator/kube/kube-faults.ts';
import { type EmulatedPodid, emulatedPodid, identityIdInAzure } from './emulated-podid.ts';

interface Planned {
  readonly addon: string;
  readonly identities: number;
  readonly machines: number;
  readonly blockers: readonly { readonly code: string; readonly hint: string }[];
  readonly notes: readonly { readonly code: string; readonly hint: string }[];
  readonly next: string;
}

const planOf = async (podid: EmulatedPodid, more = ''): Promise<Planned> =>
  (await podid.json(`takeover plan -g demo-rg -c demo -o json ${more}`.trim())) as Planned;
const denies =
  (rule: DenyRule) =>
  ({ emulator }: EmulatedPodid) => {
    emulator.kube.faults.deny = [rule];
  };
const codes = (found: readonly { readonly code: string }[]) => found.map(({ code }) => code);

describe('podid takeover plan on the emulator', () => {
  it('saves all that the add-on may take away, and reads only', async () => {
    await using podid = await emulatedPodid({ scenario: 'in-use' });
    const folder = await mkdtemp(join(tmpdir(), 'podid-takeover-'));
    const [before, kubeBefore] = [podid.emulator.requests.length, podid.emulator.kube.requests.length];
    const planned = await planOf(podid, `--out ${join(folder, 'takeover.yaml')}`);
    expect(planned).toMatchObject({ addon: 'on', identities: 1, machines: 1, blockers: [] });
    expect(planned.next).toContain('podid takeover apply');
    const saved = parse(await readFile(join(folder, 'takeover.yaml'), 'utf8'));
    expect(saved).toMatchObject({
      kind: 'PodIdentityTakeover',
      cluster: { name: 'demo' },
      clusterUid: podid.emulator.kube.get('Namespace', '', 'kube-system')?.metadata.uid,
      identities: [{ namespace: 'demo', name: 'web', identityResourceId: expect.stringContaining('/web') }],
      objects: { identities: [{ metadata: { name: 'web', namespace: 'demo' } }] },
      machines: [{ identities: expect.arrayContaining([identityIdInAzure('web')]) }],
    });
    await rm(folder, { recursive: true });
    const sent = podid.emulator.requests.slice(before).map(({ method, path }) => ({ method, path }));
    expect(sent.filter(({ method, path }) => method !== 'GET' && !path.includes('/listCluster'))).toEqual([]);
    const verbs = podid.emulator.kube.requests.slice(kubeBefore).map(({ verb }) => verb);
    expect(new Set(verbs)).toEqual(new Set(['get', 'list']));
  });

  it.each<[string, string, (podid: EmulatedPodid) => void | Promise<void>, string]>([
    ['the add-on is off', 'in-use', async (podid) => void (await podid.run('disable --yes')), 'AddonOff'],
    ['an entry is Failed', 'failed-entry', () => undefined, 'DeadEntry'],
    ['an identity is gone', 'gone-identity', () => undefined, 'DeadEntry'],
    [
      'the objects are not those of Azure',
      'in-use',
      ({ emulator }) => emulator.kube.remove('AzureIdentityBinding', 'demo', 'web-binding'),
      'ObjectsMissing',
    ],
    [
      'the definitions are gone',
      'in-use',
      ({ emulator }) => {
        emulator.kube.faults.missingCrds = true;
      },
      'ObjectsUnread',
    ],
    ['nodes may not be listed', 'in-use', denies({ verb: 'list', resource: 'nodes' }), 'ClusterUnread'],
    ['pods may not be listed', 'in-use', denies({ verb: 'list', resource: 'pods' }), 'ClusterUnread'],
    [
      'DaemonSets may be listed in the namespace of the agent alone',
      'in-use',
      denies({ verb: 'list', resource: 'daemonsets', namespace: '' }),
      'ClusterUnread',
    ],
    [
      'DaemonSets may not be listed at all',
      'in-use',
      denies({ verb: 'list', resource: 'daemonsets' }),
      'ClusterUnread',
    ],
    [
      'the ConfigMap of a takeover may not be read',
      'in-use',
      denies({ verb: 'get', resource: 'configmaps' }),
      'ClusterUnread',
    ],
    [
      'the uid of the cluster may not be read',
      'in-use',
      denies({ verb: 'get', resource: 'namespaces' }),
      'ClusterUnread',
    ],
  ])('is blocked where %s', async (_, scenario, disturb, code) => {
    await using podid = await emulatedPodid({ scenario });
    await disturb(podid);
    expect(codes((await planOf(podid)).blockers)).toContain(code);
  });

  it('names what of the cluster may not be listed, in the words of its API server, and how to see the right', async () => {
    await using podid = await emulatedPodid({ scenario: 'in-use' });
    podid.emulator.kube.faults.deny = ['nodes', 'pods'].map((resource) => ({ verb: 'list', resource }));
    const { blockers, next } = await planOf(podid);
    expect(blockers).toEqual([
      {
        code: 'ClusterUnread',
        message: expect.stringMatching(
          /^The cluster's nodes and agents cannot be listed, .* list nodes .*nodes \S* is forbidden.* list pods .*pods \S* is forbidden/,
        ),
        hint: 'kubectl auth can-i list nodes --all-namespaces',
      },
    ]);
    expect(next).toBe('kubectl auth can-i list nodes --all-namespaces');
    const { stdout } = await podid.run('takeover plan -g demo-rg -c demo -o table');
    expect(stdout).not.toContain('Nothing blocks it');
  });

  it('writes no file, and tells the rest, where nobody can see whether an agent is there', async () => {
    await using podid = await emulatedPodid({ scenario: 'in-use' });
    podid.emulator.kube.faults.deny = [{ verb: 'list', resource: 'daemonsets' }];
    const { blockers, ...rest } = await planOf(podid);
    expect(blockers).toEqual([
      {
        code: 'ClusterUnread',
        message: expect.stringMatching(/^The cluster's agents cannot be listed, .*daemonsets.* is forbidden/),
        hint: expect.any(String),
      },
    ]);
    expect(rest).toMatchObject({ addon: 'on', identities: 1, machines: 1 });
    const folder = await mkdtemp(join(tmpdir(), 'podid-takeover-'));
    const ran = await podid.run(`takeover plan -g demo-rg -c demo --out ${join(folder, 'takeover.yaml')}`);
    expect([ran.exitCode, ran.stdout]).toEqual([6, expect.stringContaining('ClusterUnread')]);
    expect(await readdir(folder)).toEqual([]);
    await rm(folder, { recursive: true });
  });

  it('saves in its file what could be read whole, by which nothing is begun while agents cannot be seen', async () => {
    await using podid = await emulatedPodid({ scenario: 'in-use' });
    const folder = await mkdtemp(join(tmpdir(), 'podid-takeover-'));
    const [seen, blind] = [join(folder, 'seen.yaml'), join(folder, 'blind.yaml')];
    await planOf(podid, `--out ${seen}`);
    podid.emulator.kube.faults.deny = [{ verb: 'list', resource: 'nodes' }];
    expect(codes((await planOf(podid, `--out ${blind}`)).blockers)).toEqual(['ClusterUnread']);
    expect(await readFile(blind, 'utf8')).toBe(await readFile(seen, 'utf8'));
    for (const dry of ['--dry-run', '--yes']) {
      const applied = await podid.run(`takeover apply -g demo-rg -c demo -f ${blind} ${dry}`);
      expect(applied.exitCode).toBe(5);
      expect(applied.stderr).toMatch(/ClusterUnread: [\s\S]*hint: kubectl auth can-i list nodes/);
    }
    expect(podid.emulator.kube.get('ConfigMap', 'kube-system', 'podid-takeover')).toBeUndefined();
    await rm(folder, { recursive: true });
  });

  it.each<[string, (podid: EmulatedPodid) => void, string, object, RegExp]>([
    [
      'the objects',
      denies({ resource: 'azureidentities' }),
      'ObjectsUnread',
      { identities: null, bindings: null, exceptions: null, machines: 1 },
      /^on +unknown +unknown +unknown +1 +\d$/m,
    ],
    [
      'the machines',
      ({ emulator }) =>
        emulator.faults.add({
          match: { method: 'GET', path: 'virtualMachineScaleSets' },
          effect: { status: 403, body: { error: { code: 'AuthorizationFailed', message: 'No right.' } } },
        }),
      'NodesUnread',
      { identities: 1, bindings: 1, exceptions: 1, machines: null },
      /^on +1 +1 +1 +unknown +\d$/m,
    ],
  ])(
    'counts as unknown %s that it may not read, and saves nothing without them',
    async (...[, disturb, code, counts, row]) => {
      await using podid = await emulatedPodid({ scenario: 'in-use' });
      const folder = await mkdtemp(join(tmpdir(), 'podid-takeover-'));
      const file = join(folder, 'takeover.yaml');
      disturb(podid);
      const planned = await planOf(podid);
      expect(planned).toMatchObject(counts);
      expect(codes(planned.blockers)).toContain(code);
      expect((await podid.run('takeover plan -g demo-rg -c demo -o table')).stdout).toMatch(row);
      const saving = await podid.run(`takeover plan -g demo-rg -c demo -o json --out ${file}`);
      expect(JSON.parse(saving.stdout)).toEqual(planned);
      expect(saving.exitCode).toBe(6);
      expect(saving.stderr).toContain(`${file} was not written: `);
      expect(await readdir(folder)).toEqual([]);
      await rm(folder, { recursive: true });
    },
  );

  it('saves as JSON the same as in YAML where the name of the file says so', async () => {
    await using podid = await emulatedPodid({ scenario: 'in-use' });
    const folder = await mkdtemp(join(tmpdir(), 'podid-takeover-'));
    const [yaml = '', json = ''] = await Promise.all(
      ['takeover.yml', 'takeover.JSON'].map(async (name) => {
        await planOf(podid, `--out ${join(folder, name)}`);
        return await readFile(join(folder, name), 'utf8');
      }),
    );
    expect(JSON.parse(json)).toEqual(parse(yaml));
    expect(yaml).toMatch(/^apiVersion: /);
    await rm(folder, { recursive: true });
  });

  it('leads to no blockers by the commands that it prints', async () => {
    await using podid = await emulatedPodid({ scenario: 'in-use' });
    podid.emulator.kube.remove('AzureIdentityBinding', 'demo', 'web-binding');
    const { next } = await planOf(podid);
    const typed = await podid.run(next.replace(/^podid /, ''));
    expect(typed.exitCode, typed.stderr).toBe(0);
    expect((await planOf(podid)).blockers).toEqual([]);
  });

  it('is blocked where nothing says with what the agent was installed, until its command was typed', async () => {
    await using podid = await emulatedPodid({ scenario: 'way-out' });
    const { kube } = podid.emulator;
    const found = kube.get('DaemonSet', 'kube-system', 'podid-nmi') as Parameters<typeof kube.seed>[0];
    kube.seed({ ...found, metadata: { ...found.metadata, annotations: {} } });
    const { blockers, next } = await planOf(podid);
    expect(codes(blockers)).toEqual(['AgentValuesUnknown']);
    expect(next).toContain('--set podid.exchange.enabled=true');
    const typed = await podid.run(`${next.replace(/^podid /, '')} --no-wait`);
    expect(typed.exitCode, typed.stderr).toBe(0);
    expect((await planOf(podid)).blockers).toEqual([]);
  });

  it('notes how the OIDC issuer is tried, in commands that can be typed', async () => {
    await using podid = await emulatedPodid({ scenario: 'in-use' });
    const { notes } = await planOf(podid);
    const hint = notes.find(({ code }) => code === 'NoIssuer')?.hint ?? '';
    const [, install = '', enable = ''] =
      /^With the values .*: podid (nmi install .*); then podid (exchange .*)$/.exec(hint) ?? [];
    // Nobody starts the pods of an agent here.
    for (const line of [`${install} --no-wait`, enable]) {
      const typed = await podid.run(line);
      expect([line, typed.exitCode], typed.stderr).toEqual([line, 0]);
    }
  });

  it('says once that it reads the cluster', async () => {
    await using podid = await emulatedPodid({ scenario: 'in-use' });
    const { stderr } = await podid.run('takeover plan -g demo-rg -c demo');
    expect(stderr.match(/Reading cluster demo/g)).toHaveLength(1);
  });

  it('tells before what depends on the add-on, and keeps nobody by it', async () => {
    await using podid = await emulatedPodid({ scenario: 'in-use' });
    podid.emulator.kube.seed({
      apiVersion: 'aadpodidentity.k8s.io/v1',
      kind: 'AzureIdentity',
      metadata: { namespace: 'demo', name: 'by-hand' },
      spec: { type: 1, clientID: '00000000-0000-4000-8000-0000c11e0009', clientPassword: { name: 's' } },
    });
    const { blockers, notes } = await planOf(podid);
    expect(blockers).toEqual([]);
    expect(codes(notes)).toEqual(expect.arrayContaining(['NoIssuer', 'EgressUnknown', 'ServicePrincipals']));
  });

  it('prints a table with each command', async () => {
    await using podid = await emulatedPodid({ scenario: 'gone-identity' });
    const { stdout, exitCode } = await podid.run('takeover plan -g demo-rg -c demo -o table');
    expect(exitCode).toBe(0);
    expect(stdout).toContain('DeadEntry: ');
    expect(stdout).toContain('→ podid delete ');
    expect(stdout).toContain('Blocked. Next: podid delete ');
  });
});

describe('podid takeover status on the emulator', () => {
  it('says so where none has been begun', async () => {
    await using podid = await emulatedPodid({ scenario: 'in-use' });
    expect(await podid.json('takeover status -g demo-rg -c demo -o json')).toMatchObject({
      step: 0,
      of: 8,
      state: 'not-begun',
      proof: { asked: 0, answered: 0, longestMs: null, silent: [] },
      next: expect.stringContaining('podid takeover plan'),
    });
  });

  it.each([
    ['of no meaning', { record: '{}' }],
    ['that is no JSON', { record: '{', export: '[', objects: 'null' }],
    ['without anything', {}],
  ])('believes no ConfigMap %s', async (_, data) => {
    await using podid = await emulatedPodid({ scenario: 'in-use' });
    podid.emulator.kube.seed({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { namespace: 'kube-system', name: 'podid-takeover' },
      data,
    });
    const ran = await podid.run('takeover status -g demo-rg -c demo');
    expect(ran.exitCode).toBe(5);
    expect(ran.stderr).toContain('is not a takeover of this cluster');
  });
});
