import type { JsonObject } from '../exact-json.ts';
import { defaultScenario, noETag } from './default-scenario.ts';
import { failedEntry } from './failed-entry.ts';
import { firstTime } from './first-time.ts';
import { goneIdentity } from './gone-identity.ts';
import { inUse } from './in-use.ts';
import { kubenet } from './kubenet.ts';
import { nodePools } from './node-pools.ts';
import { oidcIssuer } from './oidc-issuer.ts';
import { previewFields } from './preview-fields.ts';
import { servicePrincipal } from './service-principal.ts';
import { standardMode } from './standard-mode.ts';
import { full, twoHundred } from './two-hundred.ts';
import { unregistered } from './unregistered.ts';
import { userAssigned } from './user-assigned.ts';
import { wayOut } from './way-out.ts';

/** Seeds by the name that `--scenario` takes. */
export const scenarioCatalog: Readonly<Record<string, JsonObject>> = {
  default: defaultScenario,
  'first-time': firstTime,
  'in-use': inUse,
  unregistered,
  kubenet,
  'service-principal': servicePrincipal,
  'failed-entry': failedEntry,
  'gone-identity': goneIdentity,
  'two-hundred': twoHundred,
  full,
  'no-etag': noETag,
  'user-assigned': userAssigned,
  'preview-fields': previewFields,
  'node-pools': nodePools,
  'standard-mode': standardMode,
  'oidc-issuer': oidcIssuer,
  'way-out': wayOut,
};
