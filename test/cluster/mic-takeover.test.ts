import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { upstreamMic } from '../../bench/nmi/upstream.ts';
import { scaleSetId } from '../../src/emulator/scenarios/machine-parts.ts';
import { nodeName } from '../../src/emulator/scenarios/nodes.ts';
import { type Emulator, startEmulator } from '../../src/emulator/start-emulator.ts';
import { azureIdentity, binding, pod, type SeenAssignment } from '../mic-on-emulator/mic-world.ts';
import { type Program, startProgram } from '../node/program.ts';
import { type ApiServer, startApiServer } from './api-server.ts';
import { installDefinitions } from './install-definitions.ts';
import { until } from './until.ts';

const names = ['web', 'jobs'];

/** Both on one API server and one Azure: upstream's MIC 1.8.17 as it is, and podid-mic, one after the other. */
describe("a takeover from upstream's MIC", () => {
  let api: ApiServer;
  let emulator: Emulator;
  let upstream = '';
  const folder = mkdtempSync(join(tmpdir(), 'podid-mic-takeover-'));
  const running: Program[] = [];

  const apply = (...objects: readonly object[]) => {
    const path = join(folder, 'objects.json');
    writeFileSync(path, JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }));
    api.kubectl('apply', '--server-side', '-f', path);
  };

  beforeAll(async () => {
    const program = upstreamMic();
    if (program === undefined) {
      throw new Error("Upstream's MIC cannot be built here: it takes Go and its module proxy.");
    }
    upstream = program;
    [api, emulator] = await Promise.all([
      startApiServer('mic-takeover', ['--disable-admission-plugins=ServiceAccount']),
      // A secret goes over TLS alone.
      startEmulator({ scenario: 'node-pools', tls: true }),
    ]);
    installDefinitions(api);
    api.kubectl('create', 'namespace', 'demo');
    apply(...[0, 1].map(nodeObject), ...names.flatMap((name) => [azureIdentity(name), binding(name, name)]));
  });

  afterEach(async () => {
    await Promise.all(running.splice(0).map((program) => program.stop('SIGKILL')));
  });

  afterAll(async () => {
    await Promise.all([api?.stop(), emulator?.stop()]);
    rmSync(folder, { recursive: true });
  });

  /** Both sign in by the secret of one principal, at an Azure that the files name. */
  const start = (command: string, ...argv: readonly string[]): Program => {
    const [cloud, settings] = [join(folder, 'cloud.json'), join(folder, 'azure.json')];
    const [application] = emulator.world.applications.values();
    const endpoint = `${emulator.url}/`;
    writeFileSync(
      cloud,
      JSON.stringify({ name: 'test', resourceManagerEndpoint: endpoint, activeDirectoryEndpoint: endpoint }),
    );
    const principal = {
      cloud: 'AzureStackCloud',
      tenantId: application?.tenantId,
      subscriptionId: [...emulator.world.subscriptions.keys()][0],
      resourceGroup: 'MC_demo-rg_demo_westeurope',
      aadClientId: application?.appId,
      aadClientSecret: application?.secret,
    };
    writeFileSync(settings, JSON.stringify(principal), { mode: 0o600 });
    const { NODE_EXTRA_CA_CERTS: ca = '' } = emulator.environment;
    const program = startProgram(
      'setpriv',
      [
        ...['--pdeathsig=KILL', command, ...argv],
        ...[`--kubeconfig=${api.kubeconfig}`, `--cloudconfig=${settings}`, '--leader-election-duration=4s'],
      ],
      {
        AZURE_ENVIRONMENT_FILEPATH: cloud,
        MIC_POD_NAMESPACE: 'default',
        FORCENAMESPACED: 'true',
        NODE_EXTRA_CA_CERTS: ca,
        SSL_CERT_FILE: ca,
      },
    );
    running.push(program);
    return program;
  };
  const startUpstream = (port: number) =>
    start(upstream, `--http-probe-port=${port}`, `--prometheus-port=${port + 1}`);
  const startPodid = () =>
    start(
      process.execPath,
      ...['bin/podid-mic.js', '--http-probe-port=0', '--prometheus-port=0', '--removal-delay=1s'],
      ...['--probe-address=127.0.0.1', '--metrics-address=127.0.0.1'],
    );

  const assignments = (): readonly SeenAssignment[] =>
    JSON.parse(api.kubectl('get', 'azureassignedidentities', '-A', '-o', 'json')).items;
  const assigned = () =>
    assignments()
      .filter(({ status }) => status?.status === 'Assigned')
      .map(({ metadata }) => metadata.name);
  const pods = new Set<string>();
  const addPods = (from: number, to: number) => {
    const made = Array.from({ length: to - from }, (_, at) => {
      const name = `shop-${from + at}`;
      pods.add(name);
      const { status: _status, ...object } = pod(name, names[at % names.length] ?? '', at % 2);
      return { ...object, spec: { ...object.spec, containers: [{ name: 'c', image: 'i' }] } };
    });
    apply(...made);
  };
  const allAssigned = () => assigned().length === pods.size;
  /** What changes of machines took away. */
  const removed = () =>
    emulator.requests
      .filter(({ operation }) => operation === 'machines.patch')
      .flatMap(({ bodyText }) =>
        Object.entries(JSON.parse(bodyText).identity.userAssignedIdentities ?? { all: null })
          .filter(([, value]) => value === null)
          .map(([id]) => id.split('/').at(-1)),
      );

  it('keeps every assignment under load, there and back, and takes no identity off', async () => {
    const first = startUpstream(21_811);
    addPods(0, 4);
    await until(allAssigned);
    const podid = startPodid();
    await podid.line(/"listening"/);
    addPods(4, 20);
    await until(allAssigned);
    expect(podid.lines.join('\n')).not.toContain('"msg":"leading"');
    expect(assignments().every(({ metadata }) => (metadata.finalizers ?? []).length === 1)).toBe(true);

    const before = new Set(assigned());
    await first.stop('SIGTERM');
    addPods(20, 40);
    const lost = new Set<string>();
    await until(() => {
      const now = new Set(assigned());
      for (const name of before) {
        if (!now.has(name)) {
          lost.add(name);
        }
      }
      return allAssigned() && assignments().every(({ metadata }) => metadata.finalizers === undefined);
    });
    expect([...lost]).toEqual([]);

    const ours = new Set(assigned());
    await podid.stop('SIGTERM');
    startUpstream(21_821);
    addPods(40, 60);
    await until(() => {
      const now = new Set(assigned());
      for (const name of ours) {
        if (!now.has(name)) {
          lost.add(name);
        }
      }
      return allAssigned();
    });
    expect([...lost]).toEqual([]);
    expect(removed()).toEqual([]);
  }, 240_000);
});

function nodeObject(number: number) {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: nodeName(number) },
    spec: { providerID: `azure://${scaleSetId('nodepool1')}/virtualMachines/${number}` },
  };
}
