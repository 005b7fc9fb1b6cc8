import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type JsonObject, listAt, objectAt } from '../../src/emulator/exact-json.ts';
import { scenarioCatalog } from '../../src/emulator/scenarios/scenario-catalog.ts';
import { identity } from '../../src/emulator/scenarios/scenario-parts.ts';
import { type Emulator, startEmulator } from '../../src/emulator/start-emulator.ts';
import { identityId } from '../cli-on-emulator/emulated-podid.ts';

const podid = fileURLToPath(new URL('../../bin/podid.js', import.meta.url));
const aks = '6dae42f8-4368-4678-94ff-3960e28e3630';

/** A world whose cluster signs in through Entra, with one entry in Azure. */
function entraWorld(): JsonObject {
  const world = structuredClone(scenarioCatalog['full'] ?? {});
  const properties = objectAt(listAt(world, 'clusters')[0], 'properties') ?? {};
  properties['aadProfile'] = { managed: true, enableAzureRBAC: false };
  const profile = objectAt(properties, 'podIdentityProfile') ?? {};
  profile['userAssignedIdentities'] = listAt(profile, 'userAssignedIdentities').slice(0, 1);
  world['identities'] = [...listAt(world, 'identities'), identity('api', 0x7777)];
  return world;
}

describe('a cluster that signs in through Entra', () => {
  let folder: string;
  let emulator: Emulator;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'podid-entra-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  beforeEach(async () => {
    emulator = await startEmulator({ tls: true, seed: entraWorld() });
    const kind = 'Namespace';
    emulator.kube.seed({ apiVersion: 'v1', kind, metadata: { name: 'demo' } });
  });
  afterEach(() => emulator.stop());

  /** Spawned, since Node reads its further authorities once, at its start. kubelogin is nowhere. */
  function run(argv: readonly string[], more: Readonly<Record<string, string>> = {}) {
    const { KUBECONFIG: _, ...environment } = emulator.environment;
    const env = { PATH: '/nowhere', HOME: folder, ...environment, ...more };
    return new Promise<{ code: number; stdout: string; stderr: string }>((done) =>
      execFile(process.execPath, ['--', podid, ...argv], { env, cwd: folder }, (error, stdout, stderr) =>
        done({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr }),
      ),
    );
  }

  async function kubeconfig(args: readonly string[]): Promise<string> {
    const path = join(folder, 'kubeconfig');
    const exec = { apiVersion: 'client.authentication.k8s.io/v1beta1', command: 'kubelogin', args };
    const cluster = {
      server: emulator.url,
      'certificate-authority': emulator.environment['NODE_EXTRA_CA_CERTS'],
    };
    await writeFile(
      path,
      JSON.stringify({
        clusters: [{ name: 'aks', cluster }],
        users: [{ name: 'me', user: { exec } }],
        contexts: [{ name: 'aks', context: { cluster: 'aks', user: 'me' } }],
        'current-context': 'aks',
      }),
    );
    return path;
  }

  it("is mirrored into with Azure's own kubeconfig, and with the token of podid's own sign-in", async () => {
    const ran = await run(['mirror']);
    expect(ran.stderr).not.toContain('kubelogin');
    expect(ran).toMatchObject({ code: 0 });
    expect(emulator.kube.list('AzureIdentity')).toHaveLength(1);
    const tokens = emulator.requests.filter(({ operation }) => operation === 'entra.token');
    expect(tokens).toHaveLength(2);
    for (const secret of emulator.secrets) {
      expect(ran.stdout + ran.stderr).not.toContain(secret);
    }
  });

  it("is mirrored into with the user's kubeconfig, as the service principal that it names", async () => {
    const { AZURE_CLIENT_ID = '', AZURE_CLIENT_SECRET = '', AZURE_TENANT_ID = '' } = emulator.environment;
    const path = await kubeconfig([
      ...['get-token', '--server-id', aks, '--login', 'spn', '--tenant-id', AZURE_TENANT_ID],
      ...[
        '--client-id',
        AZURE_CLIENT_ID,
        '--client-secret',
        AZURE_CLIENT_SECRET,
        '--disable-environment-override',
      ],
    ]);
    expect(await run(['mirror', '--kubeconfig', path])).toMatchObject({ code: 0 });
    const wrong = await kubeconfig([
      ...['get-token', '--server-id', aks, '--login', 'spn', '--tenant-id', AZURE_TENANT_ID],
      ...['--client-id', AZURE_CLIENT_ID, '--client-secret', 'stale', '--disable-environment-override'],
    ]);
    const ran = await run(['mirror', '--kubeconfig', wrong]);
    expect(ran.code).toBe(3);
    expect(ran.stderr).toContain(
      `The cluster's API needs an Entra token for the application ${aks}, and podid could not get one: Entra refused the sign-in by the kubeconfig's service principal`,
    );
    expect(ran.stderr).not.toContain('stale');
  });

  it('refuses a kubeconfig of another cloud before it signs in to the wrong one', async () => {
    const path = await kubeconfig(['get-token', '--server-id', aks, '-e', 'AzureChinaCloud']);
    const ran = await run(['mirror', '--kubeconfig', path]);
    expect(ran.code).toBe(2);
    expect(ran.stderr).toContain(
      'The kubeconfig signs in to AzureChinaCloud, and podid works with AzureCloud.',
    );
    expect(ran.stderr).toContain('--cloud AzureChinaCloud');
    expect(await run(['mirror', '--kubeconfig', path, '--cloud', 'AzureChinaCloud'])).toMatchObject({
      code: 0,
    });
  });

  it('hands a command in the cluster the token of the caller', async () => {
    const ran = await run(['mirror', '--via', 'run-command']);
    expect(ran.stderr).toContain('kubectl is not on the PATH of the emulator');
    expect(emulator.requests.filter(({ operation }) => operation === 'entra.token')).toHaveLength(2);
    expect(ran.stdout + ran.stderr).not.toMatch(/eyJ/);
  });

  const entry = ['--namespace', 'demo', '--name', 'late'];
  const web = ['--identity-resource-id', identityId('web')];
  const labels = ['--pod-labels', 'app=late'];
  /** Every command that changes the profile and then the objects; what it needs to be there is made before. */
  const changes: readonly [name: string, before: readonly string[][], argv: readonly string[]][] = [
    ['add', [], ['add', ...entry, ...web]],
    ['update', [['add', ...entry, ...web]], ['update', ...entry, '--binding-selector', 'other']],
    [
      'update of the identity',
      [['add', ...entry, ...web]],
      ['update', ...entry, '--identity-resource-id', identityId('api'), '--yes'],
    ],
    ['delete', [['add', ...entry, ...web]], ['delete', ...entry]],
    ['exception add', [], ['exception', 'add', ...entry, ...labels]],
    [
      'exception update',
      [['exception', 'add', ...entry, ...labels]],
      ['exception', 'update', ...entry, '--pod-labels', 'app=other'],
    ],
    ['exception delete', [['exception', 'add', ...entry, ...labels]], ['exception', 'delete', ...entry]],
    ['apply', [], ['apply', '-f', 'entries.json']],
    ['disable', [], ['disable', '--yes']],
    ['migrate finish', [], ['migrate', 'finish', '--yes']],
  ];

  const ways: readonly (readonly [way: string, flags: readonly string[]])[] = [
    ['', []],
    [' by run-command', ['--via', 'run-command']],
  ];
  const rows = ways.flatMap(([way, flags]) =>
    changes
      .filter(([name]) => flags.length === 0 || !['disable', 'migrate finish'].includes(name))
      .map(([name, before, argv]) => [`${name}${way}`, before, [...argv, ...flags]] as const),
  );

  it.each(rows)('is signed in to by %s before anything is written', async (_, before, argv) => {
    const file = { name: 'late', namespace: 'demo', identityResourceId: identityId('web') };
    const text = JSON.stringify({ apiVersion: 'podid.io/v1', kind: 'PodIdentities', identities: [file] });
    await writeFile(join(folder, 'entries.json'), text);
    for (const each of before) {
      expect(await run(each)).toMatchObject({ code: 0 });
    }
    const start = emulator.requests.length;
    const ran = await run([...argv, '--poll-interval', '10ms']);
    expect(ran, ran.stderr).toMatchObject({ code: 0 });
    const operations = emulator.requests.slice(start).map(({ operation }) => operation);
    const firstPut = operations.indexOf('clusters.put');
    expect(firstPut).toBeGreaterThan(0);
    // One for Azure, one for the cluster at least.
    const early = operations.slice(0, firstPut).filter((each) => each === 'entra.token');
    expect(early.length).toBeGreaterThanOrEqual(2);
    expect(operations.slice(firstPut)).not.toContain('entra.token');
  });
});
