import { nodeName } from '../../../src/emulator/scenarios/nodes.ts';
import { identityId } from '../../../src/emulator/scenarios/scenario-parts.ts';
import type { Emulator } from '../../../src/emulator/start-emulator.ts';
import { azureIdentity, binding, carriedBy, pod, type SeenAssignment } from '../mic-world.ts';

/** A cluster with a controller, podid's or upstream's, and the emulator as its Azure. */
export interface SceneWorld {
  readonly emulator: Emulator;
  /** Creates objects of the cluster, or replaces them. */
  put(...objects: readonly object[]): Promise<void>;
  remove(kind: string, namespace: string | undefined, name: string): Promise<void>;
  assignments(): Promise<readonly SeenAssignment[]>;
  /** False: it did not come true in as long as this world waits. */
  until(isTrue: () => boolean | Promise<boolean>): Promise<boolean>;
  /** Ends the controller, and starts another one. */
  restart(): Promise<void>;
}

/** What users of upstream's MIC complained of, or what was measured of it. */
export interface Scene {
  /** What is to be. */
  readonly title: string;
  /** Of podid-mic alone. */
  readonly flags?: readonly string[];
  /** Of both. */
  readonly sharedFlags?: readonly string[];
  /** Settings of the emulated Azure. */
  readonly settings?: object;
  /** @returns undefined: it is so. Else what was seen in its place. */
  run(world: SceneWorld): Promise<string | undefined>;
}

/** So that a removal is seen within the scene. */
export const removesSoon = ['--removal-delay=200ms'];

/** An identity of Azure with its AzureIdentity and binding, whose selector is the identity's name. */
export async function use(world: SceneWorld, ...names: readonly string[]): Promise<void> {
  for (const name of names) {
    const properties = { clientId: `client-of-${name}`, principalId: `principal-of-${name}` };
    world.emulator.seed({ identities: [{ id: identityId(name), name, properties }] });
    await world.put(azureIdentity(name), binding(name, name));
  }
}

export async function addPod(
  world: SceneWorld,
  name: string,
  label: string,
  node: string | number = 0,
  namespace = 'demo',
): Promise<void> {
  const { status: _status, ...made } = pod(name, label, node, namespace);
  await world.put({ ...made, spec: { ...made.spec, containers: [{ name: 'c', image: 'i' }] } });
}

export const removePod = (world: SceneWorld, name: string, namespace = 'demo') =>
  world.remove('Pod', namespace, name);

export async function assignmentsOf(world: SceneWorld, podName: string): Promise<readonly SeenAssignment[]> {
  return (await world.assignments()).filter(({ spec }) => spec['pod'] === podName);
}

/** Undefined once each of the pods has an assignment that says so. */
export async function assigned(world: SceneWorld, ...pods: readonly string[]): Promise<string | undefined> {
  const lacking = async () => {
    const seen = await world.assignments();
    const isAssigned = (name: string) =>
      seen.some(({ spec, status }) => spec['pod'] === name && status?.status === 'Assigned');
    return pods.filter((name) => !isAssigned(name));
  };
  return (await world.until(async () => (await lacking()).length === 0))
    ? undefined
    : `${(await lacking()).join(', ')} not assigned`;
}

/** Undefined once the machine carries the identity no more. */
export async function taken(
  world: SceneWorld,
  name: string,
  machineId?: string,
): Promise<string | undefined> {
  return (await world.until(() => !carriedBy(world.emulator, machineId).includes(name)))
    ? undefined
    : `${name} was left on the machine`;
}

export function stillCarried(world: SceneWorld, name: string, machineId?: string): string | undefined {
  return carriedBy(world.emulator, machineId).includes(name) ? undefined : `${name} was taken off`;
}

/** The first that is not as it should be, one after the other. */
export async function first(
  ...checks: readonly (() => Promise<string | undefined> | string | undefined)[]
): Promise<string | undefined> {
  for (const check of checks) {
    const seen = await check();
    if (seen !== undefined) {
      return seen;
    }
  }
  return undefined;
}

/**
 * Has another identity put on the machine and taken off again: a controller that has done so would have done by now
 * whatever it does in between.
 */
export async function comeAndGo(
  world: SceneWorld,
  machine?: { node: string; id: string },
): Promise<string | undefined> {
  await use(world, 'passing');
  await addPod(world, 'passing-pod', 'passing', machine?.node ?? nodeName(0));
  return first(
    () => assigned(world, 'passing-pod'),
    async () => {
      await removePod(world, 'passing-pod');
      return taken(world, 'passing', machine?.id);
    },
  );
}

export function nodeObject(name: string, providerID: string | undefined) {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name },
    spec: providerID === undefined ? {} : { providerID },
  };
}
