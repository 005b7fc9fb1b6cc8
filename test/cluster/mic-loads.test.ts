import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { measured } from './measured.ts';
import {
  createPods,
  deletePods,
  type MicCluster,
  machineRequests,
  type PodSeed,
  startMicCluster,
} from './mic-cluster.ts';

const names = Array.from({ length: 20 }, (_, number) => `id-${number}`);
/** Writes are held back to what Azure allows, and the machine may be busy. */
const waiting = { timeout: 170_000, interval: 100 };
const numbers = (count: number) => Array.from({ length: count }, (_, number) => number);

/**
 * The loads that upstream's MIC was measured with, as seeds of a scale set or of machines of their own. They hold
 * what comes out; how long it takes is `npm run bench -- mic`'s matter.
 */
describe('podid-mic under load', () => {
  let cluster: MicCluster;
  let mic: { readonly child: ChildProcess; readonly ended: Promise<unknown> };
  const assigned = new Set<string>();
  const live = new Set<string>();
  let stopWatch = () => {};

  beforeAll(async () => {
    cluster = await startMicCluster('mic-loads', {
      identities: names,
      machines: [
        {
          kind: 'virtualMachineScaleSets',
          name: 'pool',
          nodes: numbers(50).map((number) => `s${number}`),
        },
        ...numbers(50).map((number) => ({
          kind: 'virtualMachines' as const,
          name: `vm-${number}`,
          nodes: [`v${number}`],
        })),
      ],
      settings: { operationMs: [6_000, 9_000] },
    });
    stopWatch = cluster.watchAssignments((type, { metadata, spec, status }) => {
      if (type === 'DELETED') {
        live.delete(metadata.uid);
        return;
      }
      live.add(metadata.uid);
      if (status?.status === 'Assigned') {
        assigned.add(String(spec['pod']));
      }
    });
    const argv = ['bin/podid-mic.js', '--http-probe-port=0', '--prometheus-port=0', '--removal-delay=never'];
    const { PODID_ARM_ENDPOINT, PODID_ARM_TOKEN } = cluster.emulator.environment;
    const env = {
      PATH: process.env['PATH'],
      PODID_ARM_ENDPOINT,
      PODID_ARM_TOKEN,
      KUBECONFIG: cluster.api.kubeconfig,
    };
    const child = spawn(process.execPath, argv, { env, stdio: 'ignore' });
    mic = { child, ended: once(child, 'close') };
  });

  afterAll(async () => {
    stopWatch();
    mic?.child.kill('SIGTERM');
    await mic?.ended;
    await cluster?.[Symbol.asyncDispose]();
  });

  /** Creates pods at once, and waits until each is assigned. @returns what was asked of Azure meanwhile */
  async function run(pods: readonly PodSeed[]) {
    const before = machineRequests(cluster.emulator);
    const beganMs = performance.now();
    await createPods(cluster, pods, () => undefined);
    const lacking = () => pods.filter(({ name }) => !assigned.has(name)).length;
    await expect.poll(lacking, waiting).toBe(0);
    const after = machineRequests(cluster.emulator);
    const seconds = ((performance.now() - beganMs) / 1000).toFixed(1);
    const reads = after.reads + after.polls - before.reads - before.polls;
    const patches = after.patches - before.patches;
    measured(
      `mic, ${pods.length} pods`,
      `${seconds} s; reads of machines ${reads}, PATCHes ${patches}; peak ${peakMegabytes(mic.child.pid ?? 0)} MB`,
    );
    return { reads, patches };
  }

  it('1,000 pods with 20 identities on 50 nodes of one scale set take one change', async () => {
    const pods = numbers(1_000).map((number) => ({
      name: `b-${number}`,
      label: names[number % 20] ?? '',
      node: `s${number % 50}`,
    }));
    expect((await run(pods)).patches).toBeLessThanOrEqual(2);
  });

  it('a pod whose identity is on its machine takes no request to Azure', async () => {
    expect((await run([{ name: 'warm', label: names[0] ?? '', node: 's0' }])).patches).toBe(0);
  });

  it('1,000 pods on 50 machines, 20 identities each, take two changes a machine at most', async () => {
    const pods = numbers(1_000).map((number) => ({
      name: `c-${number}`,
      label: names[number % 20] ?? '',
      node: `v${Math.floor(number / 20)}`,
    }));
    expect((await run(pods)).patches).toBeLessThanOrEqual(100);
  });

  it('deletes the assignments of all pods that go', async () => {
    expect(live.size).toBe(2_001);
    await deletePods(cluster, [...assigned]);
    await expect.poll(() => live.size, waiting).toBe(0);
    expect(cluster.api.kubectl('get', 'azureassignedidentities', '-A', '-o', 'name').trim()).toBe('');
  });
});

/** Of the process, as the kernel has it. */
function peakMegabytes(pid: number): string {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return (Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1024).toFixed(0);
}
