import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eachConcurrently } from '../../src/domain/time/each-concurrently.ts';
import { type Emulator, startEmulator } from '../../src/emulator/start-emulator.ts';
import { azureIdentity, binding, count, type SeenAssignment } from '../mic-on-emulator/mic-world.ts';
import { type ApiServer, startApiServer } from './api-server.ts';
import { installDefinitions } from './install-definitions.ts';
import { measured } from './measured.ts';

const subscription = '00000000-0000-4000-8000-000000000001';
const group = 'MC_demo-rg_demo_westeurope';
const compute = `/subscriptions/${subscription}/resourceGroups/${group}/providers/Microsoft.Compute`;
const names = Array.from({ length: 20 }, (_, number) => `id-${number}`);
const idOf = (name: string) =>
  `/subscriptions/${subscription}/resourceGroups/demo-rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${name}`;

/**
 * The loads that upstream's MIC was measured with, as seeds of a scale set or of machines of their own. They hold
 * what comes out; how long it took is printed.
 */
describe('podid-mic under load', () => {
  let api: ApiServer;
  let emulator: Emulator;
  let mic: { readonly child: ChildProcess; readonly ended: Promise<unknown> };
  const folder = mkdtempSync(join(tmpdir(), 'podid-mic-loads-'));

  const apply = (...objects: readonly object[]) => {
    const path = join(folder, 'objects.json');
    writeFileSync(path, JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }));
    api.kubectl('create', '-f', path);
  };

  beforeAll(async () => {
    [api, emulator] = await Promise.all([
      startApiServer('mic-loads', ['--disable-admission-plugins=ServiceAccount']),
      startEmulator({ scenario: 'node-pools' }),
    ]);
    installDefinitions(api);
    api.kubectl('create', 'namespace', 'demo');
    emulator.seed({
      settings: { operationMs: [6_000, 9_000], operationPolls: 0 },
      identities: names.map((name) => ({
        id: idOf(name),
        name,
        type: 'Microsoft.ManagedIdentity/userAssignedIdentities',
        location: 'westeurope',
        properties: { clientId: `client-${name}`, principalId: `object-${name}`, tenantId: 't' },
      })),
      machines: [
        machine('virtualMachineScaleSets', 'pool'),
        ...Array.from({ length: 50 }, (_, number) => machine('virtualMachines', `vm-${number}`)),
      ],
    });
    apply(
      ...names.flatMap((name) => [azureIdentity(name, { resourceID: idOf(name) }), binding(name, name)]),
      ...Array.from({ length: 50 }, (_, number) => [
        node(`s${number}`, `${compute}/virtualMachineScaleSets/pool/virtualMachines/${number}`),
        node(`v${number}`, `${compute}/virtualMachines/vm-${number}`),
      ]).flat(),
    );
    const argv = ['bin/podid-mic.js', '--http-probe-port=0', '--prometheus-port=0', '--removal-delay=never'];
    const { PODID_ARM_ENDPOINT, PODID_ARM_TOKEN } = emulator.environment;
    const env = {
      PATH: process.env['PATH'],
      PODID_ARM_ENDPOINT,
      PODID_ARM_TOKEN,
      KUBECONFIG: api.kubeconfig,
    };
    const child = spawn(process.execPath, argv, { env, stdio: 'ignore' });
    mic = { child, ended: once(child, 'close') };
  });

  afterAll(async () => {
    mic?.child.kill('SIGTERM');
    await mic?.ended;
    await Promise.all([api?.stop(), emulator?.stop()]);
    rmSync(folder, { recursive: true });
  });

  /** Creates pods at once, and waits until each is assigned. @returns milliseconds, by pod */
  async function run(
    pods: readonly { readonly name: string; readonly label: string; readonly node: string }[],
  ) {
    const before = {
      gets: count(emulator, 'machines.get') + count(emulator, 'machines.list'),
      patches: count(emulator, 'machines.patch'),
    };
    const created = new Map<string, number>();
    const took = new Map<string, number>();
    const watched = watchAssigned(api, (assignment) => {
      const name = String(assignment.spec['pod']);
      const beganMs = created.get(name);
      if (beganMs !== undefined && assignment.status?.status === 'Assigned' && !took.has(name)) {
        took.set(name, performance.now() - beganMs);
      }
    });
    await eachConcurrently(
      pods,
      async ({ name, label, node: nodeName }) => {
        await post(api, '/api/v1/namespaces/demo/pods', podObject(name, label, nodeName), () =>
          created.set(name, performance.now()),
        );
      },
      32,
    );
    const giveUpMs = Date.now() + 100_000;
    while (took.size < pods.length && Date.now() < giveUpMs) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    watched.stop();
    const sorted = [...took.values()].sort((one, other) => one - other);
    const at = (share: number) =>
      `${((sorted[Math.floor(share * (sorted.length - 1))] ?? 0) / 1000).toFixed(2)} s`;
    const gets = count(emulator, 'machines.get') + count(emulator, 'machines.list') - before.gets;
    const patches = count(emulator, 'machines.patch') - before.patches;
    return {
      assigned: took.size,
      figure: `${took.size} pods: p50 ${at(0.5)}, p99 ${at(0.99)}, all ${at(1)}; reads of machines ${gets}, PATCHes ${patches}; peak ${peakMegabytes(mic.child.pid ?? 0)} MB`,
      patches,
    };
  }

  it('B: 1,000 pods with 20 identities on 50 nodes of one scale set take one change', async () => {
    const pods = Array.from({ length: 1_000 }, (_, number) => ({
      name: `b-${number}`,
      label: names[number % 20] ?? '',
      node: `s${number % 50}`,
    }));
    const { assigned, figure, patches } = await run(pods);
    measured('mic B', `${figure} (operation 6-9 s)`);
    expect(assigned).toBe(1_000);
    expect(patches).toBeLessThanOrEqual(2);
  });

  it('warm: a pod whose identity is on its machine takes no request to Azure', async () => {
    const { assigned, figure, patches } = await run([{ name: 'warm-0', label: names[0] ?? '', node: 's0' }]);
    const times: string[] = [figure];
    for (let each = 1; each < 20; each += 1) {
      times.push((await run([{ name: `warm-${each}`, label: names[0] ?? '', node: 's0' }])).figure);
    }
    const seconds = times
      .map((text) => Number(/p50 ([\d.]+)/.exec(text)?.[1]))
      .sort((one, other) => one - other);
    measured('mic warm', `one pod after the other, 20 times: p50 ${seconds[10]} s, longest ${seconds[19]} s`);
    expect([assigned, patches]).toEqual([1, 0]);
  });

  it('C: 1,000 pods on 50 machines, 20 identities each, take two changes a machine at most', async () => {
    const pods = Array.from({ length: 1_000 }, (_, number) => ({
      name: `c-${number}`,
      label: names[number % 20] ?? '',
      node: `v${Math.floor(number / 20)}`,
    }));
    const { assigned, figure, patches } = await run(pods);
    measured('mic C', `${figure} (operation 6-9 s)`);
    expect(assigned).toBe(1_000);
    expect(patches).toBeLessThanOrEqual(100);
  });

  it('deletes the assignments of 2,000 pods that go', async () => {
    const beganMs = performance.now();
    api.kubectl('delete', 'pods', '-n', 'demo', '--all', '--grace-period=0', '--force', '--wait=false');
    const podsGoneMs = performance.now();
    const left = () => api.kubectl('get', 'azureassignedidentities', '-A', '-o', 'name').trim();
    while (left() !== '') {
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    measured(
      'mic removals',
      `2,020 assignments: ${((performance.now() - podsGoneMs) / 1000).toFixed(1)} s after the last pod (the pods took ${((podsGoneMs - beganMs) / 1000).toFixed(1)} s)`,
    );
  });
});

function machine(type: 'virtualMachineScaleSets' | 'virtualMachines', name: string) {
  return {
    id: `${compute}/${type}/${name}`,
    name,
    type: `Microsoft.Compute/${type}`,
    location: 'westeurope',
    properties: { provisioningState: 'Succeeded', upgradePolicy: { mode: 'Manual' } },
  };
}

function node(name: string, id: string) {
  return { apiVersion: 'v1', kind: 'Node', metadata: { name }, spec: { providerID: `azure://${id}` } };
}

function podObject(name: string, label: string, nodeName: string) {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'demo', labels: { aadpodidbinding: label } },
    spec: { nodeName, containers: [{ name: 'c', image: 'i' }] },
  };
}

function tokenOf({ kubeconfig }: ApiServer): string {
  return JSON.parse(readFileSync(kubeconfig, 'utf8')).users[0].user.token;
}

/** @param onSent called when the server is about to hear of it: the connection stands */
function post(api: ApiServer, path: string, body: object, onSent: () => void): Promise<void> {
  const headers = { authorization: `Bearer ${tokenOf(api)}`, 'content-type': 'application/json' };
  return new Promise((resolve, reject) => {
    const sent = request(
      `${api.url}${path}`,
      { method: 'POST', headers, rejectUnauthorized: false },
      (answer) => {
        answer.resume();
        answer.on('end', () =>
          answer.statusCode === 201
            ? resolve()
            : reject(new Error(`${path} was answered ${answer.statusCode}.`)),
        );
      },
    );
    sent.on('error', reject);
    sent.on('socket', (socket) => {
      const begin = () => {
        onSent();
        sent.end(JSON.stringify(body));
      };
      socket.connecting ? socket.once('secureConnect', begin) : begin();
    });
  });
}

/** A server that has just learnt of a kind may answer that it is not ready: it is asked again. */
function watchAssigned(api: ApiServer, hear: (assignment: SeenAssignment) => void): { stop(): void } {
  const path = '/apis/aadpodidentity.k8s.io/v1/azureassignedidentities?watch=true';
  const headers = { authorization: `Bearer ${tokenOf(api)}` };
  let isOver = false;
  let stopOne = () => {};
  const open = () => {
    let rest = '';
    const sent = request(`${api.url}${path}`, { headers, rejectUnauthorized: false }, (answer) => {
      answer.setEncoding('utf8');
      answer.on('error', () => undefined);
      answer.on('close', () => isOver || setTimeout(open, 200));
      answer.on('data', (chunk: string) => {
        const lines = `${rest}${chunk}`.split('\n');
        rest = lines.pop() ?? '';
        for (const line of answer.statusCode === 200 ? lines : []) {
          hear(JSON.parse(line).object);
        }
      });
    });
    sent.on('error', () => undefined);
    sent.end();
    stopOne = () => sent.destroy();
  };
  open();
  return {
    stop() {
      isOver = true;
      stopOne();
    },
  };
}

/** Of the process, as the kernel has it. */
function peakMegabytes(pid: number): string {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return (Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1024).toFixed(0);
}
