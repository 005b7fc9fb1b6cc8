import { describe, expect, it } from 'vitest';
import type { CheckResult } from '../../src/workflows/doctor/check.ts';
import { withoutAddon } from './doctor-faults.ts';
import { type EmulatedPodid, emulatedPodid, identityId } from './emulated-podid.ts';

const addWeb = ['add', '--mode', 'cluster', '--namespace', 'demo', '--name', 'web'];

async function checksOf(podid: EmulatedPodid, line = 'doctor'): Promise<(name: string) => CheckResult> {
  const { stdout } = await podid.run(`${line} -o json`);
  const { checks } = JSON.parse(stdout) as { checks: CheckResult[] };
  return (name) => {
    const found = checks.find((check) => check.name === name);
    if (found === undefined) {
      throw new Error(`There is no check ${name}.`);
    }
    return found;
  };
}

async function withEntry(scenario: string): Promise<EmulatedPodid> {
  const podid = await emulatedPodid({ scenario });
  await podid.json([...addWeb, '--identity-resource-id', identityId('web')]);
  return podid;
}

describe('the doctor on a cluster without the add-on', () => {
  it.each(['first-time', 'service-principal', 'kubenet'])(
    'leads nobody to the add-on who works without it: %s',
    async (scenario) => {
      await using podid = await withEntry(scenario);
      const { stdout, exitCode } = await podid.run('doctor -o json');
      const { checks } = JSON.parse(stdout) as { checks: CheckResult[] };
      expect(checks.filter(({ result }) => result === 'fail')).toEqual([]);
      expect(exitCode).toBe(0);
      expect(checks.map(({ hint }) => String(hint ?? '')).join('\n')).not.toMatch(
        /podid enable|cluster update|object-id ''/,
      );
    },
  );

  it('takes a service principal for what it is', async () => {
    await using podid = await withEntry('service-principal');
    expect((await checksOf(podid))('cluster-identity')).toMatchObject({
      result: 'pass',
      message: expect.stringContaining('runs as a service principal, which does not matter'),
    });
  });

  it('names the way first that needs nothing, and then what the add-on needs, in order', async () => {
    await using secret = await emulatedPodid({ scenario: 'service-principal' });
    expect((await checksOf(secret))('add-on')).toMatchObject({
      result: 'fail',
      hint: expect.stringMatching(
        /^Without the add-on: podid add .*--mode cluster --help; with it: podid cluster update .*, then podid enable /,
      ),
    });
    await using kubenet = await emulatedPodid({ scenario: 'kubenet' });
    expect((await checksOf(kubenet))('add-on').hint).toMatch(
      /with it: podid policy kubenet .*--apply, then podid enable .*--enable-pod-identity-with-kubenet$/,
    );
  });
});

describe('what a hint has, word for word, on a cluster without the add-on', () => {
  const here = '-g demo-rg -c demo --subscription 00000000-0000-4000-8000-000000000001';

  async function inUse(): Promise<EmulatedPodid> {
    const podid = await emulatedPodid({ scenario: 'in-use' });
    withoutAddon(podid.emulator);
    return podid;
  }

  it('is where the objects live, for a binding that names nobody', async () => {
    await using podid = await inUse();
    podid.emulator.kube.seed({
      apiVersion: 'aadpodidentity.k8s.io/v1',
      kind: 'AzureIdentityBinding',
      metadata: { namespace: 'demo', name: 'web-binding' },
      spec: { azureIdentity: 'nobody', selector: 'web' },
    });
    expect((await checksOf(podid, 'doctor --namespace demo --pod web-1'))('selector').hint).toBe(
      `podid add ${here} --mode cluster --namespace demo --name nobody --binding-selector web --identity-resource-id ${identityId('IDENTITY')}  # with the name of the managed identity for IDENTITY`,
    );
  });

  it('is the principal that Azure knows, for an identity without a role', async () => {
    await using podid = await inUse();
    const { roleAssignments } = podid.emulator.world;
    for (const [key, one] of roleAssignments) {
      if (!one.principalId.endsWith('c1')) {
        roleAssignments.delete(key);
      }
    }
    expect((await checksOf(podid))('own-roles')).toMatchObject({
      result: 'warn',
      hint: 'az role assignment create --role ROLE --assignee-object-id 00000000-0000-4000-8000-00000b1e0001 --assignee-principal-type ServicePrincipal --scope SCOPE  # with what the pods need for ROLE (Reader, for one) and the id of the resource for SCOPE',
    });
  });
});

describe('pools of single virtual machines', () => {
  const pools = [{ name: 'solo', osType: 'Linux', type: 'VirtualMachines' }];

  it.each([
    ['serve where podid puts the identities on nodes', false, 'pass', /^The node pool is Linux\.$/],
    ['do not where the add-on does', true, 'fail', /^No node pool can use .* on scale sets\.$/],
  ])('%s', async (_what, isOn, result, message) => {
    await using podid = await emulatedPodid({ scenario: 'in-use' });
    if (!isOn) {
      withoutAddon(podid.emulator);
    }
    for (const { document } of podid.emulator.world.clusters.values()) {
      Object.assign(document['properties'] as object, { agentPoolProfiles: pools });
    }
    expect((await checksOf(podid))('node-pools')).toMatchObject({
      result,
      message: expect.stringMatching(message),
    });
  });
});

describe('nodes without the identity of an entry', () => {
  it('are told alike by list and doctor, unless its tokens are exchanged', async () => {
    await using podid = await withEntry('first-time');
    for (const machine of podid.emulator.world.machines.values()) {
      machine['identity'] = { type: 'None' };
    }
    expect(await podid.json('list --mode cluster')).toMatchObject([
      { provisioningState: 'Failed', error: { code: 'NotOnNodes' } },
    ]);
    expect((await checksOf(podid))('node-identities').result).toBe('fail');

    const { kube } = podid.emulator;
    const identity = kube.get('azureidentities', 'demo', 'web');
    if (identity === undefined) {
      throw new Error('The entry has its identity.');
    }
    const annotations = {
      ...identity.metadata.annotations,
      'podid.io/token-source': 'exchange',
      'podid.io/tenant-id': '00000000-0000-4000-8000-00000000aaaa',
    };
    kube.seed({ ...identity, metadata: { ...identity.metadata, annotations } });
    expect(await podid.json('list --mode cluster --query [].error')).toEqual([]);
    expect((await checksOf(podid))('node-identities').result).toBe('pass');
  });
});

describe('kubenet', () => {
  it('is warned of until the policy stands, as the hint says, and not after', async () => {
    await using podid = await withEntry('kubenet');
    const before = (await checksOf(podid))('network-plugin');
    expect(before).toMatchObject({ result: 'warn', message: expect.stringContaining('NET_RAW') });
    const [, line = ''] =
      /^podid (.*--apply) {2}# denies NET_RAW to new pods/.exec(String(before.hint)) ?? [];
    expect(await podid.run(line)).toMatchObject({ exitCode: 0 });
    expect((await checksOf(podid))('network-plugin')).toMatchObject({
      result: 'pass',
      message: expect.stringContaining('(vap) refuses new pods'),
    });
  });

  it('is warned of where the policy does not deny', async () => {
    await using podid = await withEntry('kubenet');
    await podid.run('policy kubenet --apply');
    const { kube } = podid.emulator;
    const binding = kube.get('validatingadmissionpolicybindings', '', 'podid-kubenet-net-raw');
    if (binding === undefined) {
      throw new Error('The policy has its binding.');
    }
    kube.seed({ ...binding, spec: { ...(binding.spec as object), validationActions: ['Warn'] } });
    expect((await checksOf(podid))('network-plugin').result).toBe('warn');
  });

  it('says that the policy could not be read', async () => {
    await using podid = await withEntry('kubenet');
    const { kube } = podid.emulator;
    kube.faults = { ...kube.faults, deny: [{ resource: 'validatingadmissionpolicies' }] };
    expect((await checksOf(podid))('network-plugin')).toMatchObject({
      result: 'warn',
      message: expect.stringContaining('could not be read'),
    });
  });
});

describe('an object that is being deleted and has a finalizer', () => {
  function beingDeleted({ emulator: { kube } }: EmulatedPodid, kind: string, name: string): void {
    const object = kube.get(kind, 'demo', name);
    if (object === undefined) {
      throw new Error(`There is no ${kind} ${name}.`);
    }
    const deletionTimestamp = '2026-01-01T00:00:00Z';
    kube.seed({
      ...object,
      metadata: { ...object.metadata, deletionTimestamp, finalizers: ['example.com/keep'] },
    });
  }

  it.each([
    ['azureidentities', 'web', 'AzureIdentity demo/web is'],
    ['azureidentitybindings', 'web-binding', 'AzureIdentityBinding demo/web-binding is'],
  ])('is told by list and doctor on a cluster without the add-on: %s', async (kind, name, told) => {
    await using podid = await withEntry('first-time');
    beingDeleted(podid, kind, name);
    expect(await podid.json('list --mode cluster')).toMatchObject([
      { name: 'web', provisioningState: 'Deleting' },
    ]);
    const checkOf = await checksOf(podid);
    expect(checkOf('objects')).toMatchObject({
      result: 'warn',
      message: expect.stringContaining(`${told} being deleted and waits for its finalizers.`),
      hint: `kubectl get ${told.split(' ')[0]?.toLowerCase()} ${name} -n demo -o 'jsonpath={.metadata.finalizers}'`,
    });
    expect(checkOf('entries').message).not.toContain('Azure');
  });

  it('is told by doctor with the add-on, too', async () => {
    await using podid = await emulatedPodid({ scenario: 'in-use' });
    const { kube } = podid.emulator;
    const [{ metadata } = { metadata: { name: '' } }] = kube.list('azureidentities', 'demo');
    beingDeleted(podid, 'azureidentities', metadata.name);
    expect((await checksOf(podid))('objects')).toMatchObject({
      result: 'warn',
      message: expect.stringContaining(`AzureIdentity demo/${metadata.name} is being deleted`),
    });
  });
});

describe('a selector that no pod can have as its label', () => {
  it('is Failed in list, with the reason, and the doctor tells it', async () => {
    await using podid = await withEntry('first-time');
    const binding = podid.emulator.kube.get('azureidentitybindings', 'demo', 'web-binding');
    if (binding === undefined) {
      throw new Error('The entry has its binding.');
    }
    podid.emulator.kube.seed({ ...binding, spec: { azureIdentity: 'web', selector: 'web server' } });
    expect(await podid.json('list --mode cluster')).toMatchObject([
      { provisioningState: 'Failed', error: { code: 'SelectorInvalid' } },
    ]);
    const { hint, ...told } = (await checksOf(podid, 'doctor --namespace demo'))('entries');
    expect(told).toMatchObject({
      result: 'warn',
      message: expect.stringContaining('No pod can have "web server" as its label'),
    });
    await podid.json(String(hint).replace(/^podid /, ''));
    expect(await podid.json('list --mode cluster')).toMatchObject([
      { bindingSelector: 'web-server', provisioningState: 'Assigned' },
    ]);
  });
});
