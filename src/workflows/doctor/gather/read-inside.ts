import type { Deps } from '../../../domain/deps.ts';
import { bindingLabel } from '../../../domain/kubernetes/identity-resources.ts';
import { believedAgents } from '../../../domain/kubernetes/own-agents/believed-agents.ts';
import { isLiving } from '../../../domain/kubernetes/pod.ts';
import {
  type ConnectedCluster,
  type SeenPod,
  type WorkloadKind,
  type Workloads,
  workloadKinds,
} from '../../../domain/kubernetes/workloads.ts';
import type { DoctorSubject, Evidence } from '../evidence.ts';
import { type Probe, probeNext } from '../probe.ts';

export type Inside = Pick<Evidence, 'objects' | 'pods' | 'workloads' | 'nodes' | 'policies' | 'agents'> & {
  readonly api: Probe<ConnectedCluster>;
};

export async function readInside(
  { signal }: Pick<Deps, 'signal'>,
  subject: DoctorSubject,
  api: Probe<ConnectedCluster>,
): Promise<Inside> {
  const { namespace } = subject;
  const through = <Value>(read: (workloads: Workloads) => Promise<Value>) =>
    probeNext(signal, api, ({ workloads }) => read(workloads));
  const [objects, pods, workloads, nodes, policies, agents] = await Promise.all([
    probeNext(signal, api, (cluster) => cluster.read(signal)),
    through((workloads) => podsInQuestion(workloads, subject, signal)),
    Promise.all(
      (Object.keys(workloadKinds) as WorkloadKind[]).map((kind) =>
        through((api) => api.workloads(kind, namespace, bindingLabel, signal)),
      ),
    ),
    through((workloads) => workloads.nodes(signal)),
    through((workloads) => workloads.networkPolicies(namespace, signal)),
    through((workloads) => workloads.agents(signal).then(believedAgents)),
  ]);
  return { api, objects, pods, workloads, nodes, policies, agents };
}

async function podsInQuestion(
  workloads: Workloads,
  { namespace, pod, deployment }: DoctorSubject,
  signal: AbortSignal,
): Promise<readonly SeenPod[]> {
  if (namespace !== undefined && pod !== undefined) {
    const found = await workloads.pod({ namespace, name: pod }, signal);
    return found === undefined ? [] : [found];
  }
  const living = (pods: readonly SeenPod[]) => pods.filter(isLiving);
  if (namespace === undefined || deployment === undefined) {
    return living(await workloads.pods(namespace, bindingLabel, signal));
  }
  const found = (await workloads.workloads('Deployment', namespace, '', signal)).find(
    ({ name }) => name === deployment,
  );
  if (found === undefined) {
    return [];
  }
  const labels = Object.entries(found.selector).map(([key, value]) => `${key}=${value}`);
  return living(await workloads.pods(namespace, labels.join(','), signal));
}
