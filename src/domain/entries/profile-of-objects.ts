import { carriesIdentity } from '../azure/machine-identities.ts';
import type { Machine } from '../azure/machines.ts';
import type { PodIdentityProfile } from '../clusters/cluster.ts';
import type { ExchangeDefaults } from '../exchange/token-source.ts';
import type { ObjectsInCluster, ServicePrincipalObject } from '../kubernetes/cluster-objects.ts';
import { isUsableId } from '../kubernetes/identity-credential.ts';
import { isSelectable } from '../kubernetes/identity-resources.ts';
import type { LiveAssignment } from '../kubernetes/live-assignment.ts';
import { exchangedAmong, sourcedIdentities } from './exchanged-entries.ts';
import type { EntryKey, PodIdentity } from './pod-identity.ts';

/** What Azure says of a managed identity; `gone` when it says that there is none. */
export type KnownIdentity =
  | { readonly clientId: string; readonly principalId: string; readonly gone?: undefined }
  | { readonly gone: true };

export interface AzureFacts {
  /** By resource id in lower case; what is missing was not looked up or could not be read. */
  readonly identities: ReadonlyMap<string, KnownIdentity>;
  /** Those on which pods with identities may run; undefined when they could not be read, or do not matter. */
  readonly machines: readonly Machine[] | undefined;
  /** Where a controller puts identities on machines, what it has assigned; machines say nothing then. */
  readonly assignments?: readonly LiveAssignment[];
  /** How podid's agents are set; absent where they could not be read: as agents that were told nothing. */
  readonly exchange?: ExchangeDefaults;
}

const leaving = 'Deleting';

type ObjectEntry = ObjectsInCluster['identities'][number];

/** The objects of a cluster as entries, each in the state that the agent on the nodes will find it in. */
export function profileOfObjects(objects: ObjectsInCluster, facts: AzureFacts): PodIdentityProfile {
  const isExchanged = exchangedAmong(sourcedIdentities(objects.resources, facts.exchange));
  return {
    enabled: true,
    // No profile, no consent: on kubenet the agent itself asks for one.
    allowNetworkPluginKubenet: true,
    identities: objects.identities.map((entry) =>
      withMore(podIdentity(entry, isExchanged(entry) ? { ...facts, machines: undefined } : facts), objects),
    ),
    exceptions: objects.exceptions.map(({ namespace, name, podLabels }) => ({ namespace, name, podLabels })),
    objects: objects.facts ?? { versions: {}, own: new Set() },
    servicePrincipals: (objects.servicePrincipals ?? []).map((one) =>
      withMore(servicePrincipal(one, facts), objects),
    ),
  };
}

/** An AzureIdentity may have several bindings, each with a selector of its own. */
function withMore(entry: PodIdentity, { moreBindings = [] }: ObjectsInCluster): PodIdentity {
  const more = moreBindings
    .filter(({ namespace, identity }) => namespace === entry.namespace && identity === entry.name)
    .map(({ bindingSelector }) => bindingSelector)
    .filter((selector) => selector !== entry.bindingSelector);
  return checkedSelectors(more.length === 0 ? entry : { ...entry, moreSelectors: [...new Set(more)] });
}

/** An entry whose selectors no pod can have as its label is one that no pod gets. */
function checkedSelectors(entry: PodIdentity): PodIdentity {
  const fault =
    entry.error !== undefined || entry.provisioningState === leaving ? undefined : selectorFault(entry);
  return fault === undefined ? entry : { ...entry, ...failed('SelectorInvalid', fault) };
}

/** Why no pod can have a selector of the entry as its label, as a sentence; undefined where one can. */
export function selectorFault({
  bindingSelector,
  moreSelectors = [],
}: Pick<PodIdentity, 'bindingSelector' | 'moreSelectors'>): string | undefined {
  const selectors = [bindingSelector, ...moreSelectors];
  const texts = selectors.map((each) => JSON.stringify(each)).join(' or ');
  return selectors.some(isSelectable)
    ? undefined
    : `No pod can have ${texts} as its label: at most 63 letters, digits, "-", "_" and ".", with a letter or digit at both ends.`;
}

function podIdentity(entry: ObjectEntry, facts: AzureFacts): PodIdentity {
  const { namespace, name, bindingSelector = name, resourceId = '', clientId = '' } = entry;
  const known = facts.identities.get(resourceId.toLowerCase());
  const objectId = known === undefined || known.gone ? '' : known.principalId;
  return {
    namespace,
    name,
    bindingSelector,
    identity: { resourceId, clientId, objectId },
    ...stateOf(entry, known, facts),
  };
}

/** No state where the nodes could not be read. */
function stateOf(
  { namespace, name, bindingSelector, resourceId = '', clientId = '', beingDeleted }: ObjectEntry,
  known: KnownIdentity | undefined,
  { machines, assignments }: AzureFacts,
): Pick<PodIdentity, 'provisioningState' | 'error'> {
  if (beingDeleted) {
    return { provisioningState: leaving };
  }
  if (resourceId === '' && clientId === '') {
    return failed('ResourceIdMissing', `AzureIdentity ${name} names no managed identity.`);
  }
  if (bindingSelector === undefined) {
    return bindingMissing(name);
  }
  if (known?.gone) {
    return failed('IdentityNotFound', `Managed identity ${resourceId} does not exist.`);
  }
  // Without one agents ask by the resource id.
  if (
    isUsableId(clientId) &&
    known !== undefined &&
    known.clientId.toLowerCase() !== clientId.toLowerCase()
  ) {
    const made = 'it may have been deleted and made again';
    return failed(
      'ClientIdMismatch',
      `AzureIdentity ${name} has client id ${clientId}, and the managed identity has ${known.clientId}: ${made}.`,
    );
  }
  if (assignments !== undefined) {
    return assignedState(assignments, { namespace, name });
  }
  const carried = (machine: Machine) => carriesIdentity(machine, { resourceId, clientId });
  const lacking = machines?.filter((machine) => carried(machine) === false) ?? [];
  if (lacking.length > 0) {
    return failed(
      'NotOnNodes',
      `The identity is not on ${lacking.map((machine) => machine.name).join(', ')}.`,
    );
  }
  const isKnown = machines !== undefined && machines.length > 0 && machines.every((one) => carried(one));
  return isKnown ? { provisioningState: 'Assigned' } : {};
}

/** Nothing of a service principal is put on nodes; whether its Secret is there, podid does not look. */
function servicePrincipal(
  { namespace, name, bindingSelector, clientId = '', signIn, fault, beingDeleted }: ServicePrincipalObject,
  { assignments = [] }: AzureFacts,
): PodIdentity {
  const state = () => {
    if (beingDeleted) {
      return { provisioningState: leaving };
    }
    if (fault !== undefined) {
      return failed('IdentityIncomplete', `AzureIdentity ${name} ${fault}.`);
    }
    if (bindingSelector === undefined) {
      return bindingMissing(name);
    }
    // Agents read the Secret of another namespace where they are told to, which no object says.
    return signIn?.secret.namespace === namespace ? assignedState(assignments, { namespace, name }) : {};
  };
  return {
    namespace,
    name,
    bindingSelector: bindingSelector ?? name,
    identity: { resourceId: '', clientId, objectId: '' },
    ...state(),
    ...(signIn === undefined ? {} : { servicePrincipal: signIn }),
  };
}

/** By what a controller has assigned: nothing waits, or something does. */
function assignedState(
  assignments: readonly LiveAssignment[],
  { namespace, name }: EntryKey,
): Pick<PodIdentity, 'provisioningState'> {
  const isWaiting = assignments.some(
    ({ spec, status }) =>
      spec.azureIdentityRef?.metadata.namespace === namespace &&
      spec.azureIdentityRef.metadata.name === name &&
      status?.status === 'Created',
  );
  return { provisioningState: isWaiting ? 'Updating' : 'Assigned' };
}

function bindingMissing(name: string): Pick<PodIdentity, 'provisioningState' | 'error'> {
  return failed('BindingMissing', `AzureIdentity ${name} has no AzureIdentityBinding with a selector.`);
}

function failed(code: string, message: string): Pick<PodIdentity, 'provisioningState' | 'error'> {
  return { provisioningState: 'Failed', error: { code, message } };
}
