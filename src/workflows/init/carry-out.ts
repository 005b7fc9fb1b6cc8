import type { Deps } from '../../domain/deps.ts';
import type { PodIdentity } from '../../domain/entries/pod-identity.ts';
import { enableAddon } from '../addon/enable-addon.ts';
import { withAddonOn } from '../addon/with-addon-on.ts';
import type { Outcome, Plan } from '../change/outcome.ts';
import type { ChangeOptions } from '../change/start-change.ts';
import { addIdentity } from '../entries/add-identity.ts';
import { entriesInCluster } from '../object-store/entries-in-cluster.ts';
import { identityIdOf } from './ask-identity.ts';
import { createsIdentity, type Decided, enables } from './init-plan.ts';
import type { InitGiven } from './wizard.ts';

/**
 * Does what was decided, by the same workflows as `enable` and `add`, so that either ends whole or can be
 * repeated.
 */
export async function carryOut(
  deps: Omit<Deps, 'deadline'>,
  answers: Decided,
  given: InitGiven,
  options: ChangeOptions,
): Promise<Outcome<PodIdentity>> {
  const cluster = answers.cluster.id;
  const { feature: registerFeature, kubenet: kubenetConsent } = answers;
  const enabled = enables(answers)
    ? await enableAddon(deps, { cluster, registerFeature, kubenetConsent }, options)
    : undefined;
  if (enabled?.done?.failure !== undefined) {
    throw enabled.done.failure;
  }
  const request = addRequest(answers, given);
  if (answers.way.kind === 'cluster') {
    const { namespace, name } = answers;
    const entries = entriesInCluster(deps, { azure: true, about: { namespace, name } });
    return await addIdentity({ ...deps, entries }, request, {
      ...options,
      skipRoleAssignment: true,
      mirror: 'off',
    });
  }
  const then = options.dryRun && enabled !== undefined ? withAddonOn(deps, kubenetConsent) : deps;
  const added = await addIdentity(then, request, options);
  return added.plan === undefined ? added : { plan: together(enabled?.plan, added.plan) };
}

function addRequest(answers: Decided, given: InitGiven): Parameters<typeof addIdentity>[1] {
  const { namespace, name, selector, roles } = answers;
  const creation = given.location === undefined ? {} : { location: given.location };
  return {
    cluster: answers.cluster.id,
    namespace,
    name,
    identityResourceId: identityIdOf(answers),
    bindingSelector: selector,
    extras: { grants: roles, ...(createsIdentity(answers, given) ? { creation } : {}) },
  };
}

function together(first: Plan | undefined, second: Plan): Plan {
  if (first === undefined) {
    return second;
  }
  return { changes: [...first.changes, ...second.changes], puts: first.puts + second.puts };
}
