import type { KubeKind, PrinterColumn } from '../objects/kube-kinds.ts';
import { ageOf } from './human-duration.ts';
import { type Json, listAt, mapAt, numberAt, textAt, valueAt } from './object-facts.ts';

export interface Column {
  readonly name: string;
  /** Shown with `-o wide` alone. */
  readonly isWide?: boolean;
  readonly cell: (object: Json, now: number) => string | number;
}

type Cell = Column['cell'];

const column = (name: string, cell: Cell): Column => ({ name, cell });
const wide = (name: string, cell: Cell): Column => ({ name, cell, isWide: true });
const text =
  (...path: readonly string[]): Cell =>
  (object) =>
    textAt(object, ...path) || '<none>';
const count =
  (...path: readonly string[]): Cell =>
  (object) =>
    numberAt(object, ...path);
const size =
  (...path: readonly string[]): Cell =>
  (object) =>
    Object.keys(mapAt(object, ...path)).length;

const name = column('Name', text('metadata', 'name'));
const age = column('Age', (object, now) => ageOf(textAt(object, 'metadata', 'creationTimestamp'), now));
const createdAt = column('Created At', text('metadata', 'creationTimestamp'));

const containers = ['spec', 'template', 'spec', 'containers'];
const ofContainers =
  (member: string): Cell =>
  (object) =>
    joined(listAt(object, ...containers), member);
const workload = [wide('Containers', ofContainers('name')), wide('Images', ofContainers('image'))];
const selector = wide('Selector', (object) => labelsText(object, 'spec', 'selector', 'matchLabels'));

/** What a server shows of its own kinds in `kubectl get`, after the name; of another one its age. */
const columns: Readonly<Record<string, readonly Column[]>> = {
  Pod: [
    column('Ready', (pod) => `${readyContainers(pod)}/${listAt(pod, 'spec', 'containers').length}`),
    column('Status', (pod) =>
      textAt(pod, 'metadata', 'deletionTimestamp')
        ? 'Terminating'
        : textAt(pod, 'status', 'phase') || 'Pending',
    ),
    column('Restarts', (pod) =>
      listAt(pod, 'status', 'containerStatuses').reduce<number>(
        (sum, one) => sum + numberAt(one, 'restartCount'),
        0,
      ),
    ),
    age,
    wide('IP', text('status', 'podIP')),
    wide('Node', text('spec', 'nodeName')),
    wide('Nominated Node', text('status', 'nominatedNodeName')),
    wide('Readiness Gates', () => '<none>'),
  ],
  Node: [
    column('Status', nodeStatus),
    column('Roles', nodeRoles),
    age,
    column('Version', text('status', 'nodeInfo', 'kubeletVersion')),
    wide('Internal-IP', (node) => addressOf(node, 'InternalIP')),
    wide('External-IP', (node) => addressOf(node, 'ExternalIP')),
    wide('OS-Image', text('status', 'nodeInfo', 'osImage')),
    wide('Kernel-Version', text('status', 'nodeInfo', 'kernelVersion')),
    wide('Container-Runtime', text('status', 'nodeInfo', 'containerRuntimeVersion')),
  ],
  Namespace: [column('Status', text('status', 'phase')), age],
  Deployment: [
    column('Ready', (object) => `${numberAt(object, 'status', 'readyReplicas')}/${wanted(object)}`),
    column('Up-to-date', count('status', 'updatedReplicas')),
    column('Available', count('status', 'availableReplicas')),
    age,
    ...workload,
    selector,
  ],
  DaemonSet: [
    column('Desired', count('status', 'desiredNumberScheduled')),
    column('Current', count('status', 'currentNumberScheduled')),
    column('Ready', count('status', 'numberReady')),
    column('Up-to-date', count('status', 'updatedNumberScheduled')),
    column('Available', count('status', 'numberAvailable')),
    column('Node Selector', (object) => labelsText(object, 'spec', 'template', 'spec', 'nodeSelector')),
    age,
    ...workload,
    selector,
  ],
  ReplicaSet: [
    column('Desired', wanted),
    column('Current', count('status', 'replicas')),
    column('Ready', count('status', 'readyReplicas')),
    age,
    ...workload,
    selector,
  ],
  StatefulSet: [
    column('Ready', (object) => `${numberAt(object, 'status', 'readyReplicas')}/${wanted(object)}`),
    age,
    ...workload,
  ],
  Job: [
    column('Status', (job) => conditionThatHolds(job) || 'Running'),
    column(
      'Completions',
      (job) => `${numberAt(job, 'status', 'succeeded')}/${numberAt(job, 'spec', 'completions') || 1}`,
    ),
    age,
    ...workload,
  ],
  CronJob: [column('Schedule', text('spec', 'schedule')), age],
  Service: [
    column('Type', (service) => textAt(service, 'spec', 'type') || 'ClusterIP'),
    column('Cluster-IP', text('spec', 'clusterIP')),
    column('External-IP', () => '<none>'),
    column('Port(s)', (service) =>
      listAt(service, 'spec', 'ports')
        .map((port) => `${numberAt(port, 'port')}/${textAt(port, 'protocol') || 'TCP'}`)
        .join(','),
    ),
    age,
    wide('Selector', (service) => labelsText(service, 'spec', 'selector')),
  ],
  ConfigMap: [column('Data', size('data')), age],
  Secret: [column('Type', (secret) => textAt(secret, 'type') || 'Opaque'), column('Data', size('data')), age],
  Lease: [column('Holder', text('spec', 'holderIdentity')), age],
  Role: [createdAt],
  ClusterRole: [createdAt],
  RoleBinding: [column('Role', roleText), age],
  ClusterRoleBinding: [column('Role', roleText), age],
  CustomResourceDefinition: [createdAt],
};

export function columnsOf({ kind, schema, columns: printed }: KubeKind): readonly Column[] {
  if (schema !== undefined) {
    return [name, ...(printed?.map(columnOf) ?? [age])];
  }
  return [name, ...(Object.hasOwn(columns, kind) ? (columns[kind] ?? []) : [age])];
}

function columnOf({ name: title, type, jsonPath, priority = 0 }: PrinterColumn): Column {
  const path = jsonPath.split('.').slice(1);
  const shown: Cell = (object, now) =>
    type === 'date' ? ageOf(textAt(object, ...path), now) : valueText(valueAt(object, path));
  return priority > 0 ? wide(title, shown) : column(title, shown);
}

function valueText(value: unknown): string {
  return typeof value === 'string' ? value : value === undefined ? '' : JSON.stringify(value);
}

function wanted(object: Json): number {
  const { replicas = 1 } = mapAt(object, 'spec');
  return Number(replicas);
}

/** A pod without container statuses, as scenarios have them, is told by its condition. */
function readyContainers(pod: Json): number {
  const statuses = listAt(pod, 'status', 'containerStatuses');
  if (statuses.length > 0) {
    return statuses.filter((one) => (one as { ready?: unknown }).ready === true).length;
  }
  const isReady = conditions(pod).some(({ type, status }) => type === 'Ready' && status === 'True');
  return isReady ? listAt(pod, 'spec', 'containers').length : 0;
}

function nodeStatus(node: Json): string {
  const isReady = conditions(node).some(({ type, status }) => type === 'Ready' && status === 'True');
  const isCordoned = (node as { spec?: { unschedulable?: boolean } }).spec?.unschedulable === true;
  return `${isReady ? 'Ready' : 'NotReady'}${isCordoned ? ',SchedulingDisabled' : ''}`;
}

function nodeRoles(node: Json): string {
  const prefix = 'node-role.kubernetes.io/';
  const labels = Object.keys(mapAt(node, 'metadata', 'labels'));
  const roles = labels.filter((label) => label.startsWith(prefix)).map((label) => label.slice(prefix.length));
  return roles.join(',') || '<none>';
}

function addressOf(node: Json, type: string): string {
  const found = listAt(node, 'status', 'addresses').find((one) => textAt(one, 'type') === type);
  return textAt(found, 'address') || '<none>';
}

function conditions(object: Json): { readonly type: string; readonly status: string }[] {
  return listAt(object, 'status', 'conditions').map((one) => ({
    type: textAt(one, 'type'),
    status: textAt(one, 'status'),
  }));
}

function conditionThatHolds(object: Json): string {
  return conditions(object).find(({ status }) => status === 'True')?.type ?? '';
}

function roleText(binding: Json): string {
  return `${textAt(binding, 'roleRef', 'kind')}/${textAt(binding, 'roleRef', 'name')}`;
}

function joined(items: readonly Json[], member: string): string {
  return items.map((item) => textAt(item, member)).join(',');
}

function labelsText(object: Json, ...path: readonly string[]): string {
  const labels = Object.entries(mapAt(object, ...path));
  return labels.map(([label, value]) => `${label}=${String(value)}`).join(',') || '<none>';
}
