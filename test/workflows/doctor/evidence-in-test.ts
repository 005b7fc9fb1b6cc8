import type { PodIdentityProfile } from '../../../src/domain/clusters/cluster.ts';
import type { ObjectsInCluster } from '../../../src/domain/kubernetes/cluster-objects.ts';
import type { Pod } from '../../../src/domain/kubernetes/pod.ts';
import { PodidError } from '../../../src/errors/podid-error.ts';
import type { DoctorSubject, Evidence } from '../../../src/workflows/doctor/evidence.ts';
import { clusterId, clusterWith } from '../fake-azure.ts';

const unread = { kind: 'unread' as const, error: new PodidError('ClusterUnreachable', 'Away.') };

/** A cluster without the add-on, of which pods and objects alone can be seen. */
export function evidenceOf({
  pods,
  objects,
  subject = {},
  profile = { enabled: false },
}: {
  readonly pods: readonly Pod[];
  readonly objects: ObjectsInCluster;
  readonly subject?: Omit<DoctorSubject, 'cluster'>;
  readonly profile?: Partial<PodIdentityProfile>;
}): Evidence {
  return {
    ...{ subject: { cluster: clusterId, ...subject }, cluster: read(clusterWith({}, profile)) },
    ...{ permissions: unread, subscription: unread, feature: unread },
    ...{ identities: new Map(), operatorRoles: new Map(), ownRoles: new Map() },
    ...{ objects: read(objects), pods: read(pods), workloads: [], nodes: unread },
    ...{ policies: unread, agents: unread, agentProbes: [], machines: unread },
  };
}

function read<Value>(value: Value) {
  return { kind: 'read' as const, value };
}
