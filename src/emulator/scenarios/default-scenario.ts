import type { JsonObject } from '../exact-json.ts';
import { cluster, parts } from './scenario-parts.ts';

/** A CNI cluster, system-assigned, with the add-on on and no entry yet. */
export const defaultScenario: JsonObject = parts({
  clusters: [cluster({ podIdentityProfile: { enabled: true } })],
});

/** A service that hands out no eTag, as Azure did until the autumn of 2025. */
export const noETag: JsonObject = parts({
  settings: { eTags: false },
  clusters: [cluster({ podIdentityProfile: { enabled: true } })],
});
