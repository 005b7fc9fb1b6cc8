import { type JsonRecord, recordAt, recordsAt, stringAt } from '../../json-record.ts';

/*
 * What a pod, or a template of pods, reaches beside its own account. Tolerant as all that reads other people's objects.
 */

/** One of its containers is, so that the node is its own. @param spec of the pod */
export function isPrivileged(spec: JsonRecord): boolean {
  return containersOf(spec).some(
    (container) => recordAt(container, 'securityContext')['privileged'] === true,
  );
}

/** Names of the Secrets that it mounts or reads into variables, each once. @param spec of the pod */
export function secretsOf(spec: JsonRecord): readonly string[] {
  return [
    ...new Set([
      ...recordsAt(spec, 'volumes').flatMap(secretsOfVolume),
      ...containersOf(spec).flatMap(secretsOfVariables),
    ]),
  ];
}

function containersOf(spec: JsonRecord): readonly JsonRecord[] {
  return ['initContainers', 'containers', 'ephemeralContainers'].flatMap((member) => recordsAt(spec, member));
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
