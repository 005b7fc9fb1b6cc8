import type { EntryKey } from '../../domain/entries/pod-identity.ts';
import { identityApi } from '../../domain/kubernetes/identity-resources.ts';
import {
  type ControllerLock,
  leasePlace,
  type StandardMode,
  upstreamLockPlace,
} from '../../domain/standard-mode/controller.ts';
import {
  controllerLock,
  parseAssignmentEvent,
  parseControllerPod,
  parseElectionRecord,
  parseLeaseSpec,
} from '../../validate/kubernetes/controller.ts';
import { parseLiveAssignment } from '../../validate/kubernetes/live-assignment.ts';
import { disown, type LedgerObject } from './ledger-object.ts';
import type { WorkloadApi } from './workload-api.ts';

/** Of upstream's manifests, and of its chart and podid's. */
const controllerLabels = ['component=mic', 'app.kubernetes.io/component=mic'];
/** podid-mic's, then upstream's. */
const eventReasons = ['IdentityNotAssigned', 'binding apply error'];

/** Standard mode as the cluster's API shows it; of its objects the ledger alone is ever written. */
export function readStandardMode(api: WorkloadApi, ledger: LedgerObject): StandardMode {
  return {
    ledger: async (signal) => (await ledger.read(signal)).state,
    disown: (machineIds, identityIds, signal) => disown(ledger, { machineIds, identityIds }, signal),
    async controllers(signal) {
      const lists = await Promise.all(
        controllerLabels.map((labelSelector) =>
          api.list(
            { path: '/api/v1/pods', query: { labelSelector }, verb: 'list', resource: 'pods' },
            signal,
          ),
        ),
      );
      const found = lists.flat().flatMap((item) => parseControllerPod(item) ?? []);
      // One pod may carry both labels.
      return [...new Map(found.map((pod) => [`${pod.namespace}/${pod.name}`, pod])).values()];
    },
    async locks(controllers, signal) {
      const places = new Map(
        [upstreamLockPlace, ...controllers.map(({ upstreamLock }) => upstreamLock)].map((place) => [
          `${place.namespace}/${place.name}`,
          place,
        ]),
      );
      const found = await Promise.all([
        leaseLock(api, signal),
        ...[...places.values()].map((place) => upstreamLock(api, place, signal)),
      ]);
      return found.filter((lock) => lock !== undefined);
    },
    async assignments(signal) {
      const { group, version } = identityApi;
      const asked = {
        path: `/apis/${group}/${version}/azureassignedidentities`,
        verb: 'list',
        resource: `azureassignedidentities.${group}`,
      } as const;
      return (await api.list(asked, signal)).flatMap((item) => parseLiveAssignment(item) ?? []);
    },
    async events(namespace, signal) {
      const path =
        namespace === undefined
          ? '/api/v1/events'
          : `/api/v1/namespaces/${encodeURIComponent(namespace)}/events`;
      const of = namespace === undefined ? {} : { namespace };
      const lists = await Promise.all(
        eventReasons.map((reason) =>
          api.list(
            { path, query: { fieldSelector: `reason=${reason}` }, verb: 'list', resource: 'events', ...of },
            signal,
          ),
        ),
      );
      return lists.flat().flatMap((item) => parseAssignmentEvent(item) ?? []);
    },
  };
}

async function leaseLock(api: WorkloadApi, signal: AbortSignal): Promise<ControllerLock | undefined> {
  const { namespace, name } = leasePlace;
  const path = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases/${name}`;
  const resource = 'leases.coordination.k8s.io';
  const json = await api.get({ path, verb: 'get', resource, namespace }, signal);
  return json === undefined
    ? undefined
    : controllerLock('podid-mic', `lease ${namespace}/${name}`, parseLeaseSpec(json));
}

async function upstreamLock(
  api: WorkloadApi,
  { namespace, name }: EntryKey,
  signal: AbortSignal,
): Promise<ControllerLock | undefined> {
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/endpoints/${encodeURIComponent(name)}`;
  const json = await api.get({ path, verb: 'get', resource: 'endpoints', namespace }, signal);
  const record = parseElectionRecord(json);
  return record && controllerLock('aad-pod-identity', `endpoints ${namespace}/${name}`, record);
}
