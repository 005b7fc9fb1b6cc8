/**
 * Audiences that pods ask for day by day; every other becomes `other`, so that no client can fill a metric's
 * memory.
 */
const knownHosts: ReadonlySet<string> = new Set([
  'management.azure.com',
  'management.core.windows.net',
  'vault.azure.net',
  'storage.azure.com',
  'database.windows.net',
  'ossrdbms-aad.database.windows.net',
  'graph.microsoft.com',
  'graph.windows.net',
  'servicebus.azure.net',
  'eventhubs.azure.net',
  'cosmos.azure.com',
  'containerregistry.azure.net',
  'cognitiveservices.azure.com',
  'search.azure.com',
  'azconfig.io',
  'batch.core.windows.net',
  'datalake.azure.net',
  'monitor.azure.com',
  'api.loganalytics.io',
  'redis.azure.com',
  'digitaltwins.azure.net',
  'iothubs.azure.net',
]);

/** A resource as a metric's label: the host of a known one, or `other`. */
export function resourceLabel(resource: string): string {
  const host = resource.replace(/^https:\/\//, '').replace(/\/.*$/, '');
  return knownHosts.has(host) ? host : 'other';
}
