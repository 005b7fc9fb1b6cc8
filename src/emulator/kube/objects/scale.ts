import { type Call, parseBody, send } from '../kube-call.ts';
import { badRequest, methodNotAllowed, notFound } from '../kube-failure.ts';
import type { WriteTarget } from './admit-object.ts';
import { writeOptions } from './answer-write.ts';
import type { KubeKind } from './kube-kinds.ts';
import { isMap, type KubeObject } from './kube-object.ts';
import { mergePatch } from './merge-patch.ts';
import { patchObject } from './write-objects.ts';

const scalable: ReadonlySet<string> = new Set(['deployments', 'replicasets', 'statefulsets']);

/** Whether objects of the kind have the subresource `scale`, by which `kubectl scale` changes them. */
export function isScalable({ group, plural }: KubeKind): boolean {
  return group === 'apps' && scalable.has(plural);
}

/** @throws KubeFailure 404, 405, and 400 for a number that is none */
export function answerScale(call: Call, verb: string, target: WriteTarget): void {
  const live = call.store.find(target.kind, target.namespace, target.name);
  if (live === undefined) {
    throw notFound(target.kind, target.name);
  }
  const scale = scaleOf(live);
  if (verb === 'get') {
    send(call, 200, scale);
    return;
  }
  if (verb !== 'patch' && verb !== 'update') {
    throw methodNotAllowed();
  }
  const sent = parseBody(call);
  const wanted = verb === 'update' ? sent : mergePatch(scale, sent);
  const spec = isMap(wanted) ? wanted['spec'] : undefined;
  const replicas = isMap(spec) ? (spec['replicas'] ?? 0) : undefined;
  if (!Number.isInteger(replicas) || Number(replicas) < 0) {
    throw badRequest('A Scale has spec.replicas, a whole number that is not negative.');
  }
  const changed = patchObject(
    call.store,
    target,
    (object) => mergePatch(object, { spec: { replicas } }),
    writeOptions(call),
  );
  send(call, 200, scaleOf(changed));
}

function scaleOf({ metadata, spec, status }: KubeObject): object {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = metadata;
  const { replicas = 1 } = isMap(spec) ? spec : {};
  const { replicas: running = 0 } = isMap(status) ? status : {};
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: { replicas },
    status: { replicas: running },
  };
}
