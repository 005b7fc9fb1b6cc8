import type { ClusterNode } from '../../../domain/kubernetes/workloads.ts';
import type { Evidence } from '../evidence.ts';
import { readOr } from '../probe.ts';

/** The Linux nodes of the pods asked about, else all that are ready. Undefined when nodes cannot be read. */
export function nodesInQuestion({
  subject,
  nodes,
  pods,
}: Pick<Evidence, 'subject' | 'nodes' | 'pods'>): readonly ClusterNode[] | undefined {
  if (nodes.kind === 'unread') {
    return undefined;
  }
  const linux = nodes.value.filter((node) => node.os === 'linux' && !node.virtual && node.ready);
  if (subject.pod === undefined && subject.deployment === undefined) {
    return linux;
  }
  const names = new Set(readOr(pods, []).map(({ nodeName }) => nodeName));
  const own = linux.filter(({ name }) => names.has(name));
  return own.length > 0 ? own : linux;
}
