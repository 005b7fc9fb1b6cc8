import { withoutAddon } from '../../domain/clusters/check-cluster.ts';
import { wayToEnable } from '../../domain/clusters/way-to-enable.ts';
import type { Deps } from '../../domain/deps.ts';
import { advice, othersText } from '../../errors/hint.ts';
import type { Done } from '../../workflows/change/outcome.ts';
import type { Session } from '../run/session.ts';

/**
 * An empty list says where else the entries are, to scripts too. Somebody at a terminal reads besides what it means, and
 * what comes next.
 */
export async function reportEmptyList(
  session: Session,
  { entries, kube, signal }: Pick<Deps, 'entries' | 'kube' | 'signal'>,
  { result, cluster }: Done<readonly unknown[]>,
  kind: 'pod identity' | 'exception',
  { mode, namespace }: { readonly mode: string | undefined; readonly namespace: string | undefined },
): Promise<void> {
  if (result.length > 0) {
    return;
  }
  if (!cluster.profile.enabled && mode !== 'cluster') {
    const { findObjectsInCluster } = await import('../../workflows/change/name-objects-in-cluster.ts');
    const there = await findObjectsInCluster({ kube, signal }, cluster.id);
    if (there !== undefined) {
      session.report.note(
        advice`Pod identity is off on cluster ${othersText(cluster.id.name)}, and the cluster itself holds entries as objects. ${there.hint}`,
      );
      return;
    }
    if (!session.context.stdout.isTerminal) {
      return;
    }
    session.report.note(
      advice`Pod identity is off on cluster ${othersText(cluster.id.name)}. To turn it on: ${wayToEnable(cluster)}; or, without the add-on, ${withoutAddon}`,
    );
    return;
  }
  if (!session.context.stdout.isTerminal) {
    return;
  }
  const add = entries.command(kind === 'exception' ? 'exception add' : 'add', cluster.id, { help: true });
  const what = kind === 'exception' ? advice`no exception` : advice`no pod identity`;
  const where = namespace === undefined ? advice`` : advice` in namespace ${othersText(namespace)}`;
  session.report.note(
    advice`Cluster ${othersText(cluster.id.name)} has ${what}${where} to list. To add one: ${add}`,
  );
}
