import type { JsonObject } from '../exact-json.ts';
import { cluster, identity, identityId, parts } from './scenario-parts.ts';

const controlPlane = identity('control-plane', 3);
const { principalId, clientId } = controlPlane['properties'] as JsonObject;

/** The control plane runs as a user-assigned identity. */
export const userAssigned: JsonObject = parts({
  identities: [identity('web', 1), identity('jobs', 2), controlPlane],
  clusters: [
    cluster(
      { podIdentityProfile: { enabled: true } },
      {
        identity: {
          type: 'UserAssigned',
          userAssignedIdentities: { [identityId('control-plane')]: { principalId, clientId } },
        },
      },
    ),
  ],
});
