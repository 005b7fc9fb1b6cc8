/** An ARM resource id of a resource group's resource, in the casing in which it was written. */
export interface ResourceId {
  /** The whole id as given. */
  readonly text: string;
  readonly subscriptionId: string;
  readonly resourceGroup: string;
  /** Provider and type, such as `Microsoft.ManagedIdentity/userAssignedIdentities`, as given. */
  readonly type: string;
  readonly name: string;
}

export const managedIdentityType = 'Microsoft.ManagedIdentity/userAssignedIdentities';
export const managedClusterType = 'Microsoft.ContainerService/managedClusters';

/** Subscription, group, provider, type, name; no segment empty, none more, no white space. */
const idPattern =
  /^\/subscriptions\/([^/\s]+)\/resourceGroups\/([^/\s]+)\/providers\/([^/\s]+\/[^/\s]+)\/([^/\s]+)$/i;

/** Reads a whole id of one type, in any case; anything before, behind or between makes it none. */
export function parseResourceId(text: string, type: string): ResourceId | undefined {
  const [, subscriptionId, resourceGroup, foundType, name] = idPattern.exec(text) ?? [];
  if (subscriptionId === undefined || resourceGroup === undefined) {
    return undefined;
  }
  if (foundType === undefined || name === undefined) {
    return undefined;
  }
  if (foundType.toLowerCase() !== type.toLowerCase()) {
    return undefined;
  }
  return { text, subscriptionId, resourceGroup, type: foundType, name };
}

/**
 * What of a text can be an id of ARM, where one was wrapped on its way: in quotes, in a list of JSON, in the URL of ARM or of the portal, or in
 * a path of Windows, into which Git Bash changes it.
 */
export function unwrapId(text: string): string {
  const bare = decoded(text.trim()).replace(
    /^(?:\\?["'\u2018-\u201d]|[[{<])+|(?:\\?["'\u2018-\u201d]|[,;\]}>])+$/gu,
    '',
  );
  const at = /^(?:https?:\/\/|[a-z]:[\\/])/i.test(bare)
    ? bare.search(/[\\/](?:subscriptions|providers)[\\/]/i)
    : 0;
  const id = at > 0 ? bare.slice(at).replaceAll('\\', '/') : bare;
  return id.replace(/[?#].*$/s, '');
}

/** The portal has ids in its own addresses with `%2F` for each slash. */
function decoded(text: string): string {
  return text.replace(/%2f/gi, '/');
}

/** Git Bash puts its own folder before a word that begins with a slash. */
export function isChangedPath(text: string): boolean {
  return /^["']?[a-z]:[\\/].*[\\/](?:subscriptions|providers)[\\/]/i.test(text.trim());
}

/** Azure compares ids without case. */
export function sameResource(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

/**
 * Whether a role assignment at `scope` reaches the resource: the root, any management group (ARM lists only
 * the resource's own ancestors), or the same segments from the start. `rg1` is not a parent of `rg10`.
 */
export function scopeCovers(scope: string, resourceId: string): boolean {
  const outer = segmentsOf(scope);
  if (outer.length === 0) {
    return true;
  }
  if (outer[0] === 'providers' && outer[1] === 'microsoft.management' && outer[2] === 'managementgroups') {
    return true;
  }
  const inner = segmentsOf(resourceId);
  return outer.length <= inner.length && outer.every((segment, index) => segment === inner[index]);
}

function segmentsOf(id: string): string[] {
  return id
    .toLowerCase()
    .split('/')
    .filter((segment) => segment !== '');
}
