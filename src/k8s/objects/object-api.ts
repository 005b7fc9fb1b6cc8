import {
  ApiException,
  CustomObjectsApi,
  createConfiguration,
  ServerConfiguration,
  wrapHttpLibrary,
} from '@kubernetes/client-node';
import type { Clock } from '../../domain/ports.ts';
import { kubeFailure } from '../client/map-kube-error.ts';
import { sendAgain } from '../client/send-again.ts';
import { sendRequest, unusableAnswer } from '../client/send-request.ts';
import type { ClusterAccess } from '../kubeconfig/cluster-access.ts';
import type { ObjectCall } from './object-call.ts';
import type { ObjectApi } from './object-port.ts';
import { objectReads } from './object-reads.ts';
import { objectWrites } from './object-writes.ts';

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
