import { ApiFailure, type ApiWrite, type WritingConnection } from '../../k8s/client/api-connection.ts';
import { isRecord, recordAt, stringAt } from '../../validate/json-record.ts';
import { parseLeaseSpec } from '../../validate/kubernetes/controller.ts';

/** A Lease of coordination.k8s.io, as far as an election reads it. */
export interface LeaseRecord {
  /** Empty: given back. */
  readonly holder: string;
  readonly durationSeconds: number;
  /** RFC 3339 with microseconds, by the holder's clock: only ever compared for being another one. */
  readonly renewTime: string;
  readonly acquireTime: string;
  readonly transitions: number;
}

export interface StoredLease {
  readonly record: LeaseRecord;
  readonly version: string;
}

export interface LeaseApi {
  /** Undefined where there is none. @throws ApiFailure, Node's errors, the signal's reason */
  read(signal: AbortSignal): Promise<StoredLease | undefined>;
  /**
   * @param version of what it replaces; undefined makes it @returns undefined where somebody else was faster
   * @throws as `read`
   */
  write(
    record: LeaseRecord,
    version: string | undefined,
    signal: AbortSignal,
  ): Promise<StoredLease | undefined>;
}

export interface LeasePlace {
  readonly namespace: string;
  readonly name: string;
}

export function createLeaseApi(connection: WritingConnection, { namespace, name }: LeasePlace): LeaseApi {
  const collection = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`;
  const path = `${collection}/${name}`;
  return {
    async read(signal) {
      try {
        return parseLease(await connection.getJson(path, signal));
      } catch (error) {
        return unless(error, 404);
      }
    },
    async write(record, version, signal) {
      const body = {
        apiVersion: 'coordination.k8s.io/v1',
        kind: 'Lease',
        metadata: { name, namespace, ...(version === undefined ? {} : { resourceVersion: version }) },
        spec: {
          holderIdentity: record.holder,
          leaseDurationSeconds: record.durationSeconds,
          renewTime: record.renewTime,
          acquireTime: record.acquireTime,
          leaseTransitions: record.transitions,
        },
      };
      try {
        const request: ApiWrite =
          version === undefined ? { method: 'POST', path: collection, body } : { method: 'PUT', path, body };
        return parseLease(await connection.write(request, signal));
      } catch (error) {
        return unless(error, 409, 404);
      }
    },
  };
}

function unless(error: unknown, ...statuses: readonly number[]): undefined {
  if (error instanceof ApiFailure && statuses.includes(error.status)) {
    return undefined;
  }
  throw error;
}

function parseLease(json: unknown): StoredLease {
  const metadata = recordAt(isRecord(json) ? json : {}, 'metadata');
  return { record: parseLeaseSpec(json), version: stringAt(metadata, 'resourceVersion') ?? '' };
}
