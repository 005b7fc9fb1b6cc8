import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KubeObject } from '../../src/emulator/kube/objects/kube-object.ts';
import { accountToken } from './agent-on-loopback.ts';
import type { EmulatedPodid } from './emulated-podid.ts';

interface Container {
  readonly image: string;
  readonly command: readonly string[];
  readonly env: readonly { readonly name: string; readonly value?: string }[];
}

/** A pod as it was made, what it ran with and what it wrote. */
export interface PlayedPod {
  readonly pod: KubeObject;
  readonly token: string;
  readonly output: string;
  readonly message: string;
}

export interface CheckPods extends AsyncDisposable {
  readonly played: readonly PlayedPod[];
  /** Pods that were made, also those that never ran. */
  readonly made: readonly KubeObject[];
}

interface PlayedAs {
  /** Of what the script is told: what the network of this pod makes of it. */
  readonly order?: Readonly<Record<string, unknown>>;
  /** It never runs, and the kubelet says so. */
  readonly status?: object;
  /** As soon as it is made. */
  readonly onMade?: (pod: KubeObject) => void;
}

/** What a kubelet does for the pods of `podid migrate check --from-pod`: it runs their script, in a process of its own. */
export function playCheckPods(podid: EmulatedPodid, as: PlayedAs = {}): CheckPods {
  const { kube } = podid.emulator;
  const played: PlayedPod[] = [];
  const made: KubeObject[] = [];
  const running: Promise<void>[] = [];
  const setStatus = ({ metadata: { namespace = '', name } }: KubeObject, status: object) => {
    const now = kube.get('Pod', namespace, name);
    if (now !== undefined) {
      kube.seed({ ...now, status: status as never });
    }
  };
  const stop = kube.subscribe(({ type, object: pod }) => {
    if (type !== 'ADDED' || pod.kind !== 'Pod' || !pod.metadata.labels?.['podid.io/migrate-check']) {
      return;
    }
    made.push(pod);
    running.push(
      (async () => {
        await new Promise((resolve) => setImmediate(resolve));
        as.onMade?.(pod);
        if (as.status !== undefined) {
          setStatus(pod, as.status);
          return;
        }
        setStatus(pod, { phase: 'Running' });
        const run = await runPod(podid, pod, as.order ?? {});
        played.push(run);
        const terminated = { exitCode: 0, message: run.message };
        setStatus(pod, { phase: 'Succeeded', containerStatuses: [{ name: 'probe', state: { terminated } }] });
      })(),
    );
  });
  return {
    played,
    made,
    async [Symbol.asyncDispose]() {
      stop();
      await Promise.all(running);
    },
  };
}

async function runPod(podid: EmulatedPodid, pod: KubeObject, order: object): Promise<PlayedPod> {
  const { serviceAccountName, containers } = pod['spec'] as {
    serviceAccountName: string;
    containers: readonly [Container];
  };
  const [{ command, env }] = containers;
  const folder = await mkdtemp(join(tmpdir(), 'podid-check-pod-'));
  try {
    const [tokenFile, end] = [join(folder, 'token'), join(folder, 'end')];
    const token = await accountToken(podid, `demo/serviceaccounts/${serviceAccountName}`);
    await writeFile(tokenFile, token);
    const variables = Object.fromEntries(env.map(({ name, value = '' }) => [name, value]));
    const own = JSON.parse(variables['PODID_CHECK'] ?? '{}');
    const told = { ...own, pausesMs: [5, 5], token: tokenFile, end, ...order };
    const output = await new Promise<string>((resolve) => {
      execFile(
        process.execPath,
        command.slice(1),
        { env: { ...variables, PODID_CHECK: JSON.stringify(told) } },
        (error, stdout, stderr) => resolve(`${error?.message ?? ''}${stdout}${stderr}`),
      );
    });
    return { pod, token, output, message: await readFile(end, 'utf8').catch(() => '') };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
