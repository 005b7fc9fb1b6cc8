import { managedIdentityType } from '../../../domain/azure/resource-id.ts';
import { isGuid, isWrittenId } from '../../../domain/azure/written-id.ts';
import type {
  ControllerSignIn,
  ControllerValues,
  Json,
} from '../../../domain/kubernetes/controller-values.ts';
import { controllerFlags } from '../../../domain/kubernetes/program-flags.ts';
import { durationRule, parseDuration } from '../../flags/duration.ts';
import { isRate, readProgramFlags } from '../../flags/program-flags.ts';
import { quoted } from '../../usage-faults.ts';
import type { ValueSection } from './value-section.ts';

const port = { least: 1, most: 65_535 };
const usualPorts = { probes: 8080, metrics: 8888 };
const budgetKeys = ['minAvailable', 'maxUnavailable', 'unhealthyPodEvictionPolicy'];

/** Values of standard mode's controller: upstream's under `mic` and `adminsecret`, podid's under `podid.mic`. */
export function readControllerValues(root: ValueSection): ControllerValues {
  const [mic, own] = [root.section('mic'), root.section('podid').section('mic')];
  const [leader, customCloud] = [mic.section('leaderElection'), mic.section('customCloud')];
  const hasCustomCloud = customCloud.boolean('enabled');
  const customCloudFile = customCloud.text('configPath');
  if (hasCustomCloud) {
    checkFile(customCloud, 'configPath', 'mic.customCloud.configPath', customCloudFile);
  }
  const values: ControllerValues = {
    signIn: readSignIn(root, mic, own),
    customCloudFile: hasCustomCloud ? customCloudFile : undefined,
    installException: root.boolean('installMICException'),
    priorityClassName: mic.text('priorityClassName'),
    loggingFormat:
      mic.node('loggingFormat') === undefined ? '' : mic.choice('loggingFormat', ['json', 'text']),
    logVerbosity: mic.integer('logVerbosity', { least: 0, most: 10 }) ?? 0,
    replicas: mic.integer('replicas', { least: 0, most: 100 }) || 2,
    resources: mic.json('resources'),
    podAnnotations: mic.labels('podAnnotations'),
    podLabels: mic.labels('podLabels'),
    nodeSelector: mic.labels('nodeSelector'),
    tolerations: mic.jsonList('tolerations'),
    affinity: mic.json('affinity'),
    topologySpreadConstraints: mic.jsonList('topologySpreadConstraints'),
    podDisruptionBudget: readBudget(mic),
    leaderElection: {
      instance: leader.text('instance'),
      namespace: leader.text('namespace'),
      name: leader.text('name'),
      duration: duration(leader, 'duration', 'mic.leaderElection.duration'),
    },
    ...readPorts(mic),
    immutableUserMSIs: readImmutable(mic),
    createDeleteBatch: mic.integer('createDeleteBatch', { least: 1, most: 1000 }),
    clientQps: clientQps(mic),
    identityAssignmentReconcileInterval: duration(
      mic,
      'identityAssignmentReconcileInterval',
      'mic.identityAssignmentReconcileInterval',
    ),
    removalDelay: duration(own, 'removalDelay', 'podid.mic.removalDelay', ['never', '0s']),
    nodeResourceGroups: own.texts('nodeResourceGroups'),
    args: readProgramFlags(own, 'args', 'podid.mic.args', controllerFlags),
  };
  mic.ignore('image', 'tag', 'syncRetryDuration', 'updateUserMSIMaxRetry', 'updateUserMSIRetryInterval');
  for (const section of [mic, leader, customCloud]) {
    section.refuseOthers();
  }
  return values;
}

/** In managed mode nothing of it has an effect; a name that podid does not know is wrong all the same. */
export function refuseUnknownControllerValues(podid: ValueSection): void {
  const own = podid.section('mic');
  own.choice('cloud', clouds);
  own.ignore('clientId', 'tenantId', 'cloud', 'removalDelay', 'nodeResourceGroups', 'args');
  own.refuseOthers();
}

const clouds = [
  '',
  'AzurePublicCloud',
  'AzureCloud',
  'AzureUSGovernmentCloud',
  'AzureUSGovernment',
  'AzureChinaCloud',
  'AzureStackCloud',
] as const;

function readSignIn(root: ValueSection, mic: ValueSection, own: ValueSection): ControllerSignIn {
  const [clientId, tenantId] = [own.text('clientId'), own.text('tenantId')];
  const azureJson = readAdminSecret(root, clientId !== '');
  const path = mic.text('cloudConfig');
  if (clientId === '' && tenantId !== '') {
    own.fault(
      'tenantId',
      'podid.mic.tenantId needs podid.mic.clientId, the identity as which the controller signs in.',
    );
  }
  if (clientId !== '') {
    if (tenantId === '') {
      own.fault('clientId', 'podid.mic.clientId needs podid.mic.tenantId, the tenant of that identity.');
    }
    if (!isGuid(clientId)) {
      own.fault(
        'clientId',
        `podid.mic.clientId has to be the identity's client id, a GUID; this is ${quoted(clientId)}.`,
      );
    }
    return { kind: 'federated', clientId, tenantId, cloud: own.text('cloud') };
  }
  if (azureJson !== undefined) {
    return { kind: 'secret', azureJson };
  }
  if (path === '') {
    mic.fault(
      'cloudConfig',
      "Nothing says as whom the controller signs in to Azure: set podid.mic.clientId and podid.mic.tenantId (recommended), adminsecret, or mic.cloudConfig, upstream's /etc/kubernetes/azure.json.",
    );
  } else {
    checkFile(mic, 'cloudConfig', 'mic.cloudConfig', path);
  }
  return { kind: 'file', path };
}

/** Upstream's names of what azure.json calls otherwise, by the alphabet of the latter. */
const members = {
  aadClientId: 'clientID',
  aadClientSecret: 'clientSecret',
  cloud: 'cloud',
  tenantId: 'tenantID',
  userAssignedIdentityID: 'userAssignedMSIClientID',
} as const;

/** @returns undefined where nothing is set */
function readAdminSecret(root: ValueSection, unused: boolean): Record<string, string | boolean> | undefined {
  const secret = root.section('adminsecret');
  const given = Object.fromEntries(
    Object.entries(members).flatMap(([member, name]) => {
      const text = secret.text(name);
      return text === '' ? [] : [[member, text] as const];
    }),
  );
  const isManaged = secret.boolean('useMSI') || given['aadClientId'] === 'msi';
  secret.ignore('subscriptionID', 'resourceGroup', 'vmType');
  secret.refuseOthers();
  const node = root.node('adminsecret');
  if (node === undefined || (node.value instanceof Map && node.value.size === 0)) {
    return undefined;
  }
  const isWhole = given['tenantId'] && given['aadClientId'] && given['aadClientSecret'];
  if (!unused && !isManaged && !isWhole) {
    root.fault('adminsecret', 'adminsecret needs tenantID, clientID and clientSecret, or useMSI.');
  }
  const all = { ...given, ...(isManaged ? { useManagedIdentityExtension: true } : {}) };
  return Object.fromEntries(
    Object.entries(all).toSorted(([one], [other]) => (one < other ? -1 : 1)),
  ) as Record<string, string | boolean>;
}

function checkFile(section: ValueSection, key: string, name: string, path: string): void {
  if (!path.startsWith('/') || path.endsWith('/') || path.includes('..')) {
    section.fault(key, `${name} ${path} must be an absolute path to a file of the node.`);
  }
}

function duration(section: ValueSection, key: string, name: string, words: readonly string[] = []): string {
  const text = section.text(key);
  if (text !== '' && !words.includes(text) && parseDuration(text) === undefined) {
    section.fault(key, `${name} has to be ${durationRule(text)}; this is ${quoted(text)}.`);
  }
  return text;
}

function clientQps(mic: ValueSection): string {
  const text = mic.text('clientQps');
  if (text !== '' && !isRate(text)) {
    mic.fault('clientQps', `mic.clientQps has to be a number above 0; this is ${quoted(text)}.`);
  }
  return text;
}

/** podid-mic cannot listen for both on one port. */
function readPorts(mic: ValueSection): Pick<ControllerValues, 'probePort' | 'prometheusPort'> {
  const [probePort, prometheusPort] = [mic.integer('probePort', port), mic.integer('prometheusPort', port)];
  // What is no port has its own fault, and the usual one does not stand in for it.
  const probes = mic.node('probePort') === undefined ? usualPorts.probes : probePort;
  const metrics = mic.node('prometheusPort') === undefined ? usualPorts.metrics : prometheusPort;
  if (probes !== undefined && probes === metrics) {
    mic.fault(
      probePort === undefined ? 'prometheusPort' : 'probePort',
      `mic.probePort and mic.prometheusPort are both ${probes}: each needs a port of its own.`,
    );
  }
  return { probePort, prometheusPort };
}

function readImmutable(mic: ValueSection): readonly string[] {
  const given = mic.texts('immutableUserMSIs');
  const ids = given.flatMap((text) => text.split(',')).map((text) => text.trim());
  for (const id of ids.filter((each) => each !== '' && !isGuid(each))) {
    if (!isWrittenId(id, managedIdentityType)) {
      mic.fault(
        'immutableUserMSIs',
        `mic.immutableUserMSIs lists client ids, which are GUIDs, and resource ids of managed identities; ${quoted(id)} is neither.`,
      );
    }
  }
  return given;
}

function readBudget(mic: ValueSection): Json {
  const [name, budget] = ['podDisruptionBudget', mic.json('podDisruptionBudget')];
  for (const key of Object.keys(budget).filter((each) => !budgetKeys.includes(each))) {
    mic.fault(name, `There is no value mic.${name}.${key}.`);
  }
  if (
    (budget['minAvailable'] ?? undefined) !== undefined &&
    (budget['maxUnavailable'] ?? undefined) !== undefined
  ) {
    mic.fault(
      name,
      'mic.podDisruptionBudget has minAvailable and maxUnavailable, of which Kubernetes takes one. Leave one of them out.',
    );
  }
  return budget;
}
