import type { JsonObject } from '../exact-json.ts';
import { scaleSet } from './machine-parts.ts';

import { cluster, entry, identity, operatorRole, parts } from './scenario-parts.ts';

const identities = Array.from({ length: 201 }, (_, index) => identity(`app-${index + 1}`, index + 1));

/** 201 identities and their roles, the add-on on, no entry: for changes of many at once. */
export const twoHundred: JsonObject = parts({
  identities,
  roleAssignments: identities.map((one) => operatorRole(one)),
  clusters: [cluster({ podIdentityProfile: { enabled: true } })],
});

/** The same with 200 entries, which is the limit. */
export const full: JsonObject = parts({
  identities,
  machines: scaleSet({
    pool: 'nodepool1',
    identityIds: identities.slice(0, 200).map((one) => String(one['id'])),
  }),
  roleAssignments: identities.map((one) => operatorRole(one)),
  clusters: [
    cluster({
      podIdentityProfile: {
        enabled: true,
        userAssignedIdentities: identities.slice(0, 200).map((one) => entry(one, 'demo')),
      },
    }),
  ],
});
