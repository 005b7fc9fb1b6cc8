/** What a request's path is about. `group` is empty for the core API; `name` is empty for a collection. */
export interface KubePath {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  /** Empty for cluster-scoped kinds and for all namespaces. */
  readonly namespace: string;
  readonly name: string;
  readonly subresource: string;
}

/**
 * Reads `/api/v1/…` and `/apis/GROUP/VERSION/…`.
 * @returns undefined for discovery and for every path that names no resource
 */
export function parseKubePath(path: string): KubePath | undefined {
  const match = /^\/(?:api\/(v1)|apis\/([^/]+)\/([^/]+))\/(.+?)\/?$/.exec(path);
  if (match === null) {
    return undefined;
  }
  const [, core, group = '', version = core ?? '', rest = ''] = match;
  const parts = decodeParts(rest);
  if (parts === undefined) {
    return undefined;
  }
  const api = { group, version };
  if (parts[0] === 'namespaces' && parts.length >= 3 && !isNamespaceSubresource(parts)) {
    const [, namespace = '', plural = '', name = '', subresource = ''] = parts;
    return parts.length > 5 ? undefined : { ...api, plural, namespace, name, subresource };
  }
  const [plural = '', name = '', subresource = ''] = parts;
  return parts.length > 3 ? undefined : { ...api, plural, namespace: '', name, subresource };
}

function decodeParts(rest: string): readonly string[] | undefined {
  try {
    return rest.split('/').map(decodeURIComponent);
  } catch {
    return undefined;
  }
}

function isNamespaceSubresource(parts: readonly string[]): boolean {
  return parts.length === 3 && (parts[2] === 'status' || parts[2] === 'finalize');
}
