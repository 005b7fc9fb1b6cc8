import type { Hint } from '../../errors/hint.ts';

/** What keeps a takeover from being begun, in the order in which one looks at it. */
export const takeoverBlockers = [
  'AddonOff',
  'ClusterBusy',
  'DeadEntry',
  'ObjectsUnread',
  'ObjectsMissing',
  'NodesUnread',
  'ClusterUnread',
  'OtherAgent',
  'HelmAgent',
  'AgentValuesUnknown',
  'AnotherTakeover',
  'TooLarge',
] as const;

/** What is to be known before it is begun, and keeps nobody from it. */
export const takeoverNotes = [
  'StaysOnNodes',
  'NoIssuer',
  'EgressUnknown',
  'CsiPodIdentity',
  'OtherWriters',
  'ServicePrincipals',
  'NoWayBack',
  'Unread',
] as const;

export interface TakeoverFinding {
  readonly code: (typeof takeoverBlockers)[number] | (typeof takeoverNotes)[number];
  readonly message: string;
  /** The next command, and what to do besides. */
  readonly hint: Hint;
}
