import {
  managedIdentityType,
  parseResourceId,
  sameResource,
  unwrapId,
} from '../../domain/azure/resource-id.ts';
import type { Cluster } from '../../domain/clusters/cluster.ts';
import type { IdentitySummary } from '../../domain/ports.ts';
import { advice } from '../../errors/hint.ts';
import { isPodidError } from '../../errors/podid-error.ts';
import type { WantedGrant } from '../identities/grant-roles.ts';
import { type Known, need } from './history.ts';
import { type AskStep, asked, type Choice, fitting, settled, someone, type Wizard } from './wizard.ts';

const newOne = 'new';

/** Which managed identity: one of the subscription's, one whose id is pasted, or a new one. */
export const askIdentity: AskStep<'identity'> = async (wizard, known, before) => {
  const { cluster } = need(known, 'cluster');
  const { identityResourceId, createIdentity } = wizard.given;
  if (identityResourceId !== undefined) {
    if (!createIdentity) {
      await checkIdentity(wizard, cluster, identityResourceId);
    }
    return settled(identityResourceId);
  }
  const choices = inOrder(await identitiesToChoose(wizard, cluster), cluster).map(asChoice);
  const creation = { value: newOne, name: 'Create a new one', facts: 'or type or paste the id of any other' };
  const last = choices.find(({ value }) => before !== undefined && sameResource(value, before));
  const initial = (last ?? choices[0])?.value;
  const question = {
    message: 'Managed identity:',
    // Above a list of hundreds it is seen; below what was searched for it is no answer to Enter.
    choices: (typed: string) =>
      typed === '' ? [creation, ...choices] : [...pastedId(typed), ...fitting(choices, typed), creation],
    ...(initial === undefined ? {} : { initial }),
  };
  for (;;) {
    const answer = await someone(wizard).search<string>(question);
    if (answer === undefined) {
      return 'back';
    }
    if (answer === newOne) {
      return { value: undefined, asked: true };
    }
    if (await isThere(wizard, cluster, answer)) {
      return { value: answer, asked: true };
    }
  }
};

export const askNewIdentityName: AskStep<'newIdentityName'> = async (wizard, known, before) => {
  if (need(known, 'identity').identity !== undefined) {
    return settled('');
  }
  const message = 'Name of the new identity:';
  const initial = before === undefined ? {} : { initial: before };
  return asked(await someone(wizard).text({ message, problem: wizard.rules.identityName, ...initial }));
};

export const askNewIdentityGroup: AskStep<'newIdentityGroup'> = async (wizard, known, before) => {
  const { identity, cluster } = need(known, 'identity', 'cluster');
  if (identity !== undefined) {
    return settled('');
  }
  const initial = before ?? cluster.id.resourceGroup;
  return asked(
    await someone(wizard).text({
      message: 'Its resource group:',
      initial,
      problem: wizard.rules.resourceGroup,
    }),
  );
};

/** Roles for a new identity, which has none yet: asked for until nothing more is typed. */
export const askRoles: AskStep<'roles'> = async (wizard, known) => {
  const { given, rules } = wizard;
  if (need(known, 'identity').identity !== undefined || given.grants.length > 0) {
    return settled(given.grants);
  }
  const roles: WantedGrant[] = [];
  for (;;) {
    const message =
      roles.length === 0 ? 'A role for it, as ROLE=SCOPE (empty: none):' : 'One more (empty: no):';
    const problem = (text: string) => (text === '' ? undefined : rules.grant(text));
    const text = await someone(wizard).text({ message, problem });
    if (text === undefined) {
      return 'back';
    }
    if (text === '') {
      return { value: roles, asked: true };
    }
    roles.push(rules.parseGrant(text));
  }
};

/** The id of the identity that the answers name, created or not. */
export function identityIdOf(known: Known): string {
  const { identity, newIdentityName, newIdentityGroup, cluster } = need(
    known,
    'identity',
    'newIdentityName',
    'newIdentityGroup',
    'cluster',
  );
  const { subscriptionId } = cluster.id;
  return (
    identity ??
    `/subscriptions/${subscriptionId}/resourceGroups/${newIdentityGroup}/providers/${managedIdentityType}/${newIdentityName}`
  );
}

/** Before anything is changed. @throws PodidError IdentityNotFound, and what `Identities.get` throws */
async function checkIdentity(wizard: Wizard, { id }: Cluster, resourceId: string): Promise<void> {
  const deps = await wizard.open(id.subscriptionId);
  deps.report.progress('Reading the managed identity');
  await deps.azure.identities.get(resourceId, wizard.signal);
}

async function isThere(wizard: Wizard, cluster: Cluster, resourceId: string): Promise<boolean> {
  try {
    await checkIdentity(wizard, cluster, resourceId);
    return true;
  } catch (error) {
    if (!isPodidError(error) || wizard.signal.aborted) {
      throw error;
    }
    const deps = await wizard.open(cluster.id.subscriptionId);
    deps.report.warn(error.message, error.hint);
    return false;
  }
}

/** Whoever may not list identities can still paste an id. */
async function identitiesToChoose(wizard: Wizard, { id }: Cluster): Promise<readonly IdentitySummary[]> {
  const deps = await wizard.open(id.subscriptionId);
  deps.report.progress('Reading the managed identities');
  try {
    return await deps.azure.identities.list(id.subscriptionId, wizard.signal);
  } catch (error) {
    if (!isPodidError(error, 'Forbidden')) {
      throw error;
    }
    deps.report.warn(error.message, advice`Paste the whole id of an identity instead.`);
    return [];
  }
}

/** By name; those that AKS made for the cluster itself, which pods should not have, last. */
function inOrder(
  identities: readonly IdentitySummary[],
  { nodeResourceGroup = '' }: Cluster,
): readonly IdentitySummary[] {
  const ownGroup = nodeResourceGroup.toLowerCase();
  const rank = (id: string) =>
    parseResourceId(id, managedIdentityType)?.resourceGroup.toLowerCase() === ownGroup ? 1 : 0;
  const name = (id: string) => parseResourceId(id, managedIdentityType)?.name ?? id;
  return identities.toSorted(
    ({ resourceId: one }, { resourceId: other }) =>
      rank(one) - rank(other) || name(one).localeCompare(name(other), 'en'),
  );
}

function asChoice({ resourceId, location }: IdentitySummary): Choice<string> {
  const id = parseResourceId(resourceId, managedIdentityType);
  if (id === undefined) {
    return { value: resourceId, name: resourceId };
  }
  return { value: resourceId, name: `${id.name} (${id.resourceGroup})`, facts: location };
}

function pastedId(typed: string): Choice<string>[] {
  const id = parseResourceId(unwrapId(typed), managedIdentityType);
  return id === undefined
    ? []
    : [{ value: id.text, name: `${id.name} (${id.resourceGroup})`, facts: 'as typed' }];
}
