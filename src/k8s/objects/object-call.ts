import type { ConfigurationOptions } from '@kubernetes/client-node';
import { identityApi } from '../../domain/kubernetes/identity-resources.ts';
import { type ManagedObject, parseManagedObject } from '../../validate/kubernetes/managed-object.ts';
import { type KubeAttempt, type KubeFailure, mapKubeError } from '../client/map-kube-error.ts';
import { unusableAnswer } from '../client/send-request.ts';
import type { ObjectKey, ObjectKind } from './render-objects.ts';

/** Sends one request; an answer other than 2xx is a value, since some of them the mirror decides by. */
export type ObjectCall = (
  attempt: KubeAttempt,
  send: (options: ConfigurationOptions) => Promise<unknown>,
  signal: AbortSignal,
  contentType?: string,
) => Promise<ObjectReply>;

export type ObjectReply =
  | { readonly body: unknown; readonly failure?: undefined }
  | { readonly failure: KubeFailure; readonly attempt: KubeAttempt };

export const plurals: Readonly<Record<ObjectKind, string>> = {
  AzureIdentity: 'azureidentities',
  AzureIdentityBinding: 'azureidentitybindings',
  AzurePodIdentityException: 'azurepodidentityexceptions',
};

export function pathOf({ kind, namespace, name }: ObjectKey) {
  return { ...identityApi, namespace, plural: plurals[kind], name };
}

export function attemptOf(verb: KubeAttempt['verb'], { kind, namespace, name }: ObjectKey): KubeAttempt {
  return { verb, resource: plurals[kind], namespace, name };
}

/** @throws PodidError for every failure */
export function bodyOf(reply: ObjectReply): unknown {
  if (reply.failure !== undefined) {
    throw mapKubeError(reply.failure, reply.attempt);
  }
  return reply.body;
}

export function managedObject(reply: ObjectReply): ManagedObject {
  const object = parseManagedObject(bodyOf(reply));
  if (object === undefined) {
    throw unusableAnswer('the address of the kubeconfig');
  }
  return object;
}
