import type { AgentObjectChange, WriteRequest } from '../../domain/kubernetes/agent-cluster.ts';
import { type KubeObject, refOf } from '../../domain/kubernetes/kube-object.ts';
import type { ManagedObject } from '../../validate/kubernetes/managed-object.ts';
import type { KubeRest } from '../client/kube-rest.ts';
import { claimFields, holdsByUpdate } from '../objects/field-owners.ts';
import { helmAnnotations, otherManager } from '../objects/other-manager.ts';
import type { OwnedObjects } from '../objects/owned-object.ts';
import { ownedObjects } from '../objects/owned-objects.ts';
import { type ObjectStep, reasonOf, settleObject } from '../objects/settle-object.ts';
import { agentError } from './agent-terms.ts';

/** Kinds come with the agent, so that one which nobody serves yet has no objects. */
export function agentOwned(rest: KubeRest): OwnedObjects {
  return ownedObjects(rest, {
    explain: (failure, attempt, signal) => agentError(rest, failure, attempt, signal),
    kindMayBeMissing: true,
    namespaceMustExist: true,
    claimsNew: true,
  });
}

/**
 * Applies only to what podid wrote: an apply alone would share someone else's object silently.
 *
 * @throws PodidError Forbidden | AgentRefused | ClusterUnreachable
 */
export async function writeAgentObject(
  api: OwnedObjects,
  object: KubeObject,
  request: WriteRequest,
  signal: AbortSignal,
): Promise<AgentObjectChange> {
  const ref = refOf(object);
  const wanted = { ...ref, manifest: object };
  const choose = (found: ManagedObject | undefined) => chooseStep(found, request);
  const { dryRun } = request;
  const step = await settleObject(
    api,
    { ref, wanted, choose },
    { dryRun, signal, contendedCode: 'AgentRefused' },
  );
  const { kind, name, namespace } = ref;
  return {
    kind,
    name,
    action:
      step.action === 'foreign' || step.action === 'update' || step.action === 'same'
        ? step.action
        : 'create',
    ...(namespace === undefined ? {} : { namespace }),
    ...reasonOf(step),
  };
}

function chooseStep(found: ManagedObject | undefined, { force, dryRun }: WriteRequest): ObjectStep {
  if (found === undefined) {
    return { action: 'create' };
  }
  if (found.beingDeleted) {
    return { action: 'foreign', reason: 'an object of that name is being deleted' };
  }
  const { managedFields, annotations } = found;
  const writer = otherManager(found);
  if (writer !== undefined && !force) {
    return { action: 'foreign', reason: `written by ${writer}` };
  }
  if (dryRun && holdsByUpdate(managedFields)) {
    return { action: 'update', rehearsal: 'replace' };
  }
  if (writer === undefined && !holdsByUpdate(managedFields)) {
    return { action: 'update' };
  }
  const taken = writer !== undefined;
  // Helm would take the object for its own again.
  const helm = taken && helmAnnotations.some((name) => name in annotations);
  return {
    action: 'update',
    claim: claimFields(managedFields, taken),
    ...(helm ? { withoutAnnotations: helmAnnotations } : {}),
  };
}
