import type { JsonObject } from '../exact-json.ts';
import { cluster, parts } from './scenario-parts.ts';

/** Network plugin kubenet, add-on off, consent not given. */
export const kubenet: JsonObject = parts({
  clusters: [cluster({ networkProfile: { networkPlugin: 'kubenet', podCidr: '10.244.0.0/16' } })],
});
