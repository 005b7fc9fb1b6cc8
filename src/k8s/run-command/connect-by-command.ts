import type { RunCommand } from '../../domain/azure/run-command.ts';
import type { ClusterObjects } from '../../domain/kubernetes/cluster-objects.ts';
import { isRecord } from '../../validate/json-record.ts';
import { objectsAsEntries } from '../mirror/read-objects.ts';
import { mirrorByCommand } from './mirror-by-command.ts';
import { readByCommand } from './read-by-command.ts';

/** The objects of a cluster whose API nobody outside can reach, by commands that Azure runs in it. */
export function connectByCommand(run: RunCommand): ClusterObjects {
  return {
    mirror: (request, signal, report) => mirrorByCommand(run, request, signal, report),
    async read(signal) {
      const objects = await readByCommand(run, signal);
      const of = (kind: string) => objects.filter((object) => isRecord(object) && object['kind'] === kind);
      return objectsAsEntries({
        identities: of('AzureIdentity'),
        bindings: of('AzureIdentityBinding'),
        exceptions: of('AzurePodIdentityException'),
      });
    },
  };
}
