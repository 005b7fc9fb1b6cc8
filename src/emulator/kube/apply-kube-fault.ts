import { seedAksIdentity } from './aks-objects.ts';
import { type KubeFaults, noKubeFaults } from './kube-faults.ts';
import type { KubeStore } from './objects/kube-store.ts';

/**
 * Sets faults from JSON: the members of `KubeFaults`, where `null` puts one back, and single acts, each with
 * `true` or a value: `cutWatches`, `bookmark`, `expireHistory`, `removeNamespace: NAME`, `foreignIdentity:
 * {namespace, name}`, `clear`.
 * @throws RangeError that names a member nobody knows, or a value of the wrong type
 */
export function applyKubeFault(store: KubeStore, fault: Readonly<Record<string, unknown>>): void {
  for (const name of Object.keys(fault)) {
    if (!Object.hasOwn(acts, name) && !Object.hasOwn(noKubeFaults(), name)) {
      throw new RangeError(`There is no Kubernetes fault named ${name}.`);
    }
  }
  for (const [name, value] of Object.entries(fault)) {
    const act = Object.hasOwn(acts, name) ? acts[name] : undefined;
    if (act === undefined) {
      setFault(store, name as keyof KubeFaults, value);
    } else {
      act(store, value);
    }
  }
}

const acts: Readonly<Record<string, (store: KubeStore, value: unknown) => void>> = {
  clear: (store) => {
    store.faults = noKubeFaults();
  },
  cutWatches: (store) => store.cutWatches(),
  bookmark: (store) => store.sendBookmarks(),
  expireHistory: (store) => store.expireHistory(),
  removeNamespace: (store, name) => store.remove('namespaces', '', String(name)),
  foreignIdentity: (store, value) => {
    const { namespace, name } = value as { namespace: string; name: string };
    seedAksIdentity(store, namespace, name);
  },
};

function setFault(store: KubeStore, name: keyof KubeFaults, value: unknown): void {
  const usual = noKubeFaults()[name];
  const fits = Array.isArray(usual) ? Array.isArray(value) : typeof value === typeof usual;
  if (value !== null && name !== 'away' && !fits) {
    throw new RangeError(`The Kubernetes fault ${name} takes a value like ${JSON.stringify(usual)}.`);
  }
  if (name === 'away' && value !== null && !awayWays.has(value)) {
    throw new RangeError(`The Kubernetes fault away is one of ${[...awayWays].join(', ')}, or null.`);
  }
  store.faults = { ...store.faults, [name]: value ?? usual };
}

const awayWays = new Set<unknown>(['reset', 'hang', '503', '500', 'html', 'truncated']);
