import { instanceKeysOf, machinesBelow } from '../arm/machines/machine-documents.ts';
import { enabledProfile } from '../arm/pod-identity-rules.ts';
import { listAt, objectAt, textAt } from '../exact-json.ts';
import { registerIdentities, rememberIdentities } from '../imds/machine-registrations.ts';
import type { KubeStore } from '../kube/objects/kube-store.ts';
import type { AddonPart, AddonState, World } from '../world.ts';

/** Takes away what is due. Called before each request is looked at. */
export function settleAddonRemoval(world: World, kube: KubeStore): void {
  for (const [key, { document }] of world.clusters) {
    const profile = enabledProfile(document);
    const state = world.addons.get(key);
    if (profile !== undefined) {
      const identityIds = listAt(profile, 'userAssignedIdentities').map((entry) =>
        (textAt(entry, 'identity', 'resourceId') ?? '').toLowerCase(),
      );
      world.addons.set(key, { identityIds, leaving: [] });
    } else if (state !== undefined) {
      if (state.leaving.length === 0 && state.identityIds !== gone) {
        state.leaving = planned(world);
      }
      const due = state.leaving.filter(({ atMs }) => atMs <= world.clock.now());
      state.leaving = state.leaving.filter(({ atMs }) => atMs > world.clock.now());
      for (const { what } of due) {
        take(world, kube, { what, key, identityIds: state.identityIds });
      }
      if (state.leaving.length === 0) {
        state.identityIds = gone;
      }
    }
  }
}

/** All of it was taken. */
const gone: readonly string[] = [];

function planned({ settings: { addonRemoval }, clock }: World): AddonState['leaving'] {
  const { definitions, identities, nmi, delayMs } = addonRemoval;
  const taken: AddonPart[] = [
    ...(definitions === 'go' ? (['definitions'] as const) : []),
    ...(identities === 'go' ? (['identities'] as const) : []),
  ];
  const order: AddonPart[] = nmi === 'first' ? ['nmi', ...taken] : [...taken, 'nmi'];
  return order.map((what, number) => ({ what, atMs: clock.now() + number * delayMs }));
}

interface Taking {
  readonly what: AddonPart;
  readonly key: string;
  readonly identityIds: readonly string[];
}

function take(world: World, kube: KubeStore, { what, key, identityIds }: Taking): void {
  if (what === 'definitions') {
    for (const { metadata } of kube.list('CustomResourceDefinition')) {
      if (metadata.name.endsWith('.aadpodidentity.k8s.io')) {
        kube.remove('CustomResourceDefinition', '', metadata.name);
      }
    }
  } else if (what === 'identities') {
    takeFromNodes(world, key, identityIds);
  } else {
    takeAgent(kube);
  }
}

function takeFromNodes(world: World, key: string, identityIds: readonly string[]): void {
  const document = world.clusters.get(key)?.document;
  const subscription = (textAt(document, 'id') ?? '').split('/')[2] ?? '';
  const nodeGroup = textAt(document, 'properties', 'nodeResourceGroup') ?? '';
  const provider =
    `/subscriptions/${subscription}/resourceGroups/${nodeGroup}/providers/Microsoft.Compute/`.toLowerCase();
  const machines = ['virtualmachinescalesets', 'virtualmachines'].flatMap((type) =>
    machinesBelow(world, `${provider}${type}/`),
  );
  for (const [machineKey] of machines) {
    for (const one of [machineKey, ...instanceKeysOf(world, machineKey)]) {
      const machine = world.machines.get(one);
      const before = objectAt(machine, 'identity', 'userAssignedIdentities');
      if (machine === undefined || before === undefined) {
        continue;
      }
      rememberIdentities(world, one);
      const left = Object.entries(before).filter(([id]) => !identityIds.includes(id.toLowerCase()));
      machine['identity'] = {
        ...objectAt(machine, 'identity'),
        ...(left.length === 0 ? { type: 'None' } : {}),
        userAssignedIdentities: Object.fromEntries(left),
      };
      machine['etag'] = world.newId();
      registerIdentities(world, one);
    }
  }
}

/** Its DaemonSet, by the label that AKS gives what is its own; the pods go with it, as by the garbage collector. */
function takeAgent(kube: KubeStore): void {
  const isOfAks = ({ labels = {} }: { readonly labels?: Readonly<Record<string, string>> }) =>
    labels['kubernetes.azure.com/managedby'] === 'aks' && labels['component'] === 'nmi';
  for (const kind of ['DaemonSet', 'Pod']) {
    for (const { metadata } of kube.list(kind, 'kube-system').filter((each) => isOfAks(each.metadata))) {
      kube.remove(kind, 'kube-system', metadata.name);
    }
  }
}
