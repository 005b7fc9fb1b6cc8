import type { Machine } from '../../src/domain/azure/machines.ts';
import type { Cluster } from '../../src/domain/clusters/cluster.ts';
import {
  entryText,
  type PodIdentity,
  type PodIdentityException,
} from '../../src/domain/entries/pod-identity.ts';
import {
  type ClusterObjects,
  type MirrorRequest,
  type ObjectChange,
  objectKey,
} from '../../src/domain/kubernetes/cluster-objects.ts';
import { PodidError } from '../../src/errors/podid-error.ts';
import type { NodeSide } from '../../src/workflows/object-store/node-side.ts';

/** The objects of a cluster in memory, one version an entry, and the machines of its nodes. */
export class ObjectsInCluster {
  readonly identities = new Map<string, { readonly entry: PodIdentity; readonly version: string }>();
  readonly exceptions = new Map<string, { readonly entry: PodIdentityException; readonly version: string }>();
  /** What was done, in order. */
  readonly deeds: string[] = [];
  readonly foreign = new Set<string>();
  readonly carried = new Set<string>();
  assignFault: PodidError | undefined;
  beforeWrite: (() => void) | undefined;
  #version = 0;

  put(entry: PodIdentity): void {
    this.#version += 1;
    this.identities.set(entryText(entry), { entry, version: String(this.#version) });
  }

  readonly api: ClusterObjects = {
    read: async () => ({
      identities: [...this.identities.values()].map(({ entry }) => ({
        namespace: entry.namespace,
        name: entry.name,
        bindingSelector: entry.bindingSelector,
        resourceId: entry.identity.resourceId,
        clientId: entry.identity.clientId,
      })),
      exceptions: [...this.exceptions.values()].map(({ entry }) => entry),
      facts: {
        versions: Object.fromEntries(
          [...this.identities.values()].map(({ entry, version }) => [
            objectKey('AzureIdentity', entry),
            version,
          ]),
        ),
        own: new Set(
          [...this.identities.values()]
            .filter(({ entry }) => !this.foreign.has(entryText(entry)))
            .map(({ entry }) => objectKey('AzureIdentity', entry)),
        ),
      },
    }),
    mirror: async (request) => {
      if (!request.dryRun) {
        this.beforeWrite?.();
      }
      this.deeds.push(request.dryRun ? 'rehearse' : 'write');
      return [
        ...request.identities.map((entry) => this.#write(request, entry)),
        ...request.goneIdentities.map((key) => {
          this.identities.delete(entryText(key));
          return { kind: 'AzureIdentity', ...key, action: 'delete' } as const;
        }),
      ];
    },
  };

  readonly nodes: { -readonly [Key in keyof NodeSide]: NodeSide[Key] } = {
    machines: async (_cluster: Cluster) => [this.#machine()],
    checkRights: async () => [],
    assign: async (_cluster, ids) => {
      this.deeds.push(`assign ${ids.map((id) => id.split('/').at(-1)).join(' ')}`);
      if (this.assignFault) {
        throw this.assignFault;
      }
      for (const id of ids) {
        this.carried.add(id);
      }
    },
  };

  #machine(): Machine {
    return {
      resourceId: '/machines/pool1',
      name: 'pool1',
      kind: 'vmss',
      osType: 'Linux',
      identityType: 'UserAssigned',
      identityIds: [...this.carried],
      provisioningState: 'Succeeded',
    };
  }

  #write({ expected, force, dryRun }: MirrorRequest, entry: PodIdentity): ObjectChange {
    const { namespace, name } = entry;
    const found = this.identities.get(entryText(entry));
    if (expected?.[objectKey('AzureIdentity', entry)] !== found?.version) {
      throw new PodidError('StaleCluster', 'Changed meanwhile.');
    }
    const object = { kind: 'AzureIdentity', namespace, name } as const;
    if (this.foreign.has(entryText(entry)) && !force) {
      return { ...object, action: 'foreign', reason: 'Written by Helm' };
    }
    if (!dryRun) {
      this.put(entry);
    }
    return { ...object, action: found === undefined ? 'create' : 'update' };
  }
}
