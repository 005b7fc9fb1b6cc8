import type { EntryKey } from '../entries/pod-identity.ts';
import type { LiveAssignment } from '../kubernetes/live-assignment.ts';
import type { LedgerState } from './ledger-state.ts';

/** What assigns identities in standard mode: podid's controller, or upstream's MIC. */
export type ControllerProgram = 'podid-mic' | 'aad-pod-identity';

/**
 * One place for the whole cluster, whatever the release is called and wherever it runs: two releases must not
 * both lead, and the ledger outlives the namespace of any of them.
 */
export const leasePlace: EntryKey = { namespace: 'kube-system', name: 'podid-mic' };

/** What podid-mic has put on machines. */
export const ledgerPlace: EntryKey = { namespace: 'kube-system', name: 'podid-mic-ledger' };

/** The Endpoints object on which upstream's MIC keeps its lock, unless its flags say otherwise. */
export const upstreamLockPlace: EntryKey = { namespace: 'default', name: 'aad-pod-identity-mic' };

/** A pod of a controller. */
export interface ControllerPod extends EntryKey {
  readonly program: ControllerProgram;
  readonly ready: boolean;
  /** Only bindings and identities of a pod's own namespace count. */
  readonly forceNamespaced: boolean;
  /** Where upstream's keeps its lock, and podid's looks for it. */
  readonly upstreamLock: EntryKey;
}

/** Who holds, or last held, the lock of a controller. */
export interface ControllerLock {
  readonly program: ControllerProgram;
  /** For people: `lease kube-system/podid-mic`. */
  readonly place: string;
  /** Empty: given back. */
  readonly holder: string;
  /** Milliseconds since the epoch, by the holder's clock; 0 where the lock names no time. */
  readonly renewedMs: number;
  readonly durationSeconds: number;
}

/** A clock that is off by more than this is off by anything. */
export const trustedSkewMs = 60_000;

/** What is written longer into a lock was written by hand: nobody is waited for as long. */
const longestLockMs = 10 * 60_000;

/** How long a lock counts without being renewed, in milliseconds. */
export function lockMs({ durationSeconds }: Pick<ControllerLock, 'durationSeconds'>): number {
  return Math.min(longestLockMs, durationSeconds * 1000);
}

/** Whether its holder leads, as far as one look can tell: clocks of two machines differ. */
export function isLeading(lock: ControllerLock, nowMs: number): boolean {
  return lock.holder !== '' && nowMs < lock.renewedMs + lockMs(lock) + trustedSkewMs;
}

/** Who leads standard mode, by one look. */
export interface ControllerStanding {
  readonly leading: readonly ControllerLock[];
  /** Nobody leads, and no pod of a controller is there. A leader may run outside of the cluster. */
  readonly isAbsent: boolean;
}

export function standingOf(
  controllers: readonly ControllerPod[],
  locks: readonly ControllerLock[],
  nowMs: number,
): ControllerStanding {
  const leading = locks.filter((lock) => isLeading(lock, nowMs));
  return { leading, isAbsent: leading.length === 0 && controllers.length === 0 };
}

/** Whether bindings count for pods of their own namespace alone: by the flags of whoever leads, else by its habit. */
export function isForceNamespaced(
  controllers: readonly ControllerPod[],
  leader: Pick<ControllerLock, 'program'> | undefined,
): boolean {
  const leading = controllers.find(({ program }) => program === leader?.program) ?? controllers[0];
  return leading?.forceNamespaced ?? leader?.program !== 'aad-pod-identity';
}

/** What a controller last said of a pod or of a binding that has no identity. */
export interface AssignmentEvent extends EntryKey {
  readonly kind: 'Pod' | 'AzureIdentityBinding';
  /** The controller's own sentence, with Azure's in it where Azure is the reason. */
  readonly message: string;
  /** Milliseconds since the epoch. */
  readonly lastMs: number;
}

/** Standard mode as a cluster shows it. All throw PodidError Forbidden | ClusterUnreachable. */
export interface StandardMode {
  /** Of every namespace. */
  controllers(signal: AbortSignal): Promise<readonly ControllerPod[]>;
  /**
   * Those that are there: podid-mic's lease, then upstream's. @param controllers whose flags say where to look
   */
  locks(
    controllers: readonly Pick<ControllerPod, 'upstreamLock'>[],
    signal: AbortSignal,
  ): Promise<readonly ControllerLock[]>;
  /** Of every namespace: those of pods of one namespace may lie in another. */
  assignments(signal: AbortSignal): Promise<readonly LiveAssignment[]>;
  /** What podid-mic has put where; nothing where it never ran. */
  ledger(signal: AbortSignal): Promise<LedgerState>;
  /**
   * Takes identities out of podid-mic's ledger: whoever put them there by hand, or took them off, has them from then on.
   * A leader heeds it with its next write, and before it takes anything off a machine.
   *
   * @param identityIds and machine ids in any case
   */
  disown(machineIds: readonly string[], identityIds: readonly string[], signal: AbortSignal): Promise<void>;
  /** @param namespace undefined for all */
  events(namespace: string | undefined, signal: AbortSignal): Promise<readonly AssignmentEvent[]>;
}
