/** The flags that every changing command shares. */
export interface ChangeOptions {
  /** Aborted with a PodidError Interrupted or Terminated as its reason. */
  readonly signal: AbortSignal;
  /** For the whole command. */
  readonly timeoutMs: number;
  readonly pollIntervalMs: number;
  /** `--aks-custom-headers`, checked; sent with the cluster's PUT only. */
  readonly headers: Readonly<Record<string, string>>;
  readonly dryRun: boolean;
  readonly noWait: boolean;
  readonly skipRoleAssignment: boolean;
  /** `best-effort` warns when the cluster's own API says no; `required` makes it the command's failure. */
  readonly mirror: 'off' | 'best-effort' | 'required';
  /** Lets the mirror take over objects that others wrote. */
  readonly force: boolean;
  /** `--cluster-principal-id`: settles which principal is the control plane's. */
  readonly clusterPrincipalId?: string;
}
