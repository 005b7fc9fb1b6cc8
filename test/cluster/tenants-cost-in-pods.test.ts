import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { programsIn } from '../node/bundled-programs.ts';
import { type Program, startProgram } from '../node/program.ts';
import { azureIdentity, binding, namespaceObject } from './identity-objects.ts';
import { measured } from './measured.ts';
import { identities } from './node-identities.ts';
import { eventually, type OneNode, startOneNode, tellState } from './one-node.ts';
import { podObject } from './pods.ts';
import { until } from './until.ts';

const checkout = join(import.meta.dirname, '../..');
/** Of the administrator. */
const api = ['https://10.1.0.4:6443', 'admintoken'] as const;
const tokenPath = 'http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&resource=';

const programs = programsIn(inject('programsFolder'));
const folder = mkdtempSync(join(tmpdir(), 'podid-cost-'));
let cluster: OneNode;
let emulator: Program | undefined;

beforeAll(async () => {
  cluster = await startOneNode(programs);
  cluster.importImage(inject('image').file);
  cluster.apply(namespaceObject('shop'), namespaceObject('hostile'));
  // Upstream's definitions know no lengths, and what was stored under them stays.
  cluster.kubectl('apply', '--server-side', '-f', join(checkout, 'test/cluster/fixtures/upstream-crds.yaml'));
  cluster.kubectl('wait', '--for=condition=Established', '--timeout=60s', 'crd', '--all');
  cluster.helm(
    ...['install', 'podid', join(checkout, 'deploy/chart'), '--namespace=kube-system'],
    ...['--set=podid.image.repository=docker.io/podid/podid', '--set=podid.image.tag=test'],
  );
  cluster.apply(
    ...[azureIdentity('shop', 'web', identities.web), binding('shop', 'web', 'web')],
    ...[binding('hostile', 'i0', 'i0')],
    ...[runningPod('shop', 'web'), runningPod('hostile', 'i0')],
  );
  for (const namespace of ['shop', 'hostile']) {
    cluster.kubectl('-n', namespace, 'wait', 'pod/app', '--for=condition=Ready', '--timeout=120s');
  }
  agentIsReady();
});
afterEach(({ task }) => {
  if (task.result?.state === 'fail') {
    tellState(cluster);
  }
});
afterAll(async () => {
  await emulator?.stop('SIGTERM');
  await cluster?.stop();
  rmSync(folder, { recursive: true });
});

describe("one tenant's objects, in a real cluster and at the chart's own limits", () => {
  it('are 200 AzureIdentities of 1.4 MB, written while the agent runs', async () => {
    expectServed('begin');
    await writeLarge('identities', 200);
    await eventually(() => expect(leftOut('azureidentities')).toBe(200), 120_000);
    expectServed('identities');
  });

  it("are refused by podid's definitions, which leave those that are stored", async () => {
    cluster.kubectl('apply', '--server-side', '--force-conflicts', '-f', join(checkout, 'deploy/crds'));
    // The same again: refused for its length before anybody looks whether it is there.
    const refusal = () => writeLarge('identities', 1).then(String, String);
    await until(async () => (await refusal()).includes('may not be more than'));
    expectServed('definitions');
  });

  it('are 110 pods of 1.35 MB on its node beside them', async () => {
    await writeLarge('pods', 110);
    const count = () => cluster.kubectl('get', 'pods', '-n', 'hostile', '-o', 'name').trim().split('\n');
    expect(count()).toHaveLength(111);
    await eventually(() => expect(metric('podid_nmi_pods')).toBeGreaterThan(110), 120_000);
    expectServed('pods');
  });

  it('are what it finds when it starts', () => {
    const begunMs = Date.now();
    cluster.kubectl('-n', 'kube-system', 'delete', 'pod', agentPod());
    agentIsReady();
    measured('a start with all of them', `${((Date.now() - begunMs) / 1000).toFixed(1)} s`);
    expectServed('start');
    expect(leftOut('azureidentities')).toBe(200);
  });

  it('are told to the tenant by the answer, the log, the metric and the doctor', async () => {
    await eventually(() =>
      expect(ask('hostile', 'told')['error_description']).toContain(
        "Objects of namespace hostile are beyond the agent's limits and left out: azureidentities/i",
      ),
    );
    const log = cluster.kubectl('-n', 'kube-system', 'logs', agentPod(), '-c', 'serve');
    expect(log).toContain('objects beyond the limits are left out; podid doctor says which');
    const { checks } = await doctor();
    expect(checks.find(({ name }) => name === 'limits')).toMatchObject({
      result: 'fail',
      message: expect.stringContaining('azureidentities hostile/i0 (too large)'),
    });
  });
});

function runningPod(namespace: string, label: string): object {
  const options = { namespace, labels: { aadpodidbinding: label }, command: ['sleep', 'infinity'] };
  return podObject('app', options);
}

/** The tokens are new ones each time, so that the answer is no word from memory. */
function expectServed(resource: string): void {
  expect(ask('shop', resource)).toMatchObject({ client_id: identities.web.clientId });
  const restarts =
    '{.status.containerStatuses[*].restartCount} {.status.initContainerStatuses[*].restartCount}';
  const path = `jsonpath=${restarts}`;
  expect(cluster.kubectl('-n', 'kube-system', 'get', 'pod', agentPod(), '-o', path)).toBe('0 0 0');
  const pid = cluster.processOf('kube-system', agentPod(), 'serve');
  const text = readFileSync(`/proc/${pid}/status`, 'utf8');
  measured(`serve, after ${resource}`, `${Math.round(Number(/^VmHWM:\s+(\d+)/m.exec(text)?.[1]) / 1024)} MB`);
}

function ask(namespace: string, resource: string): Readonly<Record<string, string>> {
  const url = `${tokenPath}https%3A%2F%2F${resource}.example`;
  return JSON.parse(cluster.inPod(namespace, 'app', 'curl', '-sS', '-m', '30', '-H', 'Metadata: true', url));
}

/** Meanwhile the test goes on: a worker that is silent for long is taken for dead. */
async function onNode(command: string, ...args: readonly string[]): Promise<string> {
  const enter = `--net=/var/run/netns/${cluster.nodeName}`;
  const { stdout } = await promisify(execFile)('nsenter', [enter, command, ...args], {
    maxBuffer: 16 * 1024 * 1024,
  });
  return stdout;
}

async function writeLarge(kind: 'identities' | 'pods', count: number, namespace = 'hostile'): Promise<void> {
  const words = [...api, cluster.nodeName, namespace, kind, `${count}`];
  await onNode(process.execPath, programs.path('large-objects'), ...words);
}

function metric(name: string, labels = ''): number {
  const text = cluster.onNode('curl', '-sS', '-m', '10', 'http://127.0.0.1:9090/metrics');
  const lines = text.matchAll(new RegExp(`^${name}(?:\\{${labels}.*\\})? (\\d+)$`, 'gm'));
  return [...lines].reduce((sum, [, count]) => sum + Number(count), 0);
}

function leftOut(resource: string): number {
  return metric('podid_nmi_objects_left_out', `resource="${resource}"`);
}

function agentIsReady(): void {
  cluster.kubectl('-n', 'kube-system', 'rollout', 'status', 'daemonset/podid-nmi', '--timeout=180s');
}

function agentPod(): string {
  const selector = 'app.kubernetes.io/name=podid,app.kubernetes.io/component=nmi';
  const words = [
    '-n',
    'kube-system',
    'get',
    'pod',
    '-l',
    selector,
    '-o',
    'jsonpath={.items[0].metadata.name}',
  ];
  return cluster.kubectl(...words);
}

/** Azure is the emulator's, the cluster the real one. */
async function doctor(): Promise<{
  readonly checks: readonly { readonly name: string; readonly result: string; readonly message: string }[];
}> {
  const env = join(folder, 'env');
  const podid = join(checkout, 'bin/podid.js');
  emulator = startProgram(
    'nsenter',
    [
      ...[`--net=/var/run/netns/${cluster.nodeName}`, 'setpriv', '--pdeathsig=KILL', process.execPath, podid],
      ...['emulator', '--scenario', 'in-use', '--write-env', env],
    ],
    {},
  );
  await emulator.line(/The emulator listens/);
  // It finds what is wrong, and ends with 10.
  const line = `. ${env}; ${process.execPath} ${podid} doctor --namespace hostile --kubeconfig ${cluster.kubeconfig} -o json || [ $? = 10 ]`;
  return JSON.parse(await onNode('sh', '-c', line));
}
