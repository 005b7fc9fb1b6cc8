import type { JsonObject } from '../exact-json.ts';
import { scaleSet } from './machine-parts.ts';

import { cluster, entry, identity, operatorRole, parts } from './scenario-parts.ts';

const web = identity('web', 1);

/** An entry names an identity that was deleted, which blocks every PUT that still lists it. */
export const goneIdentity: JsonObject = parts({
  roleAssignments: [operatorRole(web)],
  machines: scaleSet({ pool: 'nodepool1', identityIds: [String(web['id'])] }),
  clusters: [
    cluster({
      podIdentityProfile: {
        enabled: true,
        userAssignedIdentities: [entry(web, 'demo'), entry(identity('gone', 9), 'demo')],
      },
    }),
  ],
});
