import type { AgentInstallation } from '../../../domain/kubernetes/agent-installation.ts';
import { type AzureIdentityBinding, bindingLabel } from '../../../domain/kubernetes/identity-resources.ts';
import type { SeenPod } from '../../../domain/kubernetes/workloads.ts';
import type { SeenRecord } from '../../../domain/migrate/seen.ts';
import { someOf } from '../../../domain/takeover/compare-objects.ts';
import { podsOfBinding, resourcesInUse } from '../../../domain/takeover/used-resources.ts';
import { isPodidError } from '../../../errors/podid-error.ts';
import type { TakeoverRun } from '../takeover-run.ts';
import { isProbe } from './render-probe.ts';

/** One request a second, so that each resource has its turn every eight seconds. */
const mostResources = 8;

/** For what the pods of a binding get tokens, as the agents saw it; empty where nobody knows. The first eight. */
export async function askedResources(
  run: TakeoverRun,
  agent: AgentInstallation,
  binding: AzureIdentityBinding,
): Promise<readonly string[]> {
  const seen = await whatAgentsSaw(run, agent);
  if (seen === undefined) {
    return [];
  }
  const pods = podsOfBinding(binding, seen.pods).filter((pod) => !isProbe(pod));
  const resources = resourcesInUse(seen.record, pods);
  if (resources.length > mostResources) {
    run.deps.report.warn(
      `Pods with the label ${bindingLabel}: ${binding.spec.selector ?? ''} in namespace ${binding.metadata.namespace} ask for ${resources.length} resources. The probe pods ask for the ${mostResources} that most pods ask for, and not for ${someOf(resources.slice(mostResources))}.`,
    );
  }
  return resources.slice(0, mostResources);
}

export interface Seen {
  readonly record: SeenRecord;
  readonly pods: readonly SeenPod[];
}

/** Undefined where you may not see it: that is told, and is no reason to end. */
export async function whatAgentsSaw(
  { kube, deps }: TakeoverRun,
  { namespace, name }: AgentInstallation,
): Promise<Seen | undefined> {
  try {
    const all = await kube.workloads.agents(deps.signal);
    // Whoever may make pods can make one that looks like an agent.
    const agents = all.filter((pod) => pod.namespace === namespace && pod.daemonSet === name);
    const [record, pods] = await Promise.all([
      kube.seen.record(agents, deps.signal),
      kube.workloads.pods(undefined, bindingLabel, deps.signal),
    ]);
    return record === undefined ? undefined : { record, pods };
  } catch (error) {
    if (!isPodidError(error, 'Forbidden')) {
      throw error;
    }
    deps.report.warn(`For what pods ask is not known: ${error.message}`, error.hint);
    return undefined;
  }
}
