import { keptAnnotationsOf } from '../../domain/exchange/kept-annotations.ts';
import { type KubeObject, refOf } from '../../domain/kubernetes/kube-object.ts';
import { takeoverName } from '../../domain/takeover/hold.ts';
import type { StoredTakeover, TakeoverCluster } from '../../domain/takeover/takeover-cluster.ts';
import { eachConcurrently } from '../../domain/time/each-concurrently.ts';
import { advice, command } from '../../errors/hint.ts';
import { PodidError } from '../../errors/podid-error.ts';
import { isRecord, recordAt, stringAt, stringMapAt } from '../../validate/json-record.ts';
import { identityDefinitions } from '../agent-objects/identity-definitions.ts';
import { agentOwned, writeAgentObject } from '../agent-objects/write-agent-object.ts';
import { applyContent, type KubeRest, objectPath, resourceOf } from '../client/kube-rest.ts';
import { awayHint, type KubeAttempt, mapKubeError } from '../client/map-kube-error.ts';
import { writeTerms } from '../client/write-terms.ts';
import { managedByLabel, podidManager } from '../objects/render-objects.ts';
import { tokenSourceManager } from '../objects/token-source-manager.ts';

export function takeoverCluster(rest: KubeRest): TakeoverCluster {
  const owned = agentOwned(rest);
  return {
    async clusterUid(signal) {
      const reply = await rest({ method: 'GET', path: '/api/v1/namespaces/kube-system' }, signal);
      const uid = stringAt(recordAt(isRecord(reply.body) ? reply.body : {}, 'metadata'), 'uid');
      if (reply.failure !== undefined || uid === undefined) {
        throw failed(reply.failure, { verb: 'get', resource: 'namespaces', name: 'kube-system' });
      }
      return uid;
    },
    async read(namespace, signal) {
      const { body, failure } = await rest({ method: 'GET', path: pathIn(namespace) }, signal);
      if (failure?.httpStatus === 404) {
        return undefined;
      }
      if (failure !== undefined) {
        throw failed(failure, { verb: 'get', resource: 'configmaps', namespace, name: takeoverName });
      }
      return storedIn(namespace, body);
    },
    async write(place, data, signal) {
      const { namespace } = place;
      const isThere = 'uid' in place;
      const metadata = {
        name: takeoverName,
        namespace,
        labels: { [managedByLabel]: podidManager },
        ...(isThere ? { uid: place.uid, resourceVersion: place.resourceVersion } : {}),
      };
      const { body, failure } = await rest(
        {
          method: isThere ? 'PUT' : 'POST',
          path: isThere
            ? pathIn(namespace)
            : `/api/v1/namespaces/${encodeURIComponent(namespace)}/configmaps`,
          query: { fieldManager: podidManager },
          body: { apiVersion: 'v1', kind: 'ConfigMap', metadata, data },
        },
        signal,
      );
      if (failure !== undefined && (failure.httpStatus === 409 || (isThere && failure.httpStatus === 404))) {
        throw new PodidError(
          'StaleCluster',
          `ConfigMap ${namespace}/${takeoverName} was changed by others: somebody else takes the add-on over at this moment.`,
          { hint: advice`${command('podid takeover status')}  # shows how far it is` },
        );
      }
      if (failure !== undefined) {
        const verb = isThere ? 'update' : 'create';
        throw failed(failure, { verb, resource: 'configmaps', namespace, name: takeoverName });
      }
      return storedIn(namespace, body);
    },
    async definitionUids(signal) {
      const found = await eachConcurrently(identityDefinitions(), async (definition) => {
        const ref = refOf(definition);
        const { body, failure } = await rest({ method: 'GET', path: objectPath(ref) }, signal);
        if (failure !== undefined && failure.httpStatus !== 404) {
          throw failed(failure, { verb: 'get', resource: resourceOf(ref), name: ref.name });
        }
        const metadata = recordAt(isRecord(body) && failure === undefined ? body : {}, 'metadata');
        const kind = stringAt(recordAt(recordAt(definition, 'spec'), 'names'), 'kind') ?? '';
        const uid = metadata['deletionTimestamp'] === undefined ? stringAt(metadata, 'uid') : undefined;
        return uid === undefined ? [] : [[kind, uid] as const];
      });
      return Object.fromEntries(found.flat());
    },
    async remove(namespace, signal) {
      const { failure } = await rest({ method: 'DELETE', path: pathIn(namespace) }, signal);
      if (failure !== undefined && failure.httpStatus !== 404) {
        throw failed(failure, { verb: 'delete', resource: 'configmaps', namespace, name: takeoverName });
      }
    },
    async restore(object, signal) {
      const change = await writeAgentObject(owned, object, { force: true, dryRun: false }, signal);
      if (change.action !== 'foreign') {
        await shareAnnotations(rest, object, signal);
      }
      return change;
    },
  };
}

/** An apply has its manager own what it names, also where nothing of it changes; an update would not. */
async function shareAnnotations(rest: KubeRest, object: KubeObject, signal: AbortSignal): Promise<void> {
  const { namespace, name } = object.metadata;
  const annotations = keptAnnotationsOf(object.metadata);
  if (Object.keys(annotations).length === 0) {
    return;
  }
  const ref = refOf(object);
  const { failure } = await rest(
    {
      method: 'PATCH',
      path: objectPath(ref),
      query: { fieldManager: tokenSourceManager, force: 'true' },
      contentType: applyContent,
      body: { apiVersion: object.apiVersion, kind: object.kind, metadata: { name, namespace, annotations } },
    },
    signal,
  );
  if (failure !== undefined) {
    throw failed(failure, {
      verb: 'patch',
      resource: resourceOf(ref),
      ...(namespace ? { namespace } : {}),
      name,
    });
  }
}

function pathIn(namespace: string): string {
  return objectPath({ apiVersion: 'v1', kind: 'ConfigMap', namespace, name: takeoverName });
}

function storedIn(namespace: string, body: unknown): StoredTakeover {
  const object = isRecord(body) ? body : {};
  const metadata = recordAt(object, 'metadata');
  return {
    namespace,
    uid: stringAt(metadata, 'uid') ?? '',
    resourceVersion: stringAt(metadata, 'resourceVersion') ?? '',
    data: stringMapAt(object, 'data') ?? {},
  };
}

function failed(failure: Parameters<typeof mapKubeError>[0] | undefined, attempt: KubeAttempt): PodidError {
  if (failure === undefined) {
    return new PodidError('ClusterUnreachable', 'The namespace kube-system has no uid.', { hint: awayHint });
  }
  return mapKubeError(failure, attempt, writeTerms);
}
