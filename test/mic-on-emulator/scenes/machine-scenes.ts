import { poolMachine, scaleSetId } from '../../../src/emulator/scenarios/machine-parts.ts';
import { identityId } from '../../../src/emulator/scenarios/scenario-parts.ts';
import { azureIdentity, carriedBy, count } from '../mic-world.ts';
import {
  addPod,
  assigned,
  comeAndGo,
  first,
  nodeObject,
  removePod,
  removesSoon,
  type Scene,
  type SceneWorld,
  stillCarried,
  use,
} from './scene.ts';

const scaleSet = scaleSetId('nodepool1');
const solo = String(poolMachine('solo', 1)['id']);
const pathOf = (id: string) => id.split('/').at(-1) ?? '';
const busy = { error: { code: 'Conflict', message: 'Another operation is in progress.' } };
const throttled = { error: { code: 'TooManyRequests', message: 'Too many requests.' } };

/** A node on a virtual machine of its own, whose name it has, as on AKS: upstream's MIC addresses machines by it. */
const soloNode = nodeObject(pathOf(solo), `azure://${solo}`);

interface MachineIdentity {
  type: string;
  principalId?: string;
  userAssignedIdentities?: Record<string, object>;
}

function identityOn({ emulator }: SceneWorld, id: string): MachineIdentity {
  const { identity } = emulator.world.machines.get(id.toLowerCase()) ?? {};
  // A machine from which all were taken away has no such member.
  return (identity ?? { type: 'None' }) as unknown as MachineIdentity;
}

/** Made by somebody who is no controller. */
function setIdentity({ emulator }: SceneWorld, id: string, identity: MachineIdentity): void {
  Object.assign(emulator.world.machines.get(id.toLowerCase()) ?? {}, { identity });
}

/** The pod on the scale set that makes trouble waits; the one on the other machine must not. */
async function otherMachineGoesOn(world: SceneWorld, node: string): Promise<string | undefined> {
  await use(world, 'web');
  await addPod(world, 'stuck', 'web');
  await world.until(() => world.emulator.faults.list().some(({ hits }) => hits > 0));
  await addPod(world, 'free', 'web', node);
  return assigned(world, 'free');
}

/** About machines, and what Azure answers. */
export const machineScenes: readonly Scene[] = [
  {
    title: 'the id of a machine counts in whatever case a providerID writes it',
    async run(world) {
      await use(world, 'web');
      await world.put(nodeObject('lower', `azure://${scaleSetId('batch').toLowerCase()}/virtualmachines/0`));
      await addPod(world, 'shop', 'web', 'lower');
      return first(
        () => assigned(world, 'shop'),
        () => stillCarried(world, 'web', scaleSetId('batch')),
      );
    },
  },
  {
    title: 'a machine of another resource group is changed there, and not its namesake here',
    async run(world) {
      await use(world, 'web');
      const elsewhere = scaleSet.replace(/resourceGroups\/[^/]+/, 'resourceGroups/other-rg');
      const here = world.emulator.world.machines.get(scaleSet.toLowerCase());
      world.emulator.seed({
        resourceGroups: [
          { id: elsewhere.replace(/\/providers\/.*/, ''), name: 'other-rg', location: 'westeurope' },
        ],
        machines: [{ ...structuredClone(here), id: elsewhere }],
      });
      await world.put(nodeObject('far', `azure://${elsewhere}/virtualMachines/0`));
      await addPod(world, 'shop', 'web', 'far');
      return first(
        () => assigned(world, 'shop'),
        () => (carriedBy(world.emulator, scaleSet).includes('web') ? 'the namesake was changed' : undefined),
        () => stillCarried(world, 'web', elsewhere),
      );
    },
  },
  {
    title: 'a conflict that passes is tried again by itself, once and after a pause',
    async run(world) {
      await use(world, 'web');
      world.emulator.faults.add({
        match: { operation: 'machines.patch', times: 1 },
        effect: { status: 409, body: busy },
      });
      await addPod(world, 'shop', 'web');
      return first(
        () => assigned(world, 'shop'),
        () => {
          const [one, two] = world.emulator.requests.filter(
            ({ operation }) => operation === 'machines.patch',
          );
          return one?.status === 409 && two?.status !== 409 ? undefined : 'it was sent at once again';
        },
      );
    },
  },
  {
    title: 'a throttled change is sent again by itself once the time is over that Azure named',
    async run(world) {
      await use(world, 'web');
      world.emulator.faults.add({
        match: { operation: 'machines.patch', times: 1 },
        effect: { status: 429, headers: { 'Retry-After': '1' }, body: throttled },
      });
      await addPod(world, 'shop', 'web');
      return assigned(world, 'shop');
    },
  },
  {
    title: 'one throttled scale set holds up no other',
    async run(world) {
      await world.put(nodeObject('batch', `azure://${scaleSetId('batch')}/virtualMachines/0`));
      world.emulator.faults.add({
        match: { operation: 'machines.patch', path: pathOf(scaleSet) },
        effect: { status: 429, headers: { 'Retry-After': '600' }, body: throttled },
      });
      return otherMachineGoesOn(world, 'batch');
    },
  },
  {
    title: 'a change that hangs holds up no other machine',
    async run(world) {
      await world.put(soloNode);
      world.emulator.faults.add({
        match: { operation: 'machines.patch', path: pathOf(scaleSet) },
        effect: { hang: true },
      });
      return otherMachineGoesOn(world, pathOf(solo));
    },
  },
  {
    title: 'reads of scale sets that fail hold up no virtual machine',
    async run(world) {
      await world.put(soloNode);
      world.emulator.faults.add({
        match: { method: 'GET', path: 'virtualMachineScaleSets' },
        effect: { status: 503, headers: { 'Retry-After': '600' } },
      });
      return otherMachineGoesOn(world, pathOf(solo));
    },
  },
  {
    title: 'an identity that may not be assigned keeps none from the others',
    settings: { unassignableIdentities: [identityId('bad')] },
    async run(world) {
      await use(world, 'bad', 'web');
      await addPod(world, 'stuck', 'bad');
      await addPod(world, 'shop', 'web');
      return assigned(world, 'shop');
    },
  },
  {
    title: 'nor does one whose resource group has brackets and dots in its name',
    settings: { unassignableIdentities: [bracketed('bad')] },
    async run(world) {
      await use(world, 'web');
      const [name, id] = ['bad', bracketed('bad')];
      world.emulator.seed({ identities: [{ id, name, properties: { clientId: 'c', principalId: 'p' } }] });
      await use(world, name);
      await world.put(azureIdentity(name, { resourceID: id }));
      await addPod(world, 'stuck', name);
      await addPod(world, 'shop', 'web');
      return assigned(world, 'shop');
    },
  },
  {
    title: 'while one identity is refused, pods of others ask nothing of Azure',
    settings: { unassignableIdentities: [identityId('bad')] },
    async run(world) {
      await use(world, 'bad', 'web');
      await addPod(world, 'shop', 'web');
      const seen = await assigned(world, 'shop');
      await addPod(world, 'stuck', 'bad');
      const refused = () =>
        world.emulator.requests.some(
          ({ operation, status }) => operation === 'machines.patch' && status === 403,
        );
      await world.until(refused);
      const asked = () => count(world.emulator, 'machines.patch');
      const before = asked();
      const names = Array.from({ length: 10 }, (_, number) => `more-${number}`);
      for (const name of names) {
        await addPod(world, name, 'web');
        await assigned(world, name);
      }
      return first(
        () => seen,
        () => assigned(world, ...names),
        () => (asked() === before ? undefined : `${asked() - before} changes were sent`),
      );
    },
  },
  {
    title: 'a system-assigned identity stays beside what is added',
    async run(world) {
      await use(world, 'web');
      await world.put(nodeObject('batch', `azure://${scaleSetId('batch')}/virtualMachines/0`));
      await addPod(world, 'shop', 'web', 'batch');
      const seen = await assigned(world, 'shop');
      const { type } = identityOn(world, scaleSetId('batch'));
      return seen ?? (type.includes('SystemAssigned') ? undefined : `the type is ${type}`);
    },
  },
  {
    title: 'a system-assigned identity stays when the last of the others goes',
    flags: removesSoon,
    async run(world) {
      setIdentity(world, solo, { type: 'SystemAssigned', principalId: 'p' });
      await world.put(soloNode);
      const seen = await comeAndGo(world, { node: pathOf(solo), id: solo });
      const { type } = identityOn(world, solo);
      return seen ?? (type === 'SystemAssigned' ? undefined : `the type is ${type}`);
    },
  },
  {
    title: 'a system-assigned identity stays where somebody has taken the others off before',
    flags: removesSoon,
    async run(world) {
      setIdentity(world, solo, { type: 'SystemAssigned', principalId: 'p' });
      await world.put(soloNode);
      await use(world, 'web');
      await addPod(world, 'shop', 'web', pathOf(solo));
      const seen = await assigned(world, 'shop');
      setIdentity(world, solo, { type: 'SystemAssigned', principalId: 'p' });
      await removePod(world, 'shop');
      const { type } = (await comeAndGo(world)) === undefined ? identityOn(world, solo) : { type: '' };
      return seen ?? (type === 'SystemAssigned' ? undefined : `the type is ${type}`);
    },
  },
  {
    title: 'an identity that an administrator put on the machine before stays',
    flags: removesSoon,
    async run(world) {
      await use(world, 'web');
      const before = identityOn(world, scaleSet);
      setIdentity(world, scaleSet, {
        ...before,
        userAssignedIdentities: { ...before.userAssignedIdentities, [identityId('web')]: {} },
      });
      await addPod(world, 'shop', 'web');
      const seen = await assigned(world, 'shop');
      await removePod(world, 'shop');
      return first(
        () => seen,
        () => comeAndGo(world),
        () => stillCarried(world, 'web'),
      );
    },
  },
  {
    title: 'a new leader calls nothing assigned before the change of the last one has ended',
    settings: { operationMs: [4_000, 4_000], operationPolls: 0 },
    async run(world) {
      await use(world, 'web');
      await addPod(world, 'shop', 'web');
      await world.until(() => count(world.emulator, 'machines.patch') === 1);
      const endsAt = world.emulator.clock.now() + 3_800;
      await world.restart();
      const seen = await assigned(world, 'shop');
      return seen ?? (world.emulator.clock.now() >= endsAt ? undefined : 'it was called assigned too early');
    },
  },
  {
    title: 'an identity that somebody took off is put back, though a node is gone that others had',
    sharedFlags: ['--identity-assignment-reconcile-interval=1s'],
    async run(world) {
      await use(world, 'web');
      await world.put(soloNode);
      await addPod(world, 'gone', 'web', pathOf(solo));
      await addPod(world, 'shop', 'web');
      const seen = await assigned(world, 'gone', 'shop');
      await world.remove('Node', undefined, pathOf(solo));
      const { userAssignedIdentities: _all, ...rest } = identityOn(world, scaleSet);
      setIdentity(world, scaleSet, { ...rest, type: 'UserAssigned', userAssignedIdentities: {} });
      const isBack = await world.until(() => carriedBy(world.emulator, scaleSet).includes('web'));
      return seen ?? (isBack ? undefined : 'it is not there');
    },
  },
];

function bracketed(name: string): string {
  return identityId(name).replace(/resourceGroups\/[^/]+/, 'resourceGroups/shop.(west)');
}
