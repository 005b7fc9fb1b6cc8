import { ledgerPlace } from '../../domain/standard-mode/controller.ts';
import { emptyLedger, type LedgerState, withoutOwned } from '../../domain/standard-mode/ledger-state.ts';
import { advice, command } from '../../errors/hint.ts';
import { PodidError } from '../../errors/podid-error.ts';
import { isRecord, type JsonRecord, recordAt, stringAt } from '../../validate/json-record.ts';
import { parseLedger, renderLedger } from '../../validate/kubernetes/ledger-text.ts';
import type { KubeRest } from '../client/kube-rest.ts';
import { awayHint, type FailureTerms, mapKubeError } from '../client/map-kube-error.ts';

/** The ConfigMap in which podid-mic's ledger is kept. */
export interface LedgerObject {
  /** @throws PodidError Forbidden | ClusterUnreachable */
  read(signal: AbortSignal): Promise<ReadLedger>;
  /** @returns false where it has changed since it was read @throws as `read` */
  replace(read: ReadLedger, state: LedgerState, signal: AbortSignal): Promise<boolean>;
}

interface ReadLedger {
  readonly state: LedgerState;
  /** As it was read; absent where there is none. */
  readonly object?: JsonRecord;
}

const { namespace, name } = ledgerPlace;
const path = `/api/v1/namespaces/${namespace}/configmaps/${name}`;
const member = 'ledger';
/** Other writers are a leader and whoever else does the same by hand. */
const attempts = 10;

export function ledgerObject(rest: KubeRest): LedgerObject {
  return {
    async read(signal) {
      const { body, failure } = await rest({ method: 'GET', path }, signal);
      if (failure !== undefined && failure.httpStatus !== 404) {
        throw mapKubeError(failure, { verb: 'get', resource: 'configmaps', namespace }, terms);
      }
      if (!isRecord(body)) {
        return { state: emptyLedger };
      }
      return { state: parseLedger(stringAt(recordAt(body, 'data'), member) ?? ''), object: body };
    },
    async replace({ object = {} }, state, signal) {
      const data = { ...recordAt(object, 'data'), [member]: renderLedger(state) };
      const { failure } = await rest({ method: 'PUT', path, body: { ...object, data } }, signal);
      if (failure !== undefined && ![404, 409].includes(failure.httpStatus)) {
        throw mapKubeError(failure, { verb: 'update', resource: 'configmaps', namespace }, terms);
      }
      return failure === undefined;
    },
  };
}

/** Writes nothing where the ledger does not have it. @throws PodidError Forbidden | ClusterUnreachable */
export async function disown(
  ledger: LedgerObject,
  {
    machineIds,
    identityIds,
  }: { readonly machineIds: readonly string[]; readonly identityIds: readonly string[] },
  signal: AbortSignal,
): Promise<void> {
  const keys = identityIds.map((id) => id.toLowerCase());
  const machines = machineIds.map((id) => id.toLowerCase());
  for (let attempt = 1; attempt <= attempts; attempt += 1) {
    const read = await ledger.read(signal);
    const state = withoutOwned(read.state, machines, keys);
    if (state === read.state || (await ledger.replace(read, state, signal))) {
      return;
    }
  }
  throw new PodidError(
    'ClusterUnreachable',
    `ConfigMap ${namespace}/${name}, podid-mic's ledger, changed at every attempt to write it.`,
    { hint: advice`The same command tries again.` },
  );
}

const terms: FailureTerms = {
  forbidden: 'Forbidden',
  refused: 'ClusterUnreachable',
  rightHint: ({ verb }) => command('kubectl auth can-i', verb, `configmaps/${name}`, '-n', namespace),
  refusedHint: () => awayHint,
};
