import type { JsonObject } from '../exact-json.ts';
import { cluster, parts } from './scenario-parts.ts';

/** A cluster that runs as a service principal, which pod identity cannot work with. */
export const servicePrincipal: JsonObject = parts({
  clusters: [
    cluster(
      {
        servicePrincipalProfile: { clientId: '00000000-0000-4000-8000-0000000005b1' },
        identityProfile: undefined,
      },
      { identity: undefined },
    ),
  ],
});
