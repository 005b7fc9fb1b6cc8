/** A value that goes into an object as it is. */
export type Json = Readonly<Record<string, unknown>>;
type Labels = Readonly<Record<string, string>>;

/** As whom the controller signs in to Azure. */
export type ControllerSignIn =
  /** By a token of its own service account; `cloud` is empty for the public one. */
  | {
      readonly kind: 'federated';
      readonly clientId: string;
      readonly tenantId: string;
      readonly cloud: string;
    }
  /** By members of azure.json, kept in a Secret. */
  | { readonly kind: 'secret'; readonly azureJson: Readonly<Record<string, string | boolean>> }
  /** As a file of its node says. */
  | { readonly kind: 'file'; readonly path: string };

/**
 * What can be set about podid-mic, by the names that the values have in the chart (`mic`, `podid.mic`). A text that
 * is empty and a number that is undefined mean the controller's own default.
 */
export interface ControllerValues {
  readonly signIn: ControllerSignIn;
  /** A file of the node with the endpoints of the cloud; undefined: none. */
  readonly customCloudFile: string | undefined;
  readonly installException: boolean;
  readonly priorityClassName: string;
  readonly loggingFormat: string;
  readonly logVerbosity: number;
  readonly replicas: number;
  readonly resources: Json;
  readonly podAnnotations: Labels;
  readonly podLabels: Labels;
  readonly nodeSelector: Labels;
  readonly tolerations: readonly Json[];
  readonly affinity: Json;
  readonly topologySpreadConstraints: readonly Json[];
  readonly podDisruptionBudget: Json;
  readonly leaderElection: {
    readonly instance: string;
    readonly namespace: string;
    readonly name: string;
    readonly duration: string;
  };
  readonly probePort: number | undefined;
  readonly prometheusPort: number | undefined;
  readonly immutableUserMSIs: readonly string[];
  readonly createDeleteBatch: number | undefined;
  readonly clientQps: string;
  readonly identityAssignmentReconcileInterval: string;
  readonly removalDelay: string;
  readonly nodeResourceGroups: readonly string[];
  readonly args: readonly string[];
}

/** Whether bindings of other namespaces count: upstream's default, and here only where it was asked for. */
export function crossesNamespaces(values: {
  readonly mode: 'managed' | 'standard';
  readonly forceNamespaced: boolean | undefined;
}): boolean {
  return values.mode === 'standard' && values.forceNamespaced === false;
}

/** An agent on its node would answer what the controller asks IMDS. */
export function asksImds({ signIn }: ControllerValues): boolean {
  return (
    signIn.kind === 'file' ||
    (signIn.kind === 'secret' && signIn.azureJson['useManagedIdentityExtension'] === true)
  );
}

/** Why an install stops where pods use identities of other namespaces, and nobody has said whether they may. */
export function crossingUndecidedText(pods: readonly string[]): string {
  const shown = [...new Set(pods)].toSorted();
  const more = shown.length > 5 ? ` and ${shown.length - 5} more` : '';
  return `Pods use identities of other namespaces (${shown.slice(0, 5).join(', ')}${more}), and forceNamespaced is not set. Set it to "false" to keep that, as upstream's default was: then a label is enough for a pod of any namespace to get any bound identity. Or set it to "true", when each binding is in the namespace of its pods.`;
}
