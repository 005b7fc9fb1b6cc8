import { scaleSetId } from '../../../src/emulator/scenarios/machine-parts.ts';
import { nodeName } from '../../../src/emulator/scenarios/nodes.ts';
import { identityId } from '../../../src/emulator/scenarios/scenario-parts.ts';
import { azureIdentity, binding, count, pod } from '../mic-world.ts';
import {
  addPod,
  assigned,
  assignmentsOf,
  comeAndGo,
  first,
  nodeObject,
  removePod,
  removesSoon,
  type Scene,
  stillCarried,
  taken,
  use,
} from './scene.ts';

/** About pods, bindings, identities and what is written for them. */
export const objectScenes: readonly Scene[] = [
  {
    title: 'an assignment carries no finalizer that would hold its namespace',
    async run(world) {
      await use(world, 'web');
      await addPod(world, 'shop', 'web');
      return first(
        () => assigned(world, 'shop'),
        async () => {
          const [one] = await assignmentsOf(world, 'shop');
          return one?.metadata.finalizers?.join(', ');
        },
      );
    },
  },
  {
    title: 'a completed pod holds no identity',
    async run(world) {
      await use(world, 'web');
      const done = pod('done', 'web');
      const spec = { ...done.spec, containers: [{ name: 'c', image: 'i' }] };
      await world.put({ ...done, spec, status: { phase: 'Succeeded' } });
      await addPod(world, 'shop', 'web');
      return first(
        () => assigned(world, 'shop'),
        async () => ((await assignmentsOf(world, 'done')).length === 0 ? undefined : 'it has an assignment'),
      );
    },
  },
  {
    title: 'names that are too long together get an assignment all the same',
    async run(world) {
      const [identity, long] = ['i'.repeat(60), 'p'.repeat(200)];
      await use(world, identity);
      await addPod(world, long, identity);
      return assigned(world, long);
    },
  },
  {
    title: 'two pods whose assignments would have one name get one each',
    async run(world) {
      await use(world, 'y', 'x-demo-y');
      await addPod(world, 'a', 'x-demo-y');
      await addPod(world, 'a-demo-x', 'y');
      return assigned(world, 'a', 'a-demo-x');
    },
  },
  {
    title: 'an assignment that was deleted by hand is written again',
    async run(world) {
      await use(world, 'web');
      await addPod(world, 'shop', 'web');
      const seen = await assigned(world, 'shop');
      const [before] = await assignmentsOf(world, 'shop');
      if (seen !== undefined || before === undefined) {
        return seen;
      }
      const { namespace, name, uid } = before.metadata;
      await world.remove('AzureAssignedIdentity', namespace, name);
      const isNew = async () => {
        const [now] = await assignmentsOf(world, 'shop');
        return now !== undefined && now.metadata.uid !== uid;
      };
      return (await world.until(isNew)) ? assigned(world, 'shop') : 'the old one stays, being deleted';
    },
  },
  {
    title: 'a label on an AzureIdentity changes no assignment',
    async run(world) {
      await use(world, 'web');
      await addPod(world, 'shop', 'web');
      const seen = await assigned(world, 'shop');
      const [before] = await assignmentsOf(world, 'shop');
      const touched = azureIdentity('web');
      await world.put({ ...touched, metadata: { ...touched.metadata, labels: { team: 'shop' } } });
      await addPod(world, 'later', 'web');
      return first(
        () => seen,
        () => assigned(world, 'later'),
        async () => {
          const [after] = await assignmentsOf(world, 'shop');
          const isSame = after?.metadata.resourceVersion === before?.metadata.resourceVersion;
          return isSame ? undefined : 'it was written anew';
        },
      );
    },
  },
  {
    title: 'a corrected client id reaches the assignment of a pod that runs',
    async run(world) {
      await use(world, 'web');
      await addPod(world, 'shop', 'web');
      const seen = await assigned(world, 'shop');
      await world.put(azureIdentity('web', { clientID: 'corrected' }));
      const isThere = async () => JSON.stringify(await assignmentsOf(world, 'shop')).includes('corrected');
      return seen ?? ((await world.until(isThere)) ? assigned(world, 'shop') : 'it has the old one');
    },
  },
  {
    title: 'a prune of all bindings takes the assignments away at once, and no identity off a machine',
    async run(world) {
      await use(world, 'web');
      await addPod(world, 'shop', 'web');
      const seen = await assigned(world, 'shop');
      await world.remove('AzureIdentityBinding', 'demo', 'web-binding');
      const isGone = async () => (await assignmentsOf(world, 'shop')).length === 0;
      const left = (await world.until(isGone)) ? undefined : 'the assignment stays';
      await use(world, 'other');
      await addPod(world, 'next', 'other');
      return first(
        () => seen ?? left,
        () => assigned(world, 'next'),
        () => stillCarried(world, 'web'),
      );
    },
  },
  {
    title: 'a pod that waits for a node keeps the identity of the one before it',
    flags: removesSoon,
    async run(world) {
      await use(world, 'web');
      await addPod(world, 'shop', 'web');
      const seen = await assigned(world, 'shop');
      const { spec: _node, ...pending } = pod('next', 'web');
      await world.put({ ...pending, spec: { containers: [{ name: 'c', image: 'i' }] } });
      await removePod(world, 'shop');
      return first(
        () => seen,
        () => comeAndGo(world),
        () => stillCarried(world, 'web'),
      );
    },
  },
  {
    title: 'five jobs, one after the other, take one change of the machine',
    async run(world) {
      await use(world, 'web');
      for (const name of ['job-1', 'job-2', 'job-3', 'job-4', 'job-5']) {
        await addPod(world, name, 'web');
        const seen = await assigned(world, name);
        if (seen !== undefined) {
          return seen;
        }
        await removePod(world, name);
        await world.until(async () => (await assignmentsOf(world, name)).length === 0);
      }
      const patches = count(world.emulator, 'machines.patch');
      return patches === 1 ? undefined : `${patches} changes`;
    },
  },
  {
    title: 'the last pod gone, its identity goes from the machine, too',
    flags: removesSoon,
    run: (world) => comeAndGo(world),
  },
  {
    title: 'an identity stays while a pod of the same name in another namespace uses it',
    flags: removesSoon,
    async run(world) {
      await use(world, 'web');
      await world.put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'other' } });
      await world.put(azureIdentity('web', {}, 'other'), binding('web', 'web', 'other'));
      await addPod(world, 'shop', 'web');
      await addPod(world, 'shop', 'web', 0, 'other');
      const isBoth = async () =>
        (await assignmentsOf(world, 'shop')).filter(({ status }) => status?.status === 'Assigned').length ===
        2;
      const seen = (await world.until(isBoth)) ? undefined : 'they are not both assigned';
      await removePod(world, 'shop', 'other');
      return first(
        () => seen,
        () => comeAndGo(world),
        () => stillCarried(world, 'web'),
      );
    },
  },
  {
    title: 'an identity stays while an AzureIdentity that writes its client id in another case is in use',
    flags: removesSoon,
    async run(world) {
      await use(world, 'web');
      await world.put(
        azureIdentity('same', { resourceID: identityId('web'), clientID: 'CLIENT-OF-WEB' }),
        binding('same', 'same'),
      );
      await addPod(world, 'shop', 'web');
      await addPod(world, 'twin', 'same');
      const seen = await assigned(world, 'shop', 'twin');
      await removePod(world, 'twin');
      return first(
        () => seen,
        () => comeAndGo(world),
        () => stillCarried(world, 'web'),
      );
    },
  },
  {
    title: 'a node that goes with its pods leaves no identity behind on its scale set',
    flags: removesSoon,
    async run(world) {
      await use(world, 'web');
      await addPod(world, 'shop', 'web');
      const seen = await assigned(world, 'shop');
      await world.remove('Node', undefined, nodeName(0));
      await removePod(world, 'shop');
      return seen ?? taken(world, 'web');
    },
  },
  {
    title: 'a node whose providerID comes late gets its identities then',
    async run(world) {
      await use(world, 'web');
      await world.put(nodeObject('late', undefined));
      await addPod(world, 'shop', 'web', 'late');
      await addPod(world, 'elsewhere', 'web');
      const seen = await assigned(world, 'elsewhere');
      await world.put(nodeObject('late', `azure://${scaleSetId('batch')}/virtualMachines/0`));
      return seen ?? assigned(world, 'shop');
    },
  },
];
