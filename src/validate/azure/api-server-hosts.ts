import { isRecord, recordAt, stringAt } from '../json-record.ts';

/**
 * The host names of a cluster's API server, as ARM's document of it has them: the public one and the private
 * one. `azurePortalFQDN` is a name for browsers, and not among them.
 *
 * @param document JSON that was read as a cluster before
 */
export function readApiServerHosts(document: string): string[] {
  const body: unknown = JSON.parse(document);
  const properties = recordAt(isRecord(body) ? body : {}, 'properties');
  return ['fqdn', 'privateFQDN'].flatMap((member) => stringAt(properties, member)?.toLowerCase() || []);
}
