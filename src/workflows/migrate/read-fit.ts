import type { Cluster } from '../../domain/clusters/cluster.ts';
import type { Deps } from '../../domain/deps.ts';
import type { ObjectsInCluster } from '../../domain/kubernetes/cluster-objects.ts';
import { type BindingFit, fitAssignment, fitBinding } from '../../domain/kubernetes/decide/binding-fit.ts';
import type { AzureIdentityBinding, IdentityResources } from '../../domain/kubernetes/identity-resources.ts';
import { believedAgents } from '../../domain/kubernetes/own-agents/believed-agents.ts';
import type { AgentPod, ConnectedCluster } from '../../domain/kubernetes/workloads.ts';
import type { MigrationFacts } from '../../domain/migrate/migration-facts.ts';
import { type Probe, probe, readOr } from '../doctor/probe.ts';
import { readControllers, scopeOf, waitsForController } from '../doctor/standard-mode.ts';

/** Which bindings fit which pods, by the mode that the agents are in. */
export async function readFit(
  { clock, signal }: Pick<Deps, 'clock' | 'signal'>,
  known: {
    readonly api: ConnectedCluster;
    readonly cluster: Probe<Cluster>;
    readonly objects: Probe<ObjectsInCluster>;
    /** Absent: not read yet. */
    readonly agents?: Probe<readonly AgentPod[]>;
  },
  { identities }: IdentityResources,
): Promise<Pick<MigrationFacts, 'fitOf'>> {
  const agents =
    known.agents ?? (await probe(signal, () => known.api.workloads.agents(signal).then(believedAgents)));
  if (!readOr(agents, []).some((agent) => waitsForController(agent, known))) {
    const byName = new Map(
      identities.map((each) => [`${each.metadata.namespace}/${each.metadata.name}`, each]),
    );
    const fitOf = (namespace: string, label: string, binding: AzureIdentityBinding): BindingFit =>
      fitBinding({ namespace }, label, binding, byName);
    return { fitOf };
  }
  const controllers = await readControllers({ clock, signal }, { kind: 'read', value: known.api });
  const scope = scopeOf(known, controllers);
  return {
    fitOf: (namespace, label, binding) => fitAssignment({ namespace }, label, binding, scope),
  };
}
