import { request } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Program, startProgram } from '../node/program.ts';
import type { ApiServer } from './api-server.ts';
import { clusterPrograms } from './cluster-programs.ts';

/** What becomes of a pod: it gets ready, it ends with an exit code, or its container waits for a reason. */
export type PodFate = 'ready' | { readonly exitCode: number } | { readonly waiting: string };

export interface PlayedPod {
  readonly name: string;
  readonly node: string;
  readonly labels: Readonly<Record<string, string>>;
}

/**
 * Nodes on which no pod really runs: real controllers make the pods, and the test says what becomes of them.
 */
export interface PlayedNodes {
  /** Decides from now on, also about pods that are there. */
  decide(fate: (pod: PlayedPod) => PodFate): void;
  /** Pods of agents that stood on a node, by the labels that they had, in the order in which they came. */
  readonly seen: readonly PlayedPod[];
  stop(): Promise<void>;
}

interface Pod {
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly uid: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly deletionTimestamp?: string;
  };
  readonly spec: {
    readonly nodeName?: string;
    readonly affinity?: {
      readonly nodeAffinity?: {
        readonly requiredDuringSchedulingIgnoredDuringExecution?: {
          readonly nodeSelectorTerms: readonly {
            readonly matchFields?: readonly { readonly values: readonly string[] }[];
          }[];
        };
      };
    };
  };
}

/** Registers nodes, runs the controllers for DaemonSets and accounts, and plays scheduler and kubelet. */
export async function playNodes(api: ApiServer, names: readonly string[]): Promise<PlayedNodes> {
  const kube = kubeClient(api);
  for (const name of names) {
    await register(kube, name);
  }
  const controllers = startControllers(api);
  const seen: PlayedPod[] = [];
  const settled = new Map<string, string>();
  let decide: (pod: PlayedPod) => PodFate = () => 'ready';
  let playing = true;
  const turn = async () => {
    const { items } = (await kube('GET', '/api/v1/pods')) as { readonly items: readonly Pod[] };
    for (const pod of items) {
      await play(pod);
    }
  };
  const play = async ({ metadata, spec }: Pod) => {
    const path = `/api/v1/namespaces/${metadata.namespace}/pods/${metadata.name}`;
    if (metadata.deletionTimestamp !== undefined) {
      await kube('DELETE', `${path}?gracePeriodSeconds=0`);
      return;
    }
    const node = spec.nodeName ?? chosen(spec) ?? names[0] ?? '';
    const played = { name: metadata.name, node, labels: metadata.labels ?? {} };
    if (!seen.some(({ name }) => name === played.name)) {
      seen.push(played);
    }
    if (spec.nodeName === undefined) {
      await kube('POST', `${path}/binding`, {
        apiVersion: 'v1',
        kind: 'Binding',
        metadata: { name: metadata.name },
        target: { apiVersion: 'v1', kind: 'Node', name: node },
      });
    }
    const fate = decide(played);
    const text = JSON.stringify(fate);
    if (settled.get(metadata.uid) === text) {
      return;
    }
    await kube('PATCH', `${path}/status`, { status: statusOf(fate) });
    settled.set(metadata.uid, text);
  };
  const loop = (async () => {
    while (playing) {
      // A pod that changed between list and write is met again at the next turn.
      await turn().catch(() => undefined);
      await sleep(50);
    }
  })();
  return {
    decide(fate) {
      decide = fate;
    },
    seen,
    async stop() {
      playing = false;
      await loop;
      await controllers.stop('SIGKILL');
    },
  };
}

function startControllers(api: ApiServer): Program {
  return startProgram(
    'setpriv',
    [
      '--pdeathsig=KILL',
      clusterPrograms().path('kube-controller-manager'),
      `--kubeconfig=${api.kubeconfig}`,
      '--controllers=daemonset-controller,deployment-controller,replicaset-controller,serviceaccount-controller,garbage-collector-controller',
      '--leader-elect=false',
      '--secure-port=0',
      '--kube-api-qps=200',
      '--kube-api-burst=400',
    ],
    {},
  );
}

function statusOf(fate: PodFate): object {
  if (fate === 'ready') {
    return { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }], containerStatuses: [] };
  }
  if ('exitCode' in fate) {
    return {
      phase: fate.exitCode === 0 ? 'Succeeded' : 'Failed',
      containerStatuses: [container({ terminated: { exitCode: fate.exitCode } })],
    };
  }
  return {
    phase: 'Pending',
    conditions: [{ type: 'Ready', status: 'False' }],
    containerStatuses: [container({ waiting: { reason: fate.waiting } })],
  };
}

function container(state: object): object {
  return { name: 'serve', image: '', imageID: '', ready: false, restartCount: 0, state };
}

function chosen({ affinity }: Pod['spec']): string | undefined {
  const terms = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  return terms?.[0]?.matchFields?.[0]?.values[0];
}

type Kube = (method: string, path: string, body?: object) => Promise<unknown>;

async function register(kube: Kube, name: string): Promise<void> {
  await kube('POST', '/api/v1/nodes', {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: { 'kubernetes.io/os': 'linux' } },
  });
  await kube('PATCH', `/api/v1/nodes/${name}/status`, {
    status: {
      conditions: [{ type: 'Ready', status: 'True' }],
      capacity: { pods: '100', cpu: '8', memory: '16Gi' },
      allocatable: { pods: '100', cpu: '8', memory: '16Gi' },
    },
  });
}

/** The administrator's requests, as JSON. */
function kubeClient(api: ApiServer): Kube {
  const { users } = JSON.parse(api.kubectl('config', 'view', '--raw', '-o', 'json')) as {
    readonly users: readonly { readonly user: { readonly token: string } }[];
  };
  const authorization = `Bearer ${users[0]?.user.token}`;
  return (method, path, body) =>
    new Promise((resolve, reject) => {
      const type = method === 'PATCH' ? 'application/strategic-merge-patch+json' : 'application/json';
      const headers = { authorization, 'content-type': type };
      const call = request(`${api.url}${path}`, { method, headers, rejectUnauthorized: false }, (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          if ((answer.statusCode ?? 0) < 300) {
            resolve(JSON.parse(text));
          } else {
            reject(new Error(`${method} ${path}: ${answer.statusCode} ${text}`));
          }
        });
      });
      call.on('error', reject).end(body === undefined ? undefined : JSON.stringify(body));
    });
}
