import { assignedAtAnnotation, identityApi } from '../../domain/kubernetes/identity-resources.ts';
import type { LiveAssignment } from '../../domain/kubernetes/live-assignment.ts';
import { ApiFailure, type WritingConnection } from '../../k8s/client/api-connection.ts';
import { parseLiveAssignment } from '../../validate/kubernetes/live-assignment.ts';
import type { AssignmentStep } from '../decide/diff-assignments.ts';
import type { AssignmentName } from '../decide/name-assignment.ts';

/** How one write of an AzureAssignedIdentity went. `changed`: it is another one by now, or none. */
export type StepResult =
  | { readonly kind: 'written'; readonly object: LiveAssignment }
  | { readonly kind: 'deleted' }
  | { readonly kind: 'changed' };

export interface AssignmentApi {
  /** @throws ApiFailure and Node's errors for what may be tried again, and the signal's reason */
  take(step: AssignmentStep, signal: AbortSignal): Promise<StepResult>;
  /** Undefined where there is none. @throws as `take` */
  read(at: AssignmentName, signal: AbortSignal): Promise<LiveAssignment | undefined>;
}

const group = `/apis/${identityApi.group}/${identityApi.version}`;

export function createAssignmentApi(connection: WritingConnection): AssignmentApi {
  const written = (json: unknown): StepResult => {
    const object = parseLiveAssignment(json);
    return object === undefined ? { kind: 'changed' } : { kind: 'written', object };
  };
  const take = async (step: AssignmentStep, signal: AbortSignal): Promise<StepResult> => {
    const collection = `${group}/namespaces/${step.at.namespace}/azureassignedidentities`;
    const path = `${collection}/${step.at.name}`;
    switch (step.kind) {
      case 'create':
        return written(
          await connection.write({ method: 'POST', path: collection, body: step.object }, signal),
        );
      case 'replace': {
        const metadata = { ...step.object.metadata, resourceVersion: step.version };
        const body = { ...step.object, metadata };
        return written(await connection.write({ method: 'PUT', path, body }, signal));
      }
      case 'state': {
        const { state, assignedAt } = step.shown;
        const since = state === 'Assigned' ? assignedAt : null;
        const metadata = { resourceVersion: step.version, annotations: { [assignedAtAnnotation]: since } };
        const body = { metadata, status: { status: state } };
        return written(await connection.write({ method: 'PATCH', path, body }, signal));
      }
      case 'delete': {
        const preconditions = { preconditions: { uid: step.uid } };
        if (step.hasFinalizers) {
          const body = { metadata: { uid: step.uid, finalizers: null } };
          await connection.write({ method: 'PATCH', path, body }, signal);
        }
        const body = { apiVersion: 'v1', kind: 'DeleteOptions', ...preconditions };
        await connection.write({ method: 'DELETE', path, body }, signal);
        return { kind: 'deleted' };
      }
    }
  };
  return {
    take: (step, signal) => take(step, signal).catch((error: unknown) => unlessChanged(error, step)),
    async read({ namespace, name }, signal) {
      const path = `${group}/namespaces/${namespace}/azureassignedidentities/${name}`;
      try {
        return parseLiveAssignment(await connection.getJson(path, signal));
      } catch (error) {
        if (error instanceof ApiFailure && error.status === 404) {
          return undefined;
        }
        throw error;
      }
    },
  };
}

function unlessChanged(error: unknown, step: AssignmentStep): StepResult {
  const status = error instanceof ApiFailure ? error.status : 0;
  if (step.kind === 'delete' && status === 404) {
    return { kind: 'deleted' };
  }
  if (status === 409 || (status === 404 && step.kind !== 'create')) {
    return { kind: 'changed' };
  }
  throw error;
}
