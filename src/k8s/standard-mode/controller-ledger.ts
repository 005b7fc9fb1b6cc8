import type { StoredLedger } from '../../domain/kubernetes/agent-cluster.ts';
import type { ObjectRef } from '../../domain/kubernetes/kube-object.ts';
import { ledgerPlace } from '../../domain/standard-mode/controller.ts';
import { isRecord, recordAt, stringAt } from '../../validate/json-record.ts';
import { parseLedger, renderLedger } from '../../validate/kubernetes/ledger-text.ts';
import type { AgentObjectsApi } from '../agent-objects/agent-objects-api.ts';
import { mergeContent } from '../client/kube-rest.ts';

const ref: ObjectRef = { apiVersion: 'v1', kind: 'ConfigMap', ...ledgerPlace };

/** podid-mic's ledger. Undefined when there is none. */
export async function readLedger(
  api: AgentObjectsApi,
  signal: AbortSignal,
): Promise<StoredLedger | undefined> {
  const found = await api.get(ref, signal);
  return found === undefined ? undefined : parseStored(found);
}

/** Replaces it, if it is as it was read. */
export async function keepLedger(
  api: AgentObjectsApi,
  { state, version }: StoredLedger,
  signal: AbortSignal,
): Promise<StoredLedger> {
  const body = { metadata: { resourceVersion: version }, data: { ledger: renderLedger(state) } };
  const kept = await api.send(
    { method: 'PATCH', contentType: mergeContent, body },
    { verb: 'patch', ref },
    signal,
  );
  return parseStored(isRecord(kept) ? kept : {});
}

function parseStored(json: Readonly<Record<string, unknown>>): StoredLedger {
  return {
    state: parseLedger(stringAt(recordAt(json, 'data'), 'ledger') ?? ''),
    version: stringAt(recordAt(json, 'metadata'), 'resourceVersion') ?? '',
  };
}
