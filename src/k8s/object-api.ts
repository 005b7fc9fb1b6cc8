import {
  ApiException,
  CustomObjectsApi,
  createConfiguration,
  ServerConfiguration,
  wrapHttpLibrary,
} from '@kubernetes/client-node';
import type { Clock } from '../domain/ports.ts';
import type { ManagedFields, ManagedObject } from '../validate/managed-object.ts';
import type { ClusterAccess } from './cluster-access.ts';
import { kubeFailure } from './map-kube-error.ts';
import type { ObjectCall } from './object-call.ts';
import { objectReads } from './object-reads.ts';
import { objectWrites } from './object-writes.ts';
import type { ObjectKey, ObjectKind, RenderedObject } from './render-objects.ts';
import { sendAgain } from './send-again.ts';
import { sendRequest, unusableAnswer } from './send-request.ts';

/** The version of an object that a write is meant for. */
export interface WriteOptions {
  readonly uid: string;
  readonly resourceVersion: string;
  readonly dryRun: boolean;
  readonly signal: AbortSignal;
}

/**
 * The few requests that mirroring needs. What a race or a missing namespace explains is a value, since the mirror decides by it.
 * All others throw PodidError MirrorFailed | ClusterUnreachable.
 */
export interface ObjectApi {
  /** Undefined when there is none of that name, or no such namespace. */
  get(key: ObjectKey, signal: AbortSignal): Promise<ManagedObject | undefined>;
  /** Objects of one kind in all namespaces, as JSON; `labels` is a label selector. */
  list(kind: ObjectKind, labels: string, signal: AbortSignal): Promise<readonly unknown[]>;
  create(
    object: RenderedObject,
    options: Pick<WriteOptions, 'dryRun' | 'signal'>,
  ): Promise<'done' | 'exists' | 'namespaceMissing' | 'namespaceEnding'>;
  /** Writes who wrote what, and nothing else. `stale` when the object changed or went. */
  claim(
    key: ObjectKey,
    managers: readonly ManagedFields[],
    options: WriteOptions,
  ): Promise<ManagedObject | 'stale'>;
  /** Server-side apply, which takes over what others own. */
  apply(object: RenderedObject, options: WriteOptions): Promise<'done' | 'stale'>;
  delete(key: ObjectKey, options: WriteOptions): Promise<'done' | 'stale'>;
}

export interface ObjectApiOptions {
  /** For each try of a request. */
  readonly timeoutMs: number;
  readonly clock: Clock;
}

export function createObjectApi(access: ClusterAccess, { timeoutMs, clock }: ObjectApiOptions): ObjectApi {
  const api = new CustomObjectsApi(
    createConfiguration({
      baseServer: new ServerConfiguration(access.server, {}),
      authMethods: { default: access.authentication },
    }),
  );
  const call: ObjectCall = async (attempt, send, signal, contentType) => {
    const settings = { timeoutMs, signal, ...(contentType === undefined ? {} : { contentType }) };
    const httpApi = wrapHttpLibrary({
      send: (request) => sendAgain(() => sendRequest(request, settings), clock, signal),
    });
    try {
      return { body: await send({ httpApi }) };
    } catch (error) {
      if (error instanceof ApiException) {
        return { failure: kubeFailure(error.code, error.body), attempt };
      }
      // A cut-off body is the one thing that the client parses and we have not looked at.
      throw error instanceof SyntaxError ? unusableAnswer(new URL(access.server).host) : error;
    }
  };
  return { ...objectReads(api, call), ...objectWrites(api, call) };
}
