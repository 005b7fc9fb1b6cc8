import type { AccessPod } from '../../../domain/access/access-objects.ts';
import { workloadOfController } from '../../../domain/access/last-asked.ts';
import { isRecord, type JsonRecord, recordAt, recordsAt, stringAt, stringMapAt } from '../../json-record.ts';
import { controllerOf } from '../controller-ref.ts';

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
  const containers = ['initContainers', 'containers', 'ephemeralContainers'].flatMap((member) =>
    recordsAt(spec, member),
  );
  const controller = controllerOf(metadata);
  return {
    namespace,
    name,
    labels: stringMapAt(metadata, 'labels') ?? {},
    nodeName: stringAt(spec, 'nodeName') ?? '',
    serviceAccount: stringAt(spec, 'serviceAccountName') || stringAt(spec, 'serviceAccount') || 'default',
    hostNetwork: spec['hostNetwork'] === true,
    privileged: containers.some((container) => recordAt(container, 'securityContext')['privileged'] === true),
    workload: controller === undefined ? `Pod/${name}` : workloadOfController(controller),
    secrets: [
      ...new Set([
        ...recordsAt(spec, 'volumes').flatMap(secretsOfVolume),
        ...containers.flatMap(secretsOfVariables),
      ]),
    ],
  };
}

function secretsOfVolume(volume: JsonRecord): readonly string[] {
  const own = stringAt(recordAt(volume, 'secret'), 'secretName');
  const projected = recordsAt(recordAt(volume, 'projected'), 'sources').flatMap(
    (source) => stringAt(recordAt(source, 'secret'), 'name') || [],
  );
  return own ? [own, ...projected] : projected;
}

function secretsOfVariables(container: JsonRecord): readonly string[] {
  return [
    ...recordsAt(container, 'env').map((each) => recordAt(recordAt(each, 'valueFrom'), 'secretKeyRef')),
    ...recordsAt(container, 'envFrom').map((each) => recordAt(each, 'secretRef')),
  ].flatMap((reference) => stringAt(reference, 'name') || []);
}
