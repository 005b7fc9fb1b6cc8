import type { AgentObjectChange, HelmRelease } from '../../../domain/kubernetes/agent-cluster.ts';
import type { AgentInstallation } from '../../../domain/kubernetes/agent-installation.ts';
import { identityApi } from '../../../domain/kubernetes/identity-resources.ts';
import type { ObjectRef } from '../../../domain/kubernetes/kube-object.ts';
import { advice } from '../../../errors/hint.ts';
import type { AgentDeps, AgentWait } from '../agent-deps.ts';
import { untilPodsAreGone } from '../until-pods-are-gone.ts';

/** What upstream's manifests create beside the DaemonSet (deploy/infra of aad-pod-identity 1.8.17). */
const manifestNames = [
  // Only standard mode has it.
  { apiVersion: 'apps/v1', kind: 'Deployment', name: 'mic' },
  ...['nmi', 'mic'].flatMap(rolesOf),
];

function rolesOf(part: string) {
  const prefix = `aad-pod-id-${part}`;
  return [
    { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRoleBinding', name: `${prefix}-binding` },
    { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', name: `${prefix}-role` },
    { apiVersion: 'v1', kind: 'ServiceAccount', name: `${prefix}-service-account` },
  ];
}

const namespacedKinds = ['Deployment', 'ServiceAccount'];

/**
 * What goes with upstream's agent, the DaemonSet first. The definitions and all objects of the identity kinds
 * stay: pods live by them.
 */
export function upstreamObjects(
  { kind, namespace, name }: AgentInstallation,
  record: HelmRelease | undefined,
): readonly ObjectRef[] {
  const daemonSet: ObjectRef = { apiVersion: 'apps/v1', kind: 'DaemonSet', namespace, name };
  if (kind === 'addon') {
    return [daemonSet];
  }
  const rest =
    record === undefined
      ? manifestNames.map((each) => (namespacedKinds.includes(each.kind) ? { ...each, namespace } : each))
      : [...record.objects, ...record.secrets];
  return [daemonSet, ...rest.filter((ref) => !isKept(ref) && !isSame(ref, daemonSet))];
}

/** @returns what was there and is gone now */
export async function removeUpstream(
  deps: AgentDeps,
  upstream: AgentInstallation,
  record: HelmRelease | undefined,
  wait: AgentWait,
): Promise<readonly AgentObjectChange[]> {
  const removed: AgentObjectChange[] = [];
  for (const ref of upstreamObjects(upstream, record)) {
    const { apiVersion: _api, ...key } = ref;
    if (await deps.agent.remove(ref, wait.signal)) {
      removed.push({ ...key, action: 'delete' });
    }
    if (ref.kind === 'DaemonSet') {
      await untilPodsAreGone(deps, upstream, wait);
    }
  }
  return removed;
}

function isKept({ apiVersion, kind }: ObjectRef): boolean {
  return (
    kind === 'CustomResourceDefinition' ||
    kind === 'Namespace' ||
    apiVersion.startsWith(`${identityApi.group}/`)
  );
}

function isSame(one: ObjectRef, other: ObjectRef): boolean {
  return one.kind === other.kind && one.namespace === other.namespace && one.name === other.name;
}

/** Helm's own record of the release that podid comes in the place of, where there is one and it can be read. */
export async function recordOf(
  { agent, report }: AgentDeps,
  release: AgentInstallation['release'],
  signal: AbortSignal,
): Promise<HelmRelease | undefined> {
  if (release === undefined) {
    return undefined;
  }
  const record = await agent.helmRelease(release, signal);
  if (record === undefined) {
    report.warn(
      `The record of Helm release ${release.name} cannot be read, so its values are unknown: only those of --values and --set are used.`,
      advice`Do not uninstall that release with Helm afterwards: where it holds the definitions, that deletes every identity`,
    );
  }
  return record;
}
