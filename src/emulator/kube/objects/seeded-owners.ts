import { trackUpdate } from './field-owners.ts';
import type { KubeObject } from './kube-object.ts';
import { applyObject } from './server-side-apply.ts';

export interface Seeding {
  readonly manager: string | undefined;
  /** RFC 3339, whole seconds. */
  readonly time: string;
}

/**
 * Whose fields a seeded object's are: the given manager's, else those of whom its label
 * `app.kubernetes.io/managed-by` names, who has applied it, else the emulator's. Its status is the emulator's. An
 * object that says so itself is believed.
 */
export function seededWithOwners(
  before: KubeObject | undefined,
  seeded: KubeObject,
  { manager, time }: Seeding,
): KubeObject {
  if (seeded.metadata.managedFields !== undefined) {
    return seeded;
  }
  const emulator = { manager: manager ?? 'emulator', time };
  const applier = seeded.metadata.labels?.['app.kubernetes.io/managed-by'];
  if (manager !== undefined || applier === undefined || before !== undefined) {
    return trackUpdate(before, seeded, emulator);
  }
  const { status: _, ...applied } = seeded;
  const request = { applied, writer: { manager: applier, time }, force: false };
  const { object } = applyObject(undefined, request);
  return trackUpdate(object, { ...seeded, metadata: object.metadata }, emulator);
}
