import type { PolicyObject } from './net-raw/policy-object.ts';
import type { FoundSpec } from './net-raw/standing-policy.ts';

/** What was done, or would be done, to one object of a policy engine. */
export interface PolicyChange {
  readonly kind: string;
  readonly name: string;
  readonly action: 'create' | 'update' | 'same' | 'foreign';
  /** For `foreign`: who wrote it. */
  readonly reason?: string;
}

export interface PolicyRequest {
  /** In the order in which they can be created. */
  readonly objects: readonly PolicyObject[];
  /** Takes over what others wrote. */
  readonly force: boolean;
  /** Sends nothing but reads and server-side dry runs. */
  readonly dryRun: boolean;
}

/** The objects of a cluster's policy engines. */
export interface ClusterPolicies {
  /**
   * Whether the cluster serves a kind. @param apiVersion with its group: `kyverno.io/v1`
   *
   * @throws PodidError Forbidden | ClusterUnreachable
   */
  serves(apiVersion: string, plural: string, signal: AbortSignal): Promise<boolean>;
  /**
   * What stands in the cluster under the names of these objects, in their order.
   *
   * @throws PodidError Forbidden | ClusterUnreachable
   */
  specs(objects: readonly PolicyObject[], signal: AbortSignal): Promise<readonly FoundSpec[]>;
  /**
   * Server-side apply as podid, one object after the other. What others wrote is left as it is, unless
   * forced.
   *
   * @throws PodidError Forbidden | PolicyBlocked (the cluster refuses an object) | ClusterUnreachable
   */
  apply(request: PolicyRequest, signal: AbortSignal): Promise<readonly PolicyChange[]>;
}
