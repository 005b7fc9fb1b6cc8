import type { LiveAssignment } from '../../domain/kubernetes/live-assignment.ts';
import { isRecord, recordAt, stringAt } from '../json-record.ts';
import { parseAzureAssignedIdentity } from './crd-objects.ts';

/** Tolerant, as the parsers of its siblings are. */
export function parseLiveAssignment(json: unknown): LiveAssignment | undefined {
  const assignment = parseAzureAssignedIdentity(json);
  if (assignment === undefined || !isRecord(json)) {
    return undefined;
  }
  const metadata = recordAt(json, 'metadata');
  const finalizers: unknown[] = Array.isArray(metadata['finalizers']) ? metadata['finalizers'] : [];
  return {
    ...assignment,
    finalizers: finalizers.filter((each) => typeof each === 'string'),
    beingDeleted: stringAt(metadata, 'deletionTimestamp') !== undefined,
  };
}
