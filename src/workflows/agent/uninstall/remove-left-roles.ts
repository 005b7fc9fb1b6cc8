import { counted } from '../../../domain/counted.ts';
import { exchangeRolesHome } from '../../../domain/exchange/exchange-roles.ts';
import type { AgentCluster, AgentObjectChange } from '../../../domain/kubernetes/agent-cluster.ts';
import type { AgentRelease } from '../../../domain/kubernetes/agent-values.ts';
import type { ObjectRef } from '../../../domain/kubernetes/kube-object.ts';
import { advice, command } from '../../../errors/hint.ts';
import type { AgentDeps, AgentWait } from '../agent-deps.ts';

/** The rights of `podid exchange` that an agent of this namespace left behind, as Helm does not know them. */
export async function leftTokenRoles(
  agent: Pick<AgentCluster, 'tokenRoles' | 'ownObjects'>,
  release: AgentRelease,
  signal: AbortSignal,
): Promise<readonly ObjectRef[]> {
  const roles = (await agent.tokenRoles(signal)).filter(
    ({ of }) => exchangeRolesHome(of) === release.namespace,
  );
  if (roles.length === 0) {
    return [];
  }
  // Where more than that is there, all of it goes together.
  const own = await agent.ownObjects(release, signal);
  return own.some(({ namespace }) => namespace === release.namespace) ? [] : roles.map(({ ref }) => ref);
}

/** Nothing else is there to be taken away. @returns undefined when the question was answered by No */
export async function removeLeftRoles(
  { agent, confirm, report }: AgentDeps,
  { release, dryRun }: { readonly release: AgentRelease; readonly dryRun: boolean },
  roles: readonly ObjectRef[],
  { signal }: AgentWait,
): Promise<{ readonly result: { objects: readonly AgentObjectChange[]; nodes: [] } } | undefined> {
  const objects = roles.map(
    ({ kind, namespace = '', name }): AgentObjectChange => ({ kind, namespace, name, action: 'delete' }),
  );
  const result: { objects: readonly AgentObjectChange[]; nodes: [] } = { objects, nodes: [] };
  if (dryRun) {
    return { result };
  }
  const text = counted(roles.length, 'object');
  const asked = `The agent in namespace ${release.namespace} is gone. Remove its rights to make tokens of service accounts (${text})?`;
  if (!(await confirm(asked))) {
    return undefined;
  }
  for (const ref of roles) {
    report.progress(`Removing ${ref.kind} ${ref.namespace}/${ref.name}`);
    await agent.remove(ref, signal);
  }
  report.note(
    advice`Rules that the agent left on nodes: ${command('podid nmi uninstall --clean-up-only --namespace', release.namespace).again()}`,
  );
  return { result };
}
