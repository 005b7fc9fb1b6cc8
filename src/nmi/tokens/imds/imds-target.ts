import type { TokenQuestion } from '../token.ts';
import { TokenRefused } from '../token-error.ts';

/** The oldest version that knows `msi_res_id` and `object_id`; also the one upstream's NMI asks by. */
const apiVersion = '2018-02-01';

/**
 * Path and query by which IMDS is asked. Without a choice IMDS gives the node's own identity, so only an
 * excepted pod's question may go without one.
 * @throws TokenRefused 400 when a managed identity is wanted and nothing names it
 */
export function imdsTarget({ subject, resource, asksAnew }: TokenQuestion): string {
  const choice = subject.kind === 'managed-identity' ? chosenParameter(subject.choice) : '';
  if (subject.kind !== 'node-default' && choice === '') {
    throw new TokenRefused({
      status: 400,
      error: 'invalid_request',
      description: 'The identity has neither a usable client id nor a usable resource id.',
    });
  }
  const query = `api-version=${apiVersion}${choice}&resource=${encodeURIComponent(resource)}`;
  // IMDS has a cache of its own.
  return `/metadata/identity/oauth2/token?${query}${asksAnew === undefined ? '' : '&bypass_cache=true'}`;
}

interface Choice {
  readonly clientId?: string;
  readonly resourceId?: string;
  readonly objectId?: string;
}

/** What IMDS might take for an absent value (blank, control bytes) counts as absent here. */
function chosenParameter({ clientId, resourceId, objectId }: Choice): string {
  if (clientId !== undefined && /^[\w.-]{1,128}$/.test(clientId)) {
    return `&client_id=${clientId}`;
  }
  if (resourceId !== undefined && /^\/[\x21-\x7e]{1,1024}$/.test(resourceId)) {
    return `&msi_res_id=${encodeURIComponent(resourceId)}`;
  }
  if (objectId !== undefined && /^[\w.-]{1,128}$/.test(objectId)) {
    return `&object_id=${objectId}`;
  }
  return '';
}
