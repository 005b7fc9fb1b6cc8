import type { EntryKey } from '../../domain/entries/pod-identity.ts';
import type { ObjectRef } from '../../domain/kubernetes/kube-object.ts';
import {
  formerAnnotation,
  type MigrationWrites,
  migrationManager,
} from '../../domain/migrate/apply/migration-writes.ts';
import { clientIdAnnotation } from '../../domain/migrate/workload-identity-words.ts';
import {
  isRecord,
  type JsonRecord,
  recordAt,
  recordsAt,
  stringAt,
  stringMapAt,
} from '../../validate/json-record.ts';
import { applyContent, type KubeRest, mergeContent, objectPath } from '../client/kube-rest.ts';
import { type KubeFailure, mapKubeError } from '../client/map-kube-error.ts';
import { writeTerms } from '../client/write-terms.ts';
import { attemptOf } from '../objects/owned-objects.ts';
import type { WorkloadApi } from './workload-api.ts';

/** Owns what was given back to others, so that no migration counts it as its own. */
const formerManager = 'podid-give-back';

type Annotations = Readonly<Record<string, string>>;

export function annotateAccount(rest: KubeRest, api: WorkloadApi): MigrationWrites['annotateAccount'] {
  return async (account, annotations, { force, signal }) => {
    const ref = accountRef(account);
    const found = await api.get({ path: objectPath(ref), ...attemptOf('get', ref), verb: 'get' }, signal);
    const metadata = isRecord(found) ? recordAt(found, 'metadata') : {};
    const uid = stringAt(metadata, 'uid');
    if (uid === undefined) {
      return { kind: 'missing' };
    }
    if (isWritten(metadata, annotations)) {
      return { kind: 'same' };
    }
    const send = async (
      {
        contentType,
        ...query
      }: { readonly contentType: string; readonly fieldManager: string; readonly force?: string },
      written: Readonly<Record<string, string | null>>,
    ): Promise<KubeFailure | undefined> => {
      const given = Object.keys(written).length === 0 ? {} : { annotations: written };
      const body = {
        apiVersion: ref.apiVersion,
        kind: ref.kind,
        // With its uid the write never makes an account that was deleted meanwhile.
        metadata: { ...account, uid, ...given },
      };
      const request = { method: 'PATCH', path: objectPath(ref), query, contentType, body } as const;
      return (await rest(request, signal)).failure;
    };
    const apply = (own: Annotations, forced: boolean) =>
      send({ contentType: applyContent, fieldManager: migrationManager, force: `${forced}` }, own);

    const former = formerOf(metadata);
    const isGivenBack = former !== undefined && Object.keys(annotations).length === 0;
    const kept = former === undefined || isGivenBack ? {} : { [formerAnnotation]: former };
    const back = { [clientIdAnnotation]: former ?? null, [formerAnnotation]: null };
    let failure = isGivenBack
      ? await send({ contentType: mergeContent, fieldManager: formerManager }, back)
      : undefined;
    failure ??= await apply({ ...annotations, ...kept }, false);
    if (isContested(failure) && force) {
      const taken = stringMapAt(metadata, 'annotations')?.[clientIdAnnotation];
      const beside = taken === undefined ? kept : { [formerAnnotation]: taken };
      failure = await apply({ ...annotations, ...beside }, true);
    }
    if (failure !== undefined && isContested(failure)) {
      return { kind: 'contested', sentence: failure.status?.message ?? '' };
    }
    if (failure?.httpStatus === 404 || failure?.httpStatus === 409) {
      return { kind: 'missing' };
    }
    if (failure !== undefined) {
      throw mapKubeError(failure, attemptOf('patch', ref), writeTerms);
    }
    return { kind: 'written', ...(isGivenBack ? { former } : {}) };
  };
}

function isContested(failure: KubeFailure | undefined): boolean {
  return failure?.status?.causes.includes('FieldManagerConflict') === true;
}

/** What it has by whoever's hand is not written again; to be given back is what podid owns. */
function isWritten(metadata: JsonRecord, annotations: Annotations): boolean {
  const there = stringMapAt(metadata, 'annotations') ?? {};
  const wanted = Object.entries(annotations);
  return wanted.length === 0
    ? !recordsAt(metadata, 'managedFields').some(({ manager }) => manager === migrationManager)
    : wanted.every(([name, value]) => there[name] === value);
}

/** What podid took over from others, while it holds it: where they have written another value since, that stays. */
function formerOf(metadata: JsonRecord): string | undefined {
  const isOwn = recordsAt(metadata, 'managedFields').some(
    (entry) =>
      entry['manager'] === migrationManager &&
      Object.hasOwn(
        recordAt(recordAt(recordAt(entry, 'fieldsV1'), 'f:metadata'), 'f:annotations'),
        `f:${clientIdAnnotation}`,
      ),
  );
  return isOwn ? stringMapAt(metadata, 'annotations')?.[formerAnnotation] : undefined;
}

function accountRef({ namespace, name }: EntryKey): ObjectRef & { readonly namespace: string } {
  return { apiVersion: 'v1', kind: 'ServiceAccount', namespace, name };
}
