import type { PolicyChange, PolicyRequest } from '../../domain/kubernetes/cluster-policies.ts';
import { type PolicyObject, policyManifest } from '../../domain/kubernetes/net-raw/policy-object.ts';
import type { ManagedObject } from '../../validate/kubernetes/managed-object.ts';
import type { KubeRest } from '../client/kube-rest.ts';
import { mapKubeError } from '../client/map-kube-error.ts';
import { claimFields, holdsByUpdate, otherOwners } from '../objects/field-owners.ts';
import { otherManager } from '../objects/other-manager.ts';
import type { OwnedObject, OwnedObjects } from '../objects/owned-object.ts';
import { ownedObjects } from '../objects/owned-objects.ts';
import { type ObjectStep, reasonOf, sameContent, settleObject } from '../objects/settle-object.ts';
import { policyTerms } from './policy-terms.ts';

/** @throws PodidError PolicyBlocked | Forbidden | ClusterUnreachable */
export async function writePolicy(
  rest: KubeRest,
  object: PolicyObject,
  request: PolicyRequest,
  signal: AbortSignal,
): Promise<PolicyChange> {
  const api = ownedObjects(rest, {
    explain: (failure, attempt) => mapKubeError(failure, attempt, policyTerms),
    namespaceMustExist: true,
  });
  const { apiVersion, kind, plural, name } = object;
  const ref = { apiVersion, kind, plural, name };
  const wanted = { ...ref, manifest: policyManifest(object) };
  const choose = (found: ManagedObject | undefined) =>
    found === undefined
      ? ({ action: 'create' } as const)
      : chooseUpdate(api, { wanted, found }, request, signal);
  const { dryRun } = request;
  const step = await settleObject(
    api,
    { ref, wanted, choose },
    { dryRun, signal, contendedCode: 'PolicyBlocked' },
  );
  return policyChange(object, step);
}

export function policyChange({ kind, name }: PolicyObject, step: ObjectStep): PolicyChange {
  const { action } = step;
  return {
    kind,
    name,
    action: action === 'foreign' || action === 'update' || action === 'same' ? action : 'create',
    ...reasonOf(step),
  };
}

async function chooseUpdate(
  api: OwnedObjects,
  { wanted, found }: { readonly wanted: OwnedObject; readonly found: ManagedObject },
  { force, dryRun }: PolicyRequest,
  signal: AbortSignal,
): Promise<ObjectStep> {
  const writer = otherManager(found) ?? otherSpecOwners(found);
  const isForeign = writer !== undefined && !force;
  if (isForeign || dryRun) {
    const { uid, resourceVersion } = found;
    const preview = await api.preview(wanted, { uid, resourceVersion, signal });
    // Nothing to do where somebody else already says the same.
    if (preview !== undefined && sameContent(found, preview)) {
      return { action: 'same' };
    }
    return isForeign
      ? { action: 'foreign', reason: `Written by ${writer}` }
      : { action: 'update', rehearsal: 'asked' };
  }
  return {
    action: 'update',
    ...(force || holdsByUpdate(found.managedFields)
      ? { claim: claimFields(found.managedFields, force) }
      : {}),
    ...(force ? {} : { unlessContested: 'Others changed its labels or annotations' }),
  };
}

/**
 * Who besides podid wrote something into the spec. A list of values is shared without a conflict, so the
 * server would not report.
 */
function otherSpecOwners({ managedFields }: ManagedObject): string | undefined {
  return otherOwners(managedFields, [['spec']]).join(' and ') || undefined;
}
