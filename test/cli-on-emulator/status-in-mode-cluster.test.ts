import { describe, expect, it } from 'vitest';
import { type EmulatedPodid, podidOfErrors as emulatedPodid, identityId } from './emulated-podid.ts';
import { errorOf } from './node-worlds.ts';
import { settle } from './standard-world.ts';

const add = `add --mode cluster --namespace demo --name web --identity-resource-id ${identityId('web')}`;

async function withEntry(scenario = 'first-time'): Promise<EmulatedPodid> {
  const podid = await emulatedPodid({ scenario });
  await podid.json(add);
  return podid;
}

function takeFromNodes({ emulator }: EmulatedPodid): void {
  for (const machine of emulator.world.machines.values()) {
    machine['identity'] = { type: 'None' };
  }
}

/** Each agent as podid's chart renders it with podid.exchange.default=exchange. */
function exchangeByDefault({ emulator: { kube } }: EmulatedPodid, tenantId: string): void {
  for (const pod of kube.list('pods', 'kube-system')) {
    if (!pod.metadata.name.startsWith('podid-nmi-')) {
      continue;
    }
    const { containers, volumes = [] } = pod['spec'] as {
      readonly containers: readonly { readonly command: readonly string[] }[];
      readonly volumes?: readonly object[];
    };
    const serviceAccountToken = { path: 'token', audience: 'api://AzureADTokenExchange' };
    const flags = ['--exchange-default=exchange', `--exchange-tenant-id=${tenantId}`];
    kube.seed({
      ...pod,
      spec: {
        ...(pod['spec'] as object),
        containers: containers.map((one) => ({ ...one, command: [...one.command, ...flags] })),
        volumes: [...volumes, { name: 'exchange', projected: { sources: [{ serviceAccountToken }] } }],
      },
    });
  }
}

interface Told {
  readonly listed: readonly string[];
  readonly status: readonly string[];
  readonly doctor: string;
}

/** Codes of entries that are Failed in list and status, and what the doctor thinks of the nodes. */
async function told(podid: EmulatedPodid): Promise<Told> {
  const query = "[?name=='node-identities'].result | [0]";
  const doctor = JSON.parse((await podid.run(['doctor', '-o', 'json', '--query', `checks${query}`])).stdout);
  return {
    listed: await podid.json('list --mode cluster --query [?error].error.code'),
    status: await podid.json('status --mode cluster --query failed[].error.code'),
    doctor,
  };
}

describe('podid status --mode cluster', () => {
  it('counts the entries that are objects, and names those that list and doctor call failed', async () => {
    await using podid = await withEntry();
    expect(await podid.json('status --mode cluster')).toMatchObject({
      ...{ enabled: false, mode: 'cluster', identities: 1, exceptions: 0, failed: [] },
      allowNetworkPluginKubenet: false,
    });
    takeFromNodes(podid);
    expect(await told(podid)).toEqual({ listed: ['NotOnNodes'], status: ['NotOnNodes'], doctor: 'fail' });
    const table = await podid.run('status --mode cluster -o table');
    expect(table.exitCode).toBe(0);
    expect(table.stdout).toMatch(/^failed +demo\/web: NotOnNodes: The identity is not on aks-/m);
    expect(table.stdout).toMatch(/^identities +1 \(1 [A-Z]\w+\)$/m);
  });

  it('names a service principal that agents cannot use, as list does', async () => {
    await using podid = await withEntry();
    podid.emulator.kube.seed({
      apiVersion: 'aadpodidentity.k8s.io/v1',
      kind: 'AzureIdentity',
      metadata: { namespace: 'demo', name: 'sp' },
      spec: { type: 1, clientID: '00000000-0000-4000-8000-0000000000c9' },
    });
    expect(await podid.json('status --mode cluster --query [identities,failed[].name]')).toEqual([2, ['sp']]);
  });

  it.each([
    ['a controller leads, and machines without its pods need nothing', settle, []],
    ['nobody leads, and machines lack the identities', () => undefined, ['jobs', 'web']],
  ])('says in standard mode what list says: %s', async (_what, seed, failed) => {
    await using podid = await emulatedPodid({ scenario: 'standard-mode' });
    seed(podid.emulator);
    expect(await podid.json('list --mode cluster --query [?error].name')).toEqual(failed);
    expect(await podid.json('status --mode cluster --query failed[].name')).toEqual(failed);
  });

  it('leaves the nodes out of it where agents exchange tokens by default, as list and doctor do', async () => {
    await using podid = await withEntry();
    takeFromNodes(podid);
    exchangeByDefault(podid, '00000000-0000-4000-8000-00000000aaaa');
    expect(await told(podid)).toEqual({ listed: [], status: [], doctor: 'pass' });
  });

  it('sees what is missing where agents are to exchange and name no tenant', async () => {
    await using podid = await withEntry();
    takeFromNodes(podid);
    exchangeByDefault(podid, '');
    expect(await told(podid)).toEqual({ listed: ['NotOnNodes'], status: ['NotOnNodes'], doctor: 'fail' });
  });

  it('goes by the objects alone where the caller may not see the agents', async () => {
    await using podid = await withEntry();
    takeFromNodes(podid);
    podid.emulator.kube.faults = { ...podid.emulator.kube.faults, deny: [{ resource: 'daemonsets' }] };
    expect(await told(podid)).toMatchObject({ listed: ['NotOnNodes'], status: ['NotOnNodes'] });
  });

  it('is refused where the add-on is on, with a command that is taken', async () => {
    await using podid = await emulatedPodid();
    const refused = errorOf(await podid.run('status --mode cluster'));
    expect(refused).toMatchObject({ exitCode: 5, code: 'AddonEnabled' });
    const line = /podid (.*)$/.exec(String(refused.hint))?.[1] ?? '';
    expect((await podid.run(line)).exitCode).toBe(0);
  });

  it.each([
    ['--mode cluster --drift', /--drift cannot be used in mode cluster/],
    ['--mode cluster --raw-cluster', /--raw-cluster cannot be used in mode cluster/],
    ['--mode cluster --via run-command --agent', /--agent needs the whole API/],
    ['--via run-command', /--via needs --drift or --mode cluster/],
    ['--mode clutser', /Nearest: cluster/],
  ])('with %s sends nothing', async (flags, message) => {
    await using podid = await withEntry();
    const sent = podid.emulator.requests.length;
    const ran = await podid.run(`status ${flags}`);
    expect(errorOf(ran)).toMatchObject({ exitCode: 2, message: expect.stringMatching(message) });
    expect(podid.emulator.requests).toHaveLength(sent);
  });
});
