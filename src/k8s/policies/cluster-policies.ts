import type { ClusterPolicies, PolicyChange } from '../../domain/kubernetes/cluster-policies.ts';
import type { PolicyObject } from '../../domain/kubernetes/net-raw/policy-object.ts';
import type { FoundSpec } from '../../domain/kubernetes/net-raw/standing-policy.ts';
import type { Clock } from '../../domain/time/clock.ts';
import { startDeadline } from '../../domain/time/deadline.ts';
import { advice, command } from '../../errors/hint.ts';
import { PodidError } from '../../errors/podid-error.ts';
import { isRecord } from '../../validate/json-record.ts';
import type { KubeRest } from '../client/kube-rest.ts';
import { mapKubeError } from '../client/map-kube-error.ts';
import { policyTerms } from './policy-terms.ts';
import { policyChange, writePolicy } from './write-policy.ts';

/** Gatekeeper makes a kind from its template within a second or two. */
const kindWaitMs = 60_000;
const kindPollMs = 500;

export function clusterPolicies(api: KubeRest, clock: Clock): ClusterPolicies {
  const serves: ClusterPolicies['serves'] = async (apiVersion, plural, signal) => {
    const { body, failure } = await api({ method: 'GET', path: `/apis/${apiVersion}` }, signal);
    if (failure?.httpStatus === 404) {
      return false;
    }
    if (failure !== undefined) {
      throw mapKubeError(failure, { verb: 'get', resource: plural }, policyTerms);
    }
    const resources = isRecord(body) && Array.isArray(body['resources']) ? body['resources'] : [];
    return resources.some((resource) => isRecord(resource) && resource['name'] === plural);
  };
  return {
    serves,
    specs: (objects, signal) => Promise.all(objects.map((object) => specOf(api, object, signal))),
    async apply(request, signal) {
      const changes: PolicyChange[] = [];
      for (const object of request.objects) {
        const known = changes.some(({ action }) => action === 'create')
          ? await kindComes({ serves, clock, dryRun: request.dryRun }, object, signal)
          : true;
        changes.push(
          known
            ? await writePolicy(api, object, request, signal)
            : policyChange(object, { action: 'create' }),
        );
      }
      return changes;
    },
  };
}

/** Neither an engine that is not installed nor an object that is not there has one. */
async function specOf(
  api: KubeRest,
  { apiVersion, plural, name }: PolicyObject,
  signal: AbortSignal,
): Promise<FoundSpec> {
  const path = `/apis/${apiVersion}/${plural}/${encodeURIComponent(name)}`;
  const { body, failure } = await api({ method: 'GET', path }, signal);
  if (failure?.httpStatus === 404) {
    return undefined;
  }
  if (failure !== undefined) {
    throw mapKubeError(failure, { verb: 'get', resource: plural }, policyTerms);
  }
  return isRecord(body) && isRecord(body['spec']) ? body['spec'] : {};
}

/** A kind that an object before this one makes. @returns false in a dry run, where nobody makes it */
async function kindComes(
  {
    serves,
    clock,
    dryRun,
  }: Pick<ClusterPolicies, 'serves'> & { readonly clock: Clock; readonly dryRun: boolean },
  { apiVersion, plural }: PolicyObject,
  signal: AbortSignal,
): Promise<boolean> {
  const deadline = startDeadline(clock, kindWaitMs, signal);
  while (!(await serves(apiVersion, plural, signal))) {
    if (dryRun) {
      return false;
    }
    if (deadline.passed()) {
      throw new PodidError('PolicyBlocked', `The cluster still does not know ${plural} of ${apiVersion}.`, {
        hint: advice`${command('kubectl get constrainttemplate', plural, '-o', 'yaml')}  # whose status says what is wrong; then the same command again`,
      });
    }
    await deadline.pause(kindPollMs);
  }
  return true;
}
