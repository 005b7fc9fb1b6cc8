import { execFile, spawnSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../../src/emulator/kube/objects/kube-object.ts';
import { scaleSetId } from '../../src/emulator/scenarios/machine-parts.ts';
import { nodeName } from '../../src/emulator/scenarios/nodes.ts';
import { type EmulatedPodid, emulatedPodid, type Ran } from './emulated-podid.ts';
import { assign, carried } from './node-worlds.ts';

const inStandardMode = { scenario: 'standard-mode' };
const solo = 'aks-solo-12345678-vms1';

const program = fileURLToPath(new URL('../../bin/podid.js', import.meta.url));

/** In a process of its own, since the agent is started from beside the program. */
function spawned({ emulator }: EmulatedPodid, line: string): Promise<Ran> {
  const env = { PATH: process.env['PATH'], ...emulator.environment };
  return new Promise((resolve) => {
    execFile(process.execPath, [program, ...line.split(' ')], { env }, (error, stdout, stderr) => {
      resolve({ exitCode: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}

/** Waits for what another program does; fails after twenty seconds. */
async function until<T>(look: () => T | undefined): Promise<T> {
  const endsAt = performance.now() + 20_000;
  for (;;) {
    const found = look();
    if (found !== undefined) {
      return found;
    }
    if (performance.now() > endsAt) {
      throw new Error('The condition did not come true in time.');
    }
    await sleep(10);
  }
}

interface Spec {
  readonly nodeName?: string;
  readonly providerID?: string;
  readonly selector?: string;
}

function specOf(spec: unknown): Spec {
  return spec as Spec;
}

/** As a controller writes it for a pod. */
function assignmentFor({ emulator: { kube } }: EmulatedPodid, pod: KubeObject, name: string): KubeObject {
  const { metadata } = pod;
  const { nodeName: nodename = '' } = specOf(pod.spec);
  return {
    apiVersion: 'aadpodidentity.k8s.io/v1',
    kind: 'AzureAssignedIdentity',
    metadata: {
      name: `${metadata.name}-demo-${name}`,
      namespace: 'demo',
      labels: { nodename },
      annotations: { 'podid.io/pod-uid': metadata.uid ?? '' },
    },
    spec: {
      azureIdentityRef: kube.get('AzureIdentity', 'demo', name),
      azureBindingRef: kube.get('AzureIdentityBinding', 'demo', `${name}-binding`),
      pod: metadata.name,
      podNamespace: 'demo',
      nodename,
    },
    status: { status: 'Assigned' },
  };
}

describe('the scenario standard-mode', () => {
  it('has machines that carry nothing yet of what its bindings name, and pods that wait for it', async () => {
    await using podid = await emulatedPodid(inStandardMode);
    expect(carried(await podid.json('node list'))).toEqual([
      ['nodepool1', 'vmss', 'aks-nodepool1-12345678-vmss', 'demo-agentpool', true],
      ['solo', 'vm', solo, 'demo-agentpool', true],
    ]);
    const store = podid.emulator.kube;
    const providers = store
      .list('Node')
      .map(({ metadata, spec }) => [metadata.name, specOf(spec).providerID]);
    expect(providers).toEqual([
      [nodeName(0), `azure://${scaleSetId('nodepool1')}/virtualMachines/0`],
      [nodeName(1), `azure://${scaleSetId('nodepool1')}/virtualMachines/1`],
      [
        solo,
        expect.stringMatching(/^azure:\/\/\/subscriptions\/.*\/virtualMachines\/aks-solo-12345678-vms1$/),
      ],
    ]);
    const pods = store
      .list('Pod', 'demo')
      .map(({ metadata, spec }) => [metadata.name, specOf(spec).nodeName]);
    expect(pods).toEqual([
      ['jobs-1', solo],
      ['web-1', nodeName(0)],
    ]);
    expect(store.list('AzureIdentityBinding', 'demo').map(({ spec }) => specOf(spec).selector)).toEqual([
      'jobs',
      'web',
    ]);
    expect(store.list('AzureAssignedIdentity')).toEqual([]);
  });

  // Pods ask over plain http, whatever Azure and the cluster speak.
  it.each([false, true])(
    'gives a pod its token once its identity is on the machine and assigned to it, tls: %s',
    async (tls) => {
      await using podid = await emulatedPodid({ ...inStandardMode, tls });
      const asked = spawned(podid, 'token --emulated-pod demo/web');
      const store = podid.emulator.kube;
      const pod = await until(() =>
        store.list('Pod', 'demo').find(({ metadata }) => metadata.name.startsWith('asked-by-podid')),
      );
      expect(specOf(pod.spec).nodeName).toBe(nodeName(0));
      const assigned = await spawned(podid, assign('web', '--node-pool', 'nodepool1').join(' '));
      expect(assigned.exitCode, assigned.stderr).toBe(0);
      store.seed(assignmentFor(podid, pod, 'web'));
      const { exitCode, stdout, stderr } = await asked;
      expect(exitCode, stderr).toBe(0);
      expect(JSON.parse(stdout).clientId).toBe('00000000-0000-4000-8000-0000c11e0001');
    },
  );

  it('has one emulated pod on a node: the other has to end first, and one that was killed is no other', async () => {
    await using podid = await emulatedPodid(inStandardMode);
    const { kube } = podid.emulator;
    const left = (pid: number | undefined) =>
      kube.seed({
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: `asked-by-podid-token-${pid}`, namespace: 'demo' },
        spec: { nodeName: nodeName(0) },
        status: { phase: 'Running', podIP: '127.0.0.1' },
      });
    left(process.pid);
    const refused = await spawned(podid, 'token --emulated-pod demo/jobs');
    expect(refused).toMatchObject({
      exitCode: 7,
      stderr: expect.stringContaining(
        `${nodeName(0)} has the emulated pod of another podid, process ${process.pid}`,
      ),
    });
    expect(refused.stderr).toContain('end the other one, then: podid token --emulated-pod demo/jobs\n');
    kube.remove('pods', 'demo', `asked-by-podid-token-${process.pid}`);
    left(spawnSync('true').pid);
    await spawned(podid, 'token --emulated-pod demo/web --timeout 1s');
    expect(kube.list('Pod', 'demo').map(({ metadata }) => metadata.name)).toEqual(['jobs-1', 'web-1']);
  });

  it('has a metadata service that knows no identity which is not on the machine', async () => {
    await using podid = await emulatedPodid(inStandardMode);
    const { emulator } = podid;
    const asked = spawned(podid, 'token --emulated-pod demo/web --timeout 3s');
    const pod = await until(() =>
      emulator.kube.list('Pod', 'demo').find(({ metadata }) => metadata.name.startsWith('asked-by')),
    );
    emulator.kube.seed(assignmentFor(podid, pod, 'web'));
    const { exitCode } = await asked;
    expect(exitCode).toBe(7);
    expect(emulator.imds.asked().map(({ status }) => status)).toContain(400);
    expect(emulator.imds.issued()).toEqual([]);
  });
});
