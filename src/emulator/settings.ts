import type { MachineLimits } from './arm/machines/documented-limits.ts';

/** What AKS takes away with the add-on, and in which order. Which of it a real AKS takes nobody has written down. */
export interface AddonRemoval {
  /** The definitions of the identity kinds, and with them all of their objects. */
  readonly definitions: 'stay' | 'go';
  /** The identities of the entries, on the nodes. */
  readonly identities: 'stay' | 'go';
  /** Its agent: DaemonSet and pods. */
  readonly nmi: 'first' | 'last';
  /** Between two of them, in emulator time; the first goes as soon as Azure has accepted the change. */
  readonly delayMs: number;
}

/**
 * What a world does by itself, without any fault set. Every member can be set by a scenario or `PUT
 * /_podid/world`.
 */
export interface WorldSettings {
  /** How long an operation takes, in emulator time: `[shortest, longest]`, drawn from `seed`. */
  operationMs: readonly [number, number];
  /** The same of a PATCH of a scale set, or of its instances' upgrade; null: as `operationMs`. */
  scaleSetOperationMs: readonly [number, number] | null;
  /** The same of a PATCH of a virtual machine; null: as `operationMs`. */
  virtualMachineOperationMs: readonly [number, number] | null;
  /** An operation also ends after it was asked about this often; 0 means that asking does not end it. */
  operationPolls: number;
  /**
   * Whether answers to a PUT and to polls carry `Retry-After`, in seconds; null means they do not, as Azure
   * today.
   */
  retryAfterSec: number | null;
  /** Whether clusters and pools carry an `eTag`. */
  eTags: boolean;
  /** How long a new role assignment takes to count, in emulator time. */
  rolePropagationMs: number;
  /** How many cluster PUTs a new role assignment is overlooked by, besides. */
  rolePropagationPuts: number;
  /**
   * How many role assignments for a freshly created identity are answered with PrincipalNotFound, unless
   * `principalType` is given.
   */
  principalNotFoundTimes: number;
  /** How long a feature or provider stays Registering. */
  registrationMs: number;
  /** False: pod identity on kubenet is answered with PodIdentityAddonWithKubeNetNotAllowed. */
  kubenetAllowed: boolean;
  /** Whether read-only members in a cluster PUT are ignored, or answered with 400. */
  readOnlyMembers: 'ignore' | 'refuse';
  /** Api-versions known for managed clusters; empty means any. */
  clusterApiVersions: readonly string[];
  /**
   * Actions that the caller has no right to, with Azure's wildcards: seen in its permissions, and by changes
   * of machines.
   */
  callerLacks: readonly string[];
  /** Identities, by resource id, that the caller has no right to assign; also seen in its permissions. */
  unassignableIdentities: readonly string[];
  /** What requests to scale sets and virtual machines are throttled by. */
  machineLimits: 'none' | 'documented' | MachineLimits;
  /**
   * What a change of a machine gets while another one runs: 409, or it runs beside the other. Which of them
   * Azure does nobody has written down.
   */
  busyMachines: 'refuse' | 'accept';
  /**
   * Whether the instances of a scale set with manual upgrades get the identities of its model by an upgrade
   * alone. Azure's maintainers say that identities need none.
   */
  instancesNeedUpgrade: boolean;
  /**
   * Whose metadata service is asked: the id of a machine, or of an instance of a scale set, by the address of
   * the caller; `*` is every other caller. Where nothing is set, the service knows every identity of the
   * world.
   */
  imdsMachines: Readonly<Record<string, string>>;
  /** How long after an operation the metadata service of the machine learns of it, in emulator time. */
  imdsDelayMs: number;
  /**
   * Whether an identity that was taken from a machine and put there again is not found by its metadata
   * service any more (aad-pod-identity #1102).
   */
  imdsLosesReassigned: boolean;
  /** How long a write of a federated credential is in flight, in emulator time; another one on the identity is refused. */
  credentialWriteMs: number;
  /** What requests about federated credentials are throttled by. */
  credentialLimits: 'none' | 'documented';
  /** Name of a policy that denies new federated credentials; empty for none. */
  credentialPolicy: string;
  /** Where no federated credentials are to be had: locations as identities have them. */
  regionsWithoutCredentials: readonly string[];
  /** How long the federated credentials of a new identity are answered with ParentResourceNotFound, in emulator time. */
  freshIdentityMs: number;
  /** How long Entra does not know a credential that was written, in emulator time; longer when it is asked meanwhile. */
  credentialLagMs: number;
  /** Share of exchanges, from 0 to 1, that are refused although all is right. */
  credentialMissRate: number;
  /**
   * Whether the cluster makes pods of workloads outside kube-system, by controllers and a webhook of Workload Identity;
   * else they stay as they were put there.
   */
  runsPods: boolean;
  /** How long a pod takes from its creation to its readiness, in emulator time. */
  podStartMs: number;
  /** Items on a page of a list; 0 puts all on one. */
  pageSize: number;
  /** What goes with the add-on when it is turned off, and in which order. */
  addonRemoval: AddonRemoval;
  seed: number;
}

/** Milliseconds that Azure took for a PUT of a cluster in recorded traffic. */
export const recordedOperationMs: readonly [number, number] = [55_000, 105_000];

/** What aad-pod-identity's documents say that the PATCH of a machine's identities takes. */
const documentedScaleSetMs: readonly [number, number] = [40_000, 60_000];
const documentedVirtualMachineMs: readonly [number, number] = [10_000, 20_000];

/**
 * `{scale: 0.1}`: emulator time runs ten times as fast, so that what took Azure a minute takes six seconds.
 */
export type EmulatorTime = 'instant' | 'recorded' | { readonly scale: number };

export function settingsFor(time: EmulatorTime): WorldSettings {
  const instant = time === 'instant';
  return {
    operationMs: instant ? [40, 40] : recordedOperationMs,
    scaleSetOperationMs: instant ? null : documentedScaleSetMs,
    virtualMachineOperationMs: instant ? null : documentedVirtualMachineMs,
    operationPolls: instant ? 1 : 0,
    retryAfterSec: null,
    eTags: true,
    rolePropagationMs: instant ? 0 : 20_000,
    rolePropagationPuts: 0,
    principalNotFoundTimes: 3,
    registrationMs: instant ? 0 : 60_000,
    kubenetAllowed: true,
    readOnlyMembers: 'ignore',
    clusterApiVersions: [],
    callerLacks: [],
    unassignableIdentities: [],
    machineLimits: 'none',
    busyMachines: 'refuse',
    instancesNeedUpgrade: false,
    imdsMachines: {},
    imdsDelayMs: 0,
    imdsLosesReassigned: false,
    credentialWriteMs: instant ? 20 : 1000,
    credentialLimits: 'none',
    credentialPolicy: '',
    regionsWithoutCredentials: [],
    freshIdentityMs: 0,
    credentialLagMs: 0,
    credentialMissRate: 0,
    runsPods: false,
    podStartMs: instant ? 40 : 4000,
    pageSize: 0,
    addonRemoval: { definitions: 'stay', identities: 'stay', nmi: 'first', delayMs: 0 },
    seed: 1,
  };
}
