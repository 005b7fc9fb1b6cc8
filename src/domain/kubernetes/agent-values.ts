import { leastMinorOfGuard, leastMinorOfNodes } from '../exchange/exchange-guard.ts';
import type { ExchangeSubject, TokenSourceName } from '../exchange/token-source.ts';
import type { AgentImage } from './agent-image.ts';
import type { ControllerValues, Json } from './controller-values.ts';

/** Where an install of the agent goes, and under which name. */
export interface AgentRelease {
  /** Value of the label `app.kubernetes.io/instance`. */
  readonly name: string;
  readonly namespace: string;
  /** Of podid: the tag of an image that names none. */
  readonly version: string;
  /** `36` of Kubernetes 1.36; absent where nothing depends on it, or nobody has asked. */
  readonly serverMinor?: number;
  /** A takeover puts it there, where none was before: a rollback may take it away again. */
  readonly ofTakeover?: true;
}

type Labels = Readonly<Record<string, string>>;

/** An AzureIdentity, and its binding where there is one, as `azureIdentities` of the chart has them. */
export interface AgentIdentity {
  readonly name: string;
  /** Empty: the release's. */
  readonly namespace: string;
  readonly type: number;
  readonly resourceID: string;
  readonly clientID: string;
  readonly tenantID: string;
  readonly auxiliaryTenantIDs: readonly string[];
  readonly adEndpoint: string;
  readonly clientPassword: Json;
  readonly binding?: { readonly name: string; readonly selector: string };
}

/**
 * What can be set about the agent, by the names that the values have in the chart
 * (`deploy/chart/values.yaml`, which also says what they mean), read and checked. A text that is empty and a
 * number that is undefined mean the agent's own default.
 */
export interface AgentValues {
  /** `standard`: podid-mic puts identities on machines. `managed`: they are there already. */
  readonly mode: 'managed' | 'standard';
  /** Undefined: nobody has said, which is yes as long as no pod uses an identity of another namespace. */
  readonly forceNamespaced: boolean | undefined;
  /** Undefined in managed mode. */
  readonly controller: ControllerValues | undefined;
  readonly nameOverride: string;
  readonly fullnameOverride: string;
  readonly image: { readonly imagePullPolicy: string };
  readonly imagePullSecrets: readonly Json[];
  readonly customUserAgent: string;
  readonly azureIdentities: readonly AgentIdentity[];
  readonly nmi: {
    readonly priorityClassName: string;
    readonly loggingFormat: string;
    readonly logVerbosity: number;
    readonly updateStrategy: Json;
    readonly resources: Json;
    readonly podAnnotations: Labels;
    readonly podLabels: Labels;
    readonly nodeSelector: Labels;
    readonly tolerations: readonly Json[];
    readonly affinity: Json;
    readonly ipTableUpdateTimeIntervalInSeconds: number | undefined;
    readonly probePort: number | undefined;
    readonly prometheusPort: number | undefined;
    readonly blockInstanceMetadata: boolean;
    readonly metadataHeaderRequired: boolean;
    readonly allowNetworkPluginKubenet: boolean;
    readonly kubeletConfig: string;
    readonly retryAttemptsForCreated: number | undefined;
    readonly retryAttemptsForAssigned: number | undefined;
    readonly findIdentityRetryIntervalInSeconds: number | undefined;
    readonly enableScaleFeatures: boolean;
  };
  readonly rbac: {
    readonly enabled: boolean;
    /** Undefined: nobody has said, which is no as long as no identity needs a secret. */
    readonly allowAccessToSecrets: boolean | undefined;
    readonly createUserFacingClusterRoles: boolean;
  };
  readonly podid: {
    readonly image: AgentImage;
    readonly rulesResources: Json;
    readonly rulesBackend: 'nft' | 'iptables';
    readonly addressGuard: 'auto' | 'off';
    /** Undefined: as long as the agent holds a request by itself. */
    readonly holdSeconds: number | undefined;
    /** Of identities that no AzureIdentity gives access to. */
    readonly refusedClientIds: readonly string[];
    /** Tokens by exchange. Empty texts: the agent's own. */
    readonly exchange: {
      readonly enabled: boolean;
      readonly default: TokenSourceName;
      readonly subject: ExchangeSubject;
      /** The agent has no right to the pods of other nodes, and acts as its own to see those of that one. */
      readonly podsOfOwnNode: boolean;
      readonly tenantID: string;
      readonly authorityHost: string;
      readonly audience: string;
    };
    /** A ConfigMap with certificates of further authorities; its name is empty where there are none. */
    readonly extraCa: { readonly configMap: string; readonly key: string };
    readonly serveArgs: readonly string[];
    readonly rulesArgs: readonly string[];
    /** No taint is borne, whatever `nmi.tolerations` says. */
    readonly tolerateNothing: boolean;
    readonly alongside: boolean;
    readonly secretNamespaces: readonly string[];
    /** Pairs `IDENTITIES:SECRETS` of namespaces. */
    readonly secretsOfOtherNamespaces: readonly string[];
    /** Namespaces whose pods get an Event where they are refused. */
    readonly eventNamespaces: readonly string[];
    readonly bootGuard: { readonly enabled: boolean };
    readonly startupTaint: { readonly enabled: boolean; readonly key: string };
    readonly podMonitor: MonitorValues;
    readonly serviceMonitor: MonitorValues;
    readonly prometheusRule: { readonly enabled: boolean; readonly labels: Labels };
    readonly dashboard: { readonly enabled: boolean; readonly labels: Labels };
    readonly networkPolicy: { readonly enabled: boolean; readonly namespaces: readonly string[] };
    readonly ciliumLocalRedirectPolicy: { readonly enabled: boolean };
  };
  /** Names of values that were set and mean nothing to podid, or nothing in this mode. */
  readonly withoutEffect: readonly string[];
  /** What was set over the chart's own, without secrets; absent: nobody wants to know it later. */
  readonly given?: Readonly<Record<string, unknown>>;
}

/** Of the agent's DaemonSet, JSON: what it was installed with, for whoever writes it anew and is told less. */
export const valuesAnnotation = 'podid.io/values';

/** Of the same, `takeover` where a takeover put it there; whoever writes it by hand later takes that for their own. */
export const putByAnnotation = 'podid.io/put-by';
export const putByTakeover = 'takeover';

interface MonitorValues {
  readonly enabled: boolean;
  readonly labels: Labels;
  readonly interval: string;
}

/** Of `--alongside`: what another NMI has taken already is left to it. */
export function agentPorts({ nmi, podid }: Pick<AgentValues, 'nmi' | 'podid'>): {
  readonly pods: number;
  readonly probes: number;
  readonly metrics: number;
} {
  const [probes, metrics] = [nmi.probePort ?? 8085, nmi.prometheusPort ?? 9090];
  if (!podid.alongside) {
    return { pods: 2579, probes, metrics };
  }
  return { pods: 2580, probes: probes === 8085 ? 8086 : probes, metrics: metrics === 9090 ? 9091 : metrics };
}

/** Whoever names the port of the metrics, or has them monitored, wants others than the node itself to read them. */
export function isScraped({ nmi, podid }: Pick<AgentValues, 'nmi' | 'podid'>): boolean {
  return nmi.prometheusPort !== undefined || podid.podMonitor.enabled || podid.serviceMonitor.enabled;
}

/**
 * Taints that the agent tolerates. An empty list is what upstream's charts had by default for long, and is in
 * every file that was copied from them: a node without an agent is open, so that it means every taint.
 */
export function agentTolerations({ nmi, podid }: Pick<AgentValues, 'nmi' | 'podid'>): readonly Json[] {
  if (podid.tolerateNothing) {
    return [];
  }
  return nmi.tolerations.length > 0 ? nmi.tolerations : [{ operator: 'Exists' }];
}

/** `namespace/name` of identities that sign in with a secret. */
export function identitiesWithSecret(
  { azureIdentities }: Pick<AgentValues, 'azureIdentities'>,
  releaseNamespace: string,
): readonly string[] {
  return azureIdentities
    .filter(({ type }) => type > 0)
    .map(({ namespace, name }) => `${namespace || releaseNamespace}/${name}`);
}

/** Why an install stops where such identities are and nobody has said whether their secrets may be read. */
export function secretsUndecidedText(identities: readonly string[]): string {
  const shown = [...new Set(identities)].toSorted();
  const more = shown.length > 5 ? ` and ${shown.length - 5} more` : '';
  return `Identities of type 1 or 2 sign in with a secret (${shown.slice(0, 5).join(', ')}${more}), and upstream's chart let its agent read every secret of the cluster. Set rbac.allowAccessToSecrets to true, best with their namespaces in podid.secretNamespaces, or to false if they are not used any more.`;
}

/** What of the values depends on the Kubernetes of the cluster. */
export function needsServerMinor({ podid }: Pick<AgentValues, 'podid'>): boolean {
  return podid.startupTaint.enabled || podid.exchange.subject === 'workload';
}

/** Why an install stops on a Kubernetes that is too old; undefined where it is not. */
export function oldServerText({ podid }: Pick<AgentValues, 'podid'>, minor: number): string | undefined {
  if (podid.exchange.podsOfOwnNode && minor < leastMinorOfNodes) {
    return `podid.exchange.podsOfOwnNode needs Kubernetes 1.${leastMinorOfNodes} or later (this is 1.${minor}): before, the agent cannot act as its own node and would see no pods.`;
  }
  if (minor >= leastMinorOfGuard) {
    return undefined;
  }
  return podid.startupTaint.enabled
    ? `podid.startupTaint needs Kubernetes 1.30 or later (this is 1.${minor}). Only there can an admission policy limit the right to change nodes to the agent's own node and to that one taint.`
    : `podid.exchange.subject: workload needs Kubernetes 1.30 or later (this is 1.${minor}). Only there can an admission policy confine the right to make tokens to the pods of the agent's own node.`;
}
