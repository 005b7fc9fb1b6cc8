import { type JsonObject, objectAt, textAt } from '../exact-json.ts';
import type { World } from '../world.ts';
import { emulatedMachine, type ImdsMachine } from './imds-documents.ts';
import type { ImdsIdentity, NodeIdentities, Registrations } from './imds-identity.ts';

/**
 * To be called before the identities of a machine are changed: until `registerIdentities` its metadata
 * service goes on as it is.
 */
export function rememberIdentities(world: World, key: string): void {
  if (!world.registrations.has(key)) {
    world.registrations.set(key, { known: carriedBy(world, key, 0), removed: new Set() });
  }
}

/** To be called when a change of a machine's identities has ended well. */
export function registerIdentities(world: World, key: string): void {
  const before = world.registrations.get(key);
  if (before === undefined) {
    return;
  }
  const { imdsDelayMs, imdsLosesReassigned } = world.settings;
  const carried = carriedBy(world, key, world.clock.now() + imdsDelayMs);
  for (const id of before.known.keys()) {
    if (!carried.has(id)) {
      before.known.delete(id);
      before.removed.add(id);
    }
  }
  for (const [id, found] of carried) {
    const isLost = imdsLosesReassigned && before.removed.has(id);
    if (!before.known.has(id)) {
      before.known.set(id, isLost ? { ...found, fromMs: Number.POSITIVE_INFINITY } : found);
    }
  }
}

/**
 * The identities that the metadata service of a caller knows, by the world's settings.
 *
 * @param peer address of the caller
 */
export function identitiesFor(world: World, peer: string): NodeIdentities {
  const { imdsMachines } = world.settings;
  const machineId = imdsMachines[peer] ?? imdsMachines['*'];
  if (machineId === undefined) {
    const userAssigned =
      Object.keys(imdsMachines).length > 0 ? [] : [...world.identities.values()].map(asKnown);
    return { userAssigned, systemAssigned: undefined };
  }
  const key = machineId.toLowerCase();
  const known = world.registrations.get(key)?.known ?? carriedBy(world, key, 0);
  const now = world.clock.now();
  return {
    userAssigned: [...known.values()].filter(({ fromMs }) => fromMs <= now).map(({ identity }) => identity),
    systemAssigned: systemAssignedOf(world.machines.get(key)),
  };
}

/** What the metadata service says of itself: it is on the first node, in the tenant of the world. */
export function machineIn({ tenantId, machines }: World): ImdsMachine {
  const ofInstance =
    /^\/subscriptions\/([^/]+)\/resourceGroups\/([^/]+)\/providers\/Microsoft\.Compute\/virtualMachineScaleSets\/([^/]+)\/virtualMachines\/([^/]+)$/i;
  const [first] = [...machines.values()].filter((one) => ofInstance.test(textAt(one, 'id') ?? ''));
  const [, subscriptionId, resourceGroup, scaleSet, instance] =
    ofInstance.exec(textAt(first, 'id') ?? '') ?? [];
  if (!subscriptionId || !resourceGroup || !scaleSet || !instance) {
    return { ...emulatedMachine, tenantId };
  }
  const location = textAt(first, 'location') ?? emulatedMachine.location;
  return { tenantId, subscriptionId, resourceGroup, scaleSet, instance, location };
}

function carriedBy(world: World, key: string, fromMs: number): Registrations['known'] {
  const ids = Object.keys(objectAt(world.machines.get(key), 'identity', 'userAssignedIdentities') ?? {});
  return new Map(
    ids.flatMap((id) => {
      const found = world.identities.get(id.toLowerCase());
      return found === undefined ? [] : [[id.toLowerCase(), { identity: asKnown(found), fromMs }]];
    }),
  );
}

function asKnown(identity: JsonObject): ImdsIdentity {
  return {
    resourceId: textAt(identity, 'id') ?? '',
    clientId: textAt(identity, 'properties', 'clientId') ?? '',
    objectId: textAt(identity, 'properties', 'principalId') ?? '',
  };
}

/** Of its client id only Entra knows; the emulator answers the principal's. */
function systemAssignedOf(machine: JsonObject | undefined): ImdsIdentity | undefined {
  const objectId = textAt(machine, 'identity', 'principalId');
  return objectId === undefined
    ? undefined
    : { resourceId: textAt(machine, 'id') ?? '', clientId: objectId, objectId };
}
