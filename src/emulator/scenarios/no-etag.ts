import type { JsonObject } from '../exact-json.ts';
import { cluster, parts } from './scenario-parts.ts';

/** A service that hands out no eTag, as Azure did until the autumn of 2025. */
export const noETag: JsonObject = parts({
  settings: { eTags: false },
  clusters: [cluster({ podIdentityProfile: { enabled: true } })],
});
