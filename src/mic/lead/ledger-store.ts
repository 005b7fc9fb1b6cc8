import { ApiFailure, type ApiWrite, type WritingConnection } from '../../k8s/client/api-connection.ts';
import { isRecord, recordAt, stringAt } from '../../validate/json-record.ts';
import { parseLedger, renderLedger } from '../../validate/kubernetes/ledger-text.ts';
import type { LedgerStore, StoredLedger } from '../machines/ledger.ts';
import type { LeasePlace } from './lease-api.ts';

const member = 'ledger';

/** The ledger in a ConfigMap. @throws ApiFailure, Node's errors, the signal's reason */
export function createLedgerStore(
  connection: WritingConnection,
  { namespace, name }: LeasePlace,
): LedgerStore {
  const collection = `/api/v1/namespaces/${namespace}/configmaps`;
  const path = `${collection}/${name}`;
  return {
    async read(signal) {
      try {
        return parseStored(await connection.getJson(path, signal));
      } catch (error) {
        if (error instanceof ApiFailure && error.status === 404) {
          return undefined;
        }
        throw error;
      }
    },
    async write(state, version, signal) {
      const body = {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name, namespace, ...(version === undefined ? {} : { resourceVersion: version }) },
        data: { [member]: renderLedger(state) },
      };
      const request: ApiWrite =
        version === undefined ? { method: 'POST', path: collection, body } : { method: 'PUT', path, body };
      try {
        return { version: parseStored(await connection.write(request, signal)).version };
      } catch (error) {
        if (error instanceof ApiFailure && error.status === 409) {
          return 'conflict';
        }
        if (error instanceof ApiFailure && error.status === 404 && version !== undefined) {
          return 'missing';
        }
        throw error;
      }
    },
  };
}

function parseStored(json: unknown): StoredLedger {
  const object = isRecord(json) ? json : {};
  return {
    state: parseLedger(stringAt(recordAt(object, 'data'), member) ?? ''),
    version: stringAt(recordAt(object, 'metadata'), 'resourceVersion') ?? '',
  };
}
