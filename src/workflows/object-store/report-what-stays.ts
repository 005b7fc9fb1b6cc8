import { carriedAmong } from '../../domain/azure/machine-identities.ts';
import { sameResource } from '../../domain/azure/resource-id.ts';
import type { Cluster } from '../../domain/clusters/cluster.ts';
import { sameEntry } from '../../domain/entries/pod-identity.ts';
import type { ProfileEdit } from '../../domain/entries/profile-edit.ts';
import { nextCommand } from '../../domain/hints/next-command.ts';
import type { Reporter } from '../../domain/ports.ts';
import type { NodeSide } from './node-side.ts';

/**
 * Says which identities stay on the nodes although no entry needs them any more. They are left there: other
 * things than pod identity may use them, and nothing is lost that way.
 */
export async function reportWhatStays(
  { nodes, report }: { readonly nodes: NodeSide; readonly report: Reporter },
  before: Cluster,
  after: { readonly cluster: Cluster; readonly edit: ProfileEdit },
  signal: AbortSignal,
): Promise<void> {
  const touched = [...(after.edit.deleteIdentities ?? []), ...(after.edit.putIdentities ?? [])];
  const ids = before.profile.identities
    .filter((entry) => touched.some((key) => sameEntry(key, entry)))
    .map(({ identity }) => identity.resourceId)
    .filter(
      (id) => !after.cluster.profile.identities.some(({ identity }) => sameResource(identity.resourceId, id)),
    );
  if (ids.length === 0) {
    return;
  }
  const machines = (await nodes.machines(after.cluster, signal)) ?? [];
  const staying = [...new Set(ids)].filter((id) =>
    machines.some((machine) => carriedAmong(machine, [id]).length > 0),
  );
  if (staying.length === 0) {
    return;
  }
  const what = staying.length === 1 ? 'The identity stays' : `${staying.length} identities stay`;
  report.note(
    `${what} on the nodes. To remove what nothing else uses: ${nextCommand('node unassign', after.cluster.id, { identities: staying })}`,
  );
}
