import type { ClusterId } from '../clusters/cluster.ts';
import { type FileCluster, fileApiVersion } from '../entries/pod-identities-file.ts';
import type { EntryKey } from '../entries/pod-identity.ts';
import type { Route } from './blockers/blocker.ts';
import type { MigrationPlan } from './plan-migration.ts';
import type { PlannedWorkload } from './planned-workload.ts';

export const migrationFileKind = 'MigrationPlan';

/** One workload of the file: what is planned for it, and what it was planned by. */
export interface FileWorkload extends EntryKey {
  readonly kind: string;
  readonly route: Route;
  /** The account that the identities are to trust. */
  readonly serviceAccount: string;
  /** The account is to be made, and the workload to run as it. */
  readonly newServiceAccount?: true;
  readonly identities: readonly FileIdentityOfWorkload[];
  /** For people, as it was when the file was written: what holds is read again. */
  readonly state: string;
  /** `sha256:` and the hash of all that decided: a workload of another hash has changed since. */
  readonly readFrom: string;
}

export interface FileIdentityOfWorkload extends EntryKey {
  readonly clientId?: string;
}

/** The file that `podid migrate plan --out` writes. */
export interface MigrationFile {
  readonly apiVersion: typeof fileApiVersion;
  readonly kind: typeof migrationFileKind;
  readonly cluster: FileCluster;
  /** Absent where the cluster has none, or Azure did not say. */
  readonly issuer?: string;
  /** `sha256:` and the hash of the issuer and of all workloads. */
  readonly readFrom: string;
  readonly workloads: readonly FileWorkload[];
}

interface Written {
  readonly cluster: ClusterId;
  readonly issuer: string | null | undefined;
  readonly plan: MigrationPlan;
}

/** The same plan gives the same text. @param sha256 of a text, in hex */
export function migrationFile(
  { cluster, issuer, plan }: Written,
  sha256: (text: string) => string,
): MigrationFile {
  const workloads = plan.workloads.map((workload) => fileWorkload(workload, sha256));
  const basis = [issuer ?? '', ...workloads.map(({ readFrom }) => readFrom)].join('\n');
  return {
    apiVersion: fileApiVersion,
    kind: migrationFileKind,
    cluster: {
      subscription: cluster.subscriptionId,
      resourceGroup: cluster.resourceGroup,
      name: cluster.name,
    },
    ...(issuer ? { issuer } : {}),
    readFrom: `sha256:${sha256(basis)}`,
    workloads,
  };
}

function fileWorkload(workload: PlannedWorkload, sha256: (text: string) => string): FileWorkload {
  const { kind, namespace, name, route, identities, state, newServiceAccount, serviceAccount } = workload;
  return {
    kind,
    namespace,
    name,
    route,
    serviceAccount: newServiceAccount?.name ?? serviceAccount,
    ...(newServiceAccount === undefined ? {} : { newServiceAccount: true }),
    identities: identities.map((each) => ({
      namespace: each.namespace,
      name: each.name,
      ...(each.clientId === undefined ? {} : { clientId: each.clientId }),
    })),
    state,
    readFrom: basisHash(workload, sha256),
  };
}

/** Of all that decided about a workload, as the file has it. */
export function basisHash({ basis }: PlannedWorkload, sha256: (text: string) => string): string {
  return `sha256:${sha256(sortedJson(basis))}`;
}

/** Members of records by name, so that their order does not matter. */
function sortedJson(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) =>
    typeof each === 'object' && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).toSorted(([one], [other]) => (one < other ? -1 : 1)))
      : each,
  );
}
