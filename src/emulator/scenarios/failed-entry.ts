import type { JsonObject } from '../exact-json.ts';
import { scaleSet } from './machine-parts.ts';

import { cluster, entry, identity, operatorRole, parts } from './scenario-parts.ts';

const web = identity('web', 1);
const jobs = identity('jobs', 2);

/** One entry is assigned, another ended Failed although identity and role are there. */
export const failedEntry: JsonObject = parts({
  roleAssignments: [operatorRole(web), operatorRole(jobs)],
  machines: scaleSet({ pool: 'nodepool1', identityIds: [String(web['id'])] }),
  clusters: [
    cluster({
      podIdentityProfile: {
        enabled: true,
        userAssignedIdentities: [
          entry(web, 'demo'),
          {
            ...entry(jobs, 'demo'),
            provisioningState: 'Failed',
            provisioningInfo: {
              error: {
                error: {
                  code: 'ReconcilePodIdentityAddonError',
                  message: 'The identity could not be assigned to the nodes.',
                  details: [{ code: 'VMSSUpdateFailed', message: 'The scale set nodepool1 is locked.' }],
                },
              },
            },
          },
        ],
      },
    }),
  ],
});
