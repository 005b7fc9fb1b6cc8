import type { EntryKey } from '../../domain/entries/pod-identity.ts';
import { keyVaultDriverPort } from '../../domain/kubernetes/agent-installation.ts';
import type { EgressRule, LabelSelector, NetworkPolicy } from '../../domain/kubernetes/network-policy.ts';
import { parseSecretPairs, type SecretPairs } from '../../domain/kubernetes/secret-pairs.ts';
import {
  type AgentPod,
  type ClusterNode,
  type SeenPod,
  type Workload,
  type WorkloadKind,
  workloadKindFacts,
} from '../../domain/kubernetes/workloads.ts';
import { isRecord, type JsonRecord, recordAt, recordsAt, stringAt, stringMapAt } from '../json-record.ts';
import { agentKindOf, exchangeOf, flagIn, wordsOf } from './agent-installation.ts';
import { parseOwnedPod } from './pod.ts';
import { parseTaints, parseTolerations } from './taints.ts';

/*
 * What a cluster runs, as far as the doctor looks at it. Tolerant like all that reads other people's objects:
 * what is missing is empty, and undefined is what has no name.
 */

export function parseWorkload(kind: WorkloadKind, json: unknown): Workload | undefined {
  const key = keyOf(json);
  if (key === undefined || !isRecord(json)) {
    return undefined;
  }
  const spec = recordAt(json, 'spec');
  const template = workloadKindFacts(kind).template.reduce(recordAt, spec);
  return {
    kind,
    ...key,
    labels: labelsOf(json),
    templateLabels: labelsOf(template),
    selector: selectorOfWorkload(kind, key.name, spec),
    // A Rollout may leave its template to a Deployment.
    owned:
      recordsAt(recordAt(json, 'metadata'), 'ownerReferences').length > 0 || isRecord(spec['workloadRef']),
  };
}

/** The labels by which a workload knows its pods. */
export function selectorOfWorkload(kind: WorkloadKind, name: string, spec: JsonRecord): Workload['selector'] {
  if (kind === 'KnativeService') {
    return { 'serving.knative.dev/service': name };
  }
  const isMap = workloadKindFacts(kind).selector === 'map';
  return (
    (isMap ? stringMapAt(spec, 'selector') : stringMapAt(recordAt(spec, 'selector'), 'matchLabels')) ?? {}
  );
}

export function parseSeenPod(json: unknown): SeenPod | undefined {
  const pod = parseOwnedPod(json);
  const spec = isRecord(json) ? recordAt(json, 'spec') : {};
  return pod && { ...pod, clientIds: clientIdsOf(spec) };
}

/** With one of these Azure's libraries sign in by themselves, as the application of that client id. */
const ownCredentials = [
  'AZURE_FEDERATED_TOKEN_FILE',
  'AZURE_CLIENT_SECRET',
  'AZURE_CLIENT_CERTIFICATE_PATH',
  'AZURE_PASSWORD',
];

/** A value from a Secret or a ConfigMap is not looked up. */
function clientIdsOf(spec: JsonRecord): string[] {
  const containers = [...recordsAt(spec, 'initContainers'), ...recordsAt(spec, 'containers')];
  const found = containers.flatMap((container) => {
    const values = new Map(
      recordsAt(container, 'env').map((each) => [stringAt(each, 'name'), stringAt(each, 'value') ?? '']),
    );
    const asksNoAgent = ownCredentials.some((name) => values.has(name));
    return asksNoAgent ? [] : (values.get('AZURE_CLIENT_ID')?.trim() ?? []);
  });
  return [...new Set(found)].filter((value) => value !== '');
}

export function parseNode(json: unknown): ClusterNode | undefined {
  const name = isRecord(json) ? stringAt(recordAt(json, 'metadata'), 'name') : undefined;
  if (!name || !isRecord(json)) {
    return undefined;
  }
  const status = recordAt(json, 'status');
  const labels = labelsOf(json);
  const os = labels['kubernetes.io/os'] ?? stringAt(recordAt(status, 'nodeInfo'), 'operatingSystem');
  return {
    name,
    os: (os ?? 'linux').toLowerCase(),
    ready: isReady(status),
    virtual: labels['type'] === 'virtual-kubelet',
    taints: parseTaints(recordAt(json, 'spec')),
    providerId: stringAt(recordAt(json, 'spec'), 'providerID') ?? '',
  };
}

export function parseNetworkPolicy(json: unknown): NetworkPolicy | undefined {
  const key = keyOf(json);
  if (key === undefined || !isRecord(json)) {
    return undefined;
  }
  const spec = recordAt(json, 'spec');
  const types = Array.isArray(spec['policyTypes']) ? spec['policyTypes'] : [];
  const confinesEgress = types.includes('Egress') || (types.length === 0 && Array.isArray(spec['egress']));
  return {
    ...key,
    podSelector: parseLabelSelector(recordAt(spec, 'podSelector')),
    ...(confinesEgress ? { egress: recordsAt(spec, 'egress').map(egressRule) } : {}),
  };
}

/** A DaemonSet whose pods are agents: `matchLabels` of those pods. Undefined for every other DaemonSet. */
export function parseAgentDaemonSet(
  json: unknown,
): (EntryKey & { readonly selector: Readonly<Record<string, string>> }) | undefined {
  const key = keyOf(json);
  if (key === undefined || !isRecord(json)) {
    return undefined;
  }
  const spec = recordAt(json, 'spec');
  const labels = labelsOf(recordAt(spec, 'template'));
  const isAgent = labels['component'] === 'nmi' || labels['app.kubernetes.io/component'] === 'nmi';
  return isAgent
    ? { ...key, selector: stringMapAt(recordAt(spec, 'selector'), 'matchLabels') ?? {} }
    : undefined;
}

export function parseAgentPod(json: unknown, daemonSet: string): AgentPod | undefined {
  const key = keyOf(json);
  if (key === undefined || !isRecord(json)) {
    return undefined;
  }
  const spec = recordAt(json, 'spec');
  const containers = recordsAt(spec, 'containers');
  const serving = containers.find(isServing) ?? containers[0] ?? {};
  const kind = agentKindOf(key.namespace, {}, labelsOf(json));
  return {
    ...key,
    daemonSet,
    nodeName: stringAt(spec, 'nodeName') ?? '',
    ready: isReady(recordAt(json, 'status')),
    hostNetwork: spec['hostNetwork'] === true,
    serviceAccount: stringAt(spec, 'serviceAccountName') || 'default',
    tolerations: parseTolerations(spec),
    container: stringAt(serving, 'name') ?? '',
    probePort: portFlag(serving, 'http-probe-port') ?? 8080,
    metricsPort: portFlag(serving, 'prometheus-port') ?? 9090,
    ...redirectOf(portFlag(serving, 'nmi-port')),
    ofAddon: kind === 'addon',
    needsMic: flagIn(wordsOf(serving), 'operation-mode') !== 'managed',
    ...(kind === 'podid' ? { ...ofPodid(serving), ...exchangeOf(spec, wordsOf(serving)) } : {}),
    provesReadiness: recordAt(recordAt(serving, 'readinessProbe'), 'httpGet')['path'] === '/readyz',
  };
}

function redirectOf(port: number | undefined): Pick<AgentPod, 'redirectPort'> {
  return port === undefined || port === keyVaultDriverPort ? {} : { redirectPort: port };
}

function ofPodid(container: JsonRecord): Pick<AgentPod, 'podidImage' | 'secretPairs'> {
  const image = stringAt(container, 'image');
  return { secretPairs: pairsOf(container), ...(image === undefined ? {} : { podidImage: image }) };
}

function pairsOf(container: JsonRecord): SecretPairs {
  return parseSecretPairs((flagIn(wordsOf(container), 'secrets-of-other-namespaces') ?? '').split(',')).pairs;
}

/** podid's agent may be two containers, of which the one with the word `rules` serves nobody. */
function isServing(container: JsonRecord): boolean {
  return (
    !wordsOf(container).includes('rules') &&
    wordsOf(container).some((word) => /http-probe-port|nmi/.test(word))
  );
}

function portFlag(container: JsonRecord, flag: string): number | undefined {
  const words = wordsOf(container);
  const at = words.findIndex((word) => new RegExp(`^--?${flag}(=|$)`).test(word));
  const value = words[at]?.split('=')[1] ?? words[at + 1];
  return at >= 0 && value !== undefined && /^\d{1,5}$/.test(value) ? Number(value) : undefined;
}

function isReady(status: JsonRecord): boolean {
  return recordsAt(status, 'conditions').some(
    (condition) => condition['type'] === 'Ready' && condition['status'] === 'True',
  );
}

function egressRule(rule: JsonRecord): EgressRule {
  const to = Array.isArray(rule['to']) && rule['to'].length > 0 ? rule['to'].filter(isRecord) : undefined;
  const ports =
    Array.isArray(rule['ports']) && rule['ports'].length > 0 ? rule['ports'].filter(isRecord) : undefined;
  return {
    ...(to === undefined ? {} : { ranges: to.flatMap(addressRange) }),
    ...(ports === undefined ? {} : { ports: ports.map(portOf) }),
  };
}

function addressRange(peer: JsonRecord): { cidr: string; except: string[] }[] {
  const block = recordAt(peer, 'ipBlock');
  const cidr = stringAt(block, 'cidr');
  const except = Array.isArray(block['except']) ? block['except'] : [];
  return cidr === undefined ? [] : [{ cidr, except: except.filter((each) => typeof each === 'string') }];
}

function portOf(json: JsonRecord): NonNullable<EgressRule['ports']>[number] {
  const { port, endPort } = json;
  return {
    protocol: stringAt(json, 'protocol') ?? 'TCP',
    ...(typeof port === 'number' || typeof port === 'string' ? { port } : {}),
    ...(typeof endPort === 'number' ? { endPort } : {}),
  };
}

export function parseLabelSelector(json: JsonRecord): LabelSelector {
  return {
    matchLabels: stringMapAt(json, 'matchLabels') ?? {},
    matchExpressions: recordsAt(json, 'matchExpressions').map((each) => ({
      key: stringAt(each, 'key') ?? '',
      operator: stringAt(each, 'operator') ?? '',
      values: Array.isArray(each['values'])
        ? each['values'].filter((value) => typeof value === 'string')
        : [],
    })),
  };
}

function keyOf(json: unknown): EntryKey | undefined {
  const metadata = isRecord(json) ? recordAt(json, 'metadata') : {};
  const name = stringAt(metadata, 'name');
  const namespace = stringAt(metadata, 'namespace');
  return name && namespace ? { namespace, name } : undefined;
}

function labelsOf(json: JsonRecord): Readonly<Record<string, string>> {
  return stringMapAt(recordAt(json, 'metadata'), 'labels') ?? {};
}
