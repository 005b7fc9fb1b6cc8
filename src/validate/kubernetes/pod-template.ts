import { type WorkloadKind, workloadKindFacts } from '../../domain/kubernetes/workloads.ts';
import type {
  PodNetwork,
  PodTemplate,
  ReadPod,
  ReadWorkload,
  WrittenVariable,
} from '../../domain/migrate/read-workload.ts';
import { parseCleanedRecord } from '../files/migration/cleaned-record.ts';
import { isRecord, type JsonRecord, recordAt, recordsAt, stringAt, stringMapAt } from '../json-record.ts';
import { isPrivileged, secretsOf } from './access/pod-reach.ts';
import { controllerOf } from './controller-ref.ts';
import { selectorOfWorkload } from './workloads.ts';

/*
 * What makes pods, and pods, as far as a migration looks at them. Tolerant like all that reads other people's objects:
 * what is missing is empty, and undefined is what has no name.
 */

export function parseReadWorkload(kind: WorkloadKind, json: unknown): ReadWorkload | undefined {
  const object = parseObject(json);
  if (object === undefined) {
    return undefined;
  }
  const { spec, status, ...named } = object;
  const strategy = recordAt(spec, 'updateStrategy')['type'];
  const cleaned = parseCleanedRecord(named.annotations, named.namespace);
  return {
    kind,
    ...named,
    ...(cleaned === undefined ? {} : { cleaned }),
    template: parseTemplate(workloadKindFacts(kind).template.reduce(recordAt, spec)),
    selector: selectorOfWorkload(kind, named.name, spec),
    onDelete: strategy === 'OnDelete',
    finished: kind === 'Job' && isEnded(status),
  };
}

export function parseReadPod(json: unknown): ReadPod | undefined {
  const object = parseObject(json);
  if (object === undefined || !isRecord(json)) {
    return undefined;
  }
  const { spec, status, ...named } = object;
  return {
    ...named,
    nodeName: stringAt(spec, 'nodeName') ?? '',
    finished: status['phase'] === 'Succeeded' || status['phase'] === 'Failed',
    succeeded: status['phase'] === 'Succeeded',
    template: parseTemplate(json),
    createdAt: stringAt(recordAt(json, 'metadata'), 'creationTimestamp') ?? '',
  };
}

/** @param json with `metadata` and `spec`, as a pod has them and what makes pods */
export function parseTemplate(json: JsonRecord): PodTemplate {
  const metadata = recordAt(json, 'metadata');
  const spec = recordAt(json, 'spec');
  const containers = [...recordsAt(spec, 'initContainers'), ...recordsAt(spec, 'containers')];
  const volumes = recordsAt(spec, 'volumes');
  const nodeSelector = stringMapAt(spec, 'nodeSelector') ?? {};
  const network = networkOf(spec);
  const secrets = secretsOf(spec);
  return {
    labels: stringMapAt(metadata, 'labels') ?? {},
    annotations: stringMapAt(metadata, 'annotations') ?? {},
    // `serviceAccount` is the older name of the same member.
    serviceAccount: stringAt(spec, 'serviceAccountName') || stringAt(spec, 'serviceAccount') || 'default',
    hostNetwork: spec['hostNetwork'] === true,
    windows: [recordAt(spec, 'os')['name'], nodeSelector['kubernetes.io/os']].includes('windows'),
    virtualNode:
      nodeSelector['type'] === 'virtual-kubelet' ||
      recordsAt(spec, 'tolerations').some(({ key }) => key === 'virtual-kubelet.io/provider'),
    variables: containers.flatMap(azureVariables),
    ports: containers.flatMap((container) =>
      recordsAt(container, 'ports').flatMap(({ containerPort }) =>
        typeof containerPort === 'number' ? [containerPort] : [],
      ),
    ),
    imagePullSecrets: namesAt(spec, 'imagePullSecrets'),
    audiences: volumes.flatMap(audiencesOf),
    secretProviderClasses: volumes.flatMap(providerClassOf),
    ...(network === undefined ? {} : { network }),
    ...(isPrivileged(spec) ? { privileged: true } : {}),
    ...(secrets.length === 0 ? {} : { secrets }),
  };
}

const networkMembers = ['nodeSelector', 'tolerations', 'dnsPolicy', 'dnsConfig', 'hostAliases'];
const proxyVariable = /^(?:https?|no)_proxy$/i;

function networkOf(pod: JsonRecord): PodNetwork | undefined {
  const members = networkMembers.flatMap((each) => (pod[each] == null ? [] : [[each, pod[each]] as const]));
  const { nodeAffinity } = recordAt(pod, 'affinity');
  const affinity = isRecord(nodeAffinity) ? [['affinity', { nodeAffinity }] as const] : [];
  const proxies = recordsAt(pod, 'containers')
    .map((each) => recordsAt(each, 'env').filter(({ name }) => proxyVariable.test(String(name))))
    .find((each) => each.length > 0);
  const spec = Object.fromEntries([...members, ...affinity]);
  return proxies === undefined && Object.keys(spec).length === 0
    ? undefined
    : { spec, proxies: proxies ?? [] };
}

function azureVariables(container: JsonRecord): WrittenVariable[] {
  return recordsAt(container, 'env').flatMap((each) => {
    const name = stringAt(each, 'name') ?? '';
    const value = each['valueFrom'] === undefined ? (stringAt(each, 'value') ?? '') : undefined;
    return name.startsWith('AZURE_') ? [{ name, ...(value === undefined ? {} : { value }) }] : [];
  });
}

function audiencesOf(volume: JsonRecord): string[] {
  return recordsAt(recordAt(volume, 'projected'), 'sources').flatMap(
    (source) => stringAt(recordAt(source, 'serviceAccountToken'), 'audience') ?? [],
  );
}

function providerClassOf(volume: JsonRecord): string[] {
  const csi = recordAt(volume, 'csi');
  const name = stringAt(recordAt(csi, 'volumeAttributes'), 'secretProviderClass');
  return csi['driver'] === 'secrets-store.csi.k8s.io' && name ? [name] : [];
}

/** Names of a list of references: `imagePullSecrets`. */
export function namesAt(record: JsonRecord, member: string): string[] {
  return recordsAt(record, member).flatMap((each) => stringAt(each, 'name') || []);
}

function parseObject(json: unknown) {
  const metadata = isRecord(json) ? recordAt(json, 'metadata') : {};
  const [namespace, name] = [stringAt(metadata, 'namespace'), stringAt(metadata, 'name')];
  if (!isRecord(json) || !namespace || !name) {
    return undefined;
  }
  const managers = recordsAt(metadata, 'managedFields').flatMap((each) => stringAt(each, 'manager') || []);
  const controller = controllerOf(metadata);
  return {
    namespace,
    name,
    uid: stringAt(metadata, 'uid') ?? '',
    labels: stringMapAt(metadata, 'labels') ?? {},
    annotations: stringMapAt(metadata, 'annotations') ?? {},
    managers: [...new Set(managers)],
    ...(controller === undefined ? {} : { controller }),
    spec: recordAt(json, 'spec'),
    status: recordAt(json, 'status'),
  };
}

function isEnded(status: JsonRecord): boolean {
  return recordsAt(status, 'conditions').some(
    (condition) =>
      (condition['type'] === 'Complete' || condition['type'] === 'Failed') && condition['status'] === 'True',
  );
}
