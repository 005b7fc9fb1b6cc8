import type { EntryKey } from '../entries/pod-identity.ts';
import type { ExchangeDefaults } from '../exchange/token-source.ts';
import type { AgentMaker } from './own-agents/agent-maker.ts';
import type { Toleration } from './taints.ts';

/** Whose agent: podid's, the AKS add-on's, or that of aad-pod-identity. */
export type AgentKind = 'podid' | 'addon' | 'upstream';

/** A DaemonSet of node agents, as it stands in the cluster. */
export interface AgentInstallation extends EntryKey {
  readonly kind: AgentKind;
  /** As `makerOf` takes it. */
  readonly madeBy?: AgentMaker;
  /** The Helm release that it belongs to. */
  readonly release?: { readonly name: string; readonly namespace: string };
  /** Written by podid's own commands. */
  readonly ownedByPodid: boolean;
  readonly image: string;
  readonly imagePullPolicy: string;
  readonly imagePullSecrets: readonly Readonly<Record<string, unknown>>[];
  /** `app.kubernetes.io/version`, else the tag of the image; empty when neither says it. */
  readonly version: string;
  /** Absent: the flag's own default, `standard`. */
  readonly mode?: 'standard' | 'managed';
  /** Where it listens for pods. */
  readonly port: number;
  readonly rulesBackend: 'nft' | 'iptables';
  /** Loads the rules before the kubelet starts any pod. */
  readonly bootGuard: boolean;
  /** Takes a taint of this key away from nodes on which it is ready. */
  readonly startupTaint?: string;
  readonly metricsPort: number;
  /** Of its pods, without those that Kubernetes gives every DaemonSet. */
  readonly tolerations: readonly Toleration[];
  /** Of its pods, in its own namespace. */
  readonly serviceAccount: string;
  /** How it exchanges tokens; absent where its pods hold no token for that. */
  readonly exchange?: ExchangeDefaults & {
    /** Of that token. */
    readonly audience: string;
  };
  /** What podid installed it with; absent where that was written down nowhere. */
  readonly values?: Readonly<Record<string, unknown>>;
  /** A takeover put it there: its DaemonSet says so. */
  readonly ofTakeover?: true;
  /** `matchLabels` of its pods. */
  readonly selector: Readonly<Record<string, string>>;
}

/** The port at which the Key Vault CSI driver looks for the agent; it has no setting for another. */
export const keyVaultDriverPort = 2579;

export function agentKindText({ kind, namespace, name, release }: AgentInstallation): string {
  const by =
    release === undefined ? '' : ` of Helm release ${release.name} in namespace ${release.namespace}`;
  const whose = { podid: "podid's agent", addon: "the AKS add-on's NMI", upstream: "aad-pod-identity's NMI" };
  return `${whose[kind]} (DaemonSet ${namespace}/${name}${by})`;
}
