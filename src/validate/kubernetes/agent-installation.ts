import type { AgentInstallation, AgentKind } from '../../domain/kubernetes/agent-installation.ts';
import { keyVaultDriverPort } from '../../domain/kubernetes/agent-installation.ts';
import { putByAnnotation, putByTakeover, valuesAnnotation } from '../../domain/kubernetes/agent-values.ts';
import { agentHome } from '../../domain/kubernetes/own-agents/agent-maker.ts';
import { isRecord, type JsonRecord, recordAt, recordsAt, stringAt, stringMapAt } from '../json-record.ts';
import { parseTolerations } from './taints.ts';

/** A DaemonSet whose pods are node agents. Undefined for every other DaemonSet. */
export function parseAgentInstallation(json: unknown): AgentInstallation | undefined {
  if (!isRecord(json)) {
    return undefined;
  }
  const metadata = recordAt(json, 'metadata');
  const [namespace, name] = [stringAt(metadata, 'namespace'), stringAt(metadata, 'name')];
  const template = recordAt(recordAt(json, 'spec'), 'template');
  const podLabels = stringMapAt(recordAt(template, 'metadata'), 'labels') ?? {};
  const containers = containersOf(recordAt(template, 'spec'));
  const labels = stringMapAt(metadata, 'labels') ?? {};
  const kind = agentKindOf(namespace, labels, podLabels);
  if (!namespace || !name || kind === undefined) {
    return undefined;
  }
  const words = containers.flatMap(wordsOf);
  const image = containers.map((each) => stringAt(each, 'image') ?? '').find((each) => each !== '') ?? '';
  const pullPolicy = containers.map((each) => stringAt(each, 'imagePullPolicy') ?? '').find(Boolean);
  const secrets = recordAt(template, 'spec')['imagePullSecrets'];
  const annotations = stringMapAt(metadata, 'annotations') ?? {};
  const release = annotations['meta.helm.sh/release-name'];
  const mode = flagIn(words, 'operation-mode');
  const startupTaint = flagIn(words, 'remove-startup-taint');
  const values = valuesIn(annotations[valuesAnnotation]);
  return {
    kind,
    namespace,
    name,
    image,
    ...(release === undefined
      ? {}
      : {
          release: { name: release, namespace: annotations['meta.helm.sh/release-namespace'] ?? namespace },
        }),
    imagePullPolicy: pullPolicy ?? 'IfNotPresent',
    imagePullSecrets: Array.isArray(secrets) ? secrets.filter(isRecord) : [],
    metricsPort: Number(flagIn(words, 'prometheus-port') ?? 9090),
    tolerations: parseTolerations(recordAt(template, 'spec')),
    ownedByPodid: release === undefined && labels['app.kubernetes.io/managed-by'] === 'podid',
    version: labels['app.kubernetes.io/version'] ?? tagOf(image),
    ...(mode === 'managed' || mode === 'standard' ? { mode } : {}),
    port: Number(flagIn(words, 'nmi-port') ?? keyVaultDriverPort),
    rulesBackend: flagIn(words, 'rules-backend') === 'iptables' ? 'iptables' : 'nft',
    bootGuard: words.includes('boot-guard'),
    ...(startupTaint === undefined ? {} : { startupTaint }),
    serviceAccount: stringAt(recordAt(template, 'spec'), 'serviceAccountName') || 'default',
    ...exchangeOf(recordAt(template, 'spec'), words),
    ...(values === undefined ? {} : { values }),
    ...(annotations[putByAnnotation] === putByTakeover ? { ofTakeover: true } : {}),
    selector: stringMapAt(recordAt(recordAt(json, 'spec'), 'selector'), 'matchLabels') ?? {},
  };
}

/** Undefined where nothing, or no JSON object, stands there. */
function valuesIn(text: string | undefined): JsonRecord | undefined {
  try {
    const values: unknown = JSON.parse(text ?? '');
    return isRecord(values) ? values : undefined;
  } catch {
    return undefined;
  }
}

/** A token for another audience than the API server's is for nothing else. */
export function exchangeOf(
  podSpec: JsonRecord,
  words: readonly string[],
): Pick<AgentInstallation, 'exchange'> {
  const [audience] = recordsAt(podSpec, 'volumes')
    .flatMap((volume) => recordsAt(recordAt(volume, 'projected'), 'sources'))
    .flatMap((source) => stringAt(recordAt(source, 'serviceAccountToken'), 'audience') || []);
  if (audience === undefined) {
    return {};
  }
  const source = flagIn(words, 'exchange-default') === 'exchange' ? 'exchange' : 'imds';
  const subject = flagIn(words, 'exchange-subject') === 'workload' ? 'workload' : 'agent';
  return { exchange: { audience, source, tenantId: flagIn(words, 'exchange-tenant-id') ?? '', subject } };
}

type Labels = Readonly<Record<string, string>>;

/** All of them carry a component `nmi`; AKS marks what it manages itself, and has its own in `kube-system`. */
export function agentKindOf(
  namespace: string | undefined,
  labels: Labels,
  podLabels: Labels,
): AgentKind | undefined {
  const isAgent = podLabels['component'] === 'nmi' || podLabels['app.kubernetes.io/component'] === 'nmi';
  if (!isAgent) {
    return undefined;
  }
  if (podLabels['app.kubernetes.io/name'] === 'podid') {
    return 'podid';
  }
  const managedBy = 'kubernetes.azure.com/managedby';
  const isMarked = labels[managedBy] === 'aks' || podLabels[managedBy] === 'aks';
  return isMarked && namespace === agentHome ? 'addon' : 'upstream';
}

function containersOf(podSpec: JsonRecord): JsonRecord[] {
  // Those that serve first: the image of an init container may be another.
  return ['containers', 'initContainers'].flatMap((key) => {
    const list = podSpec[key];
    return Array.isArray(list) ? list.filter(isRecord) : [];
  });
}

/** As typed, `--flag=value` or `--flag value`. */
export function flagIn(words: readonly string[], flag: string): string | undefined {
  const at = words.findIndex((word) => word === `--${flag}` || word.startsWith(`--${flag}=`));
  const word = words[at];
  if (word === undefined) {
    return undefined;
  }
  return word.includes('=') ? word.slice(word.indexOf('=') + 1) : words[at + 1];
}

/** What a container is started with: its command, then its arguments. */
export function wordsOf(container: JsonRecord): string[] {
  return ['command', 'args'].flatMap((key) => {
    const words = container[key];
    return Array.isArray(words) ? words.filter((word): word is string => typeof word === 'string') : [];
  });
}

/** `registry:5000/podid:1.2` → `1.2`; a digest says nothing to people. */
function tagOf(image: string): string {
  return /:([^:/@]+)(?:@.*)?$/.exec(image)?.[1] ?? '';
}
