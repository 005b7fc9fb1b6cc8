import type { PodIdentityProfile } from '../../../src/domain/clusters/cluster.ts';
import type { ObjectsInCluster } from '../../../src/domain/kubernetes/cluster-objects.ts';
import type { Pod } from '../../../src/domain/kubernetes/pod.ts';
import { PodidError } from '../../../src/errors/podid-error.ts';
import type { DoctorSubject, Evidence } from '../../../src/workflows/doctor/evidence.ts';
import { clusterId, clusterWith } from '../fake-azure.ts';

const unseen = { kind: 'hidden' as const, hidden: new PodidError('ClusterUnreachable', 'Away.') };

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
    ...{ subject: { cluster: clusterId, ...subject }, cluster: seen(clusterWith({}, profile)) },
    ...{ permissions: unseen, subscription: unseen, feature: unseen },
    ...{ identities: new Map(), operatorRoles: new Map(), ownRoles: new Map() },
    ...{ objects: seen(objects), pods: seen(pods), deployments: unseen, nodes: unseen },
    ...{ policies: unseen, agents: unseen, agentProbes: [], machines: unseen },
  };
}

function seen<Value>(value: Value) {
  return { kind: 'seen' as const, seen: value };
}
