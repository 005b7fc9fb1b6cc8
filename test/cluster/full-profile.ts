import { type JsonObject, listAt, objectAt } from '../../src/emulator/exact-json.ts';
import { scenarioCatalog } from '../../src/emulator/scenarios/scenario-catalog.ts';

/**
 * The world `full`, 200 identities in namespace demo, with 200 exceptions there too: the most that a profile
 * holds.
 */
export function fullProfile(): JsonObject {
  const world = structuredClone(scenarioCatalog['full'] ?? {});
  const profile = objectAt(listAt(world, 'clusters')[0], 'properties', 'podIdentityProfile');
  if (profile === undefined) {
    throw new Error('The scenario `full` has no profile.');
  }
  profile['userAssignedIdentityExceptions'] = Array.from({ length: 200 }, (_, index) => {
    return { namespace: 'demo', name: `legacy-${index + 1}`, podLabels: { app: `legacy-${index + 1}` } };
  });
  return world;
}
