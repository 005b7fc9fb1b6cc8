import type { AccessPod } from '../../../domain/access/access-objects.ts';
import { workloadOfController } from '../../../domain/access/last-asked.ts';
import { isRecord, recordAt, stringAt, stringMapAt } from '../../json-record.ts';
import { controllerOf } from '../controller-ref.ts';
import { isPrivileged, secretsOf } from './pod-reach.ts';

/** A pod as it is a way to an identity; undefined for what has no name, and for one that has ended. */
export function parseAccessPod(json: unknown): AccessPod | undefined {
  const metadata = isRecord(json) ? recordAt(json, 'metadata') : {};
  const [namespace, name] = [stringAt(metadata, 'namespace'), stringAt(metadata, 'name')];
  if (!isRecord(json) || !namespace || !name) {
    return undefined;
  }
  const phase = recordAt(json, 'status')['phase'];
  if (phase === 'Succeeded' || phase === 'Failed') {
    return undefined;
  }
  const spec = recordAt(json, 'spec');
  const controller = controllerOf(metadata);
  return {
    namespace,
    name,
    labels: stringMapAt(metadata, 'labels') ?? {},
    nodeName: stringAt(spec, 'nodeName') ?? '',
    serviceAccount: stringAt(spec, 'serviceAccountName') || stringAt(spec, 'serviceAccount') || 'default',
    hostNetwork: spec['hostNetwork'] === true,
    privileged: isPrivileged(spec),
    workload: controller === undefined ? `Pod/${name}` : workloadOfController(controller),
    secrets: secretsOf(spec),
    ...(controller === undefined ? {} : { controllerUid: controller.uid }),
  };
}
