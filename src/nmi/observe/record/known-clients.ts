import { ownCopy } from './own-copy.ts';

/** What asked for a token, by the first name of a list that its User-Agent holds. */
export interface Client {
  /** As the list spells it: `azsdk-python-identity`; `other` for what is not on it. */
  readonly sdk: string;
  /** `1.13.0`, `1.26.0b2`; empty where the header has none that is one. */
  readonly version: string;
}

export const otherClient: Client = { sdk: 'other', version: '' };

/*
 * The libraries of Azure, as they call themselves, then what asked with none of them. A User-Agent may hold several names, such as
 * that of an application before that of its library: the library is what a migration depends on, so the first of this list
 * counts, not the first of the header.
 */
const names: readonly string[] = [
  'azsdk-go-azidentity',
  'azsdk-net-Identity',
  'azsdk-java-azure-identity',
  'azsdk-js-identity',
  'azsdk-python-identity',
  'azsdk-cpp-identity',
  'azsdk-rust-identity',
  'MSAL.NetCore',
  'MSAL.Desktop',
  'MSAL.Python',
  'MSAL.Go',
  'MSAL.Java',
  'msal.js.node',
  'go-autorest/adal',
  'go-autorest',
  'msrest_azure',
  'msrest',
  'ms-rest-js',
  '@azure/ms-rest-js',
  'csi-secrets-store',
  'KEDA',
  'ExternalDNS',
  'external-dns',
  'cert-manager',
  'cert-manager-controller',
  'velero',
  'AzCopy',
  'AZURECLI',
  'AzurePowershell',
  'python-requests',
  'Go-http-client',
  'curl',
  'Wget',
];

const ranks = new Map(names.map((name, rank) => [name.toLowerCase(), rank] as const));

/** Names stand at the beginning; a header may have 16 kB. */
const mostRead = 512;
const mostTokens = 32;

/**
 * Reads a User-Agent by the list of known names, and keeps nothing else of it.
 *
 * @param userAgent as the client sent it, whatever that is
 */
export function knownClient(userAgent: string): Client {
  let first: { readonly rank: number; readonly version: string } | undefined;
  for (const token of userAgent.slice(0, mostRead).split(/[ \t]+/, mostTokens)) {
    const found = productOf(token);
    if (found !== undefined && (first === undefined || found.rank < first.rank)) {
      first = found;
    }
  }
  return first === undefined ? otherClient : { sdk: names[first.rank] ?? '', version: first.version };
}

/** `name/version`, `name/part/version` or `name`; the name without case. */
function productOf(token: string): { readonly rank: number; readonly version: string } | undefined {
  const parts = token.toLowerCase().split('/', 4);
  for (let taken = Math.min(2, parts.length); taken > 0; taken -= 1) {
    const rank = ranks.get(parts.slice(0, taken).join('/'));
    if (rank !== undefined) {
      return { rank, version: versionOf(parts[taken] ?? '') };
    }
  }
  return undefined;
}

/** Numbers, and at most one word of those that releases are named by: anything else could carry a message. */
const versionPattern =
  /^v?(\d{1,5}(?:\.\d{1,5}){1,3}(?:[-.]?(?:alpha|beta|preview|rc|dev|a|b)\.?(?:\d{1,8}(?:\.\d{1,4})?)?)?)(?![\w.])/;

function versionOf(text: string): string {
  return ownCopy(versionPattern.exec(text)?.[1] ?? '');
}

const mostRemembered = 200;
const longestRemembered = 300;

/** The same, and remembers headers in use: a client sends the same one for days. */
export function createClientReader(): (userAgent: string | undefined) => Client {
  const remembered = new Map<string, Client>();
  return (userAgent) => {
    if (userAgent === undefined) {
      return otherClient;
    }
    const known = remembered.get(userAgent);
    if (known !== undefined) {
      return known;
    }
    const client = knownClient(userAgent);
    if (userAgent.length <= longestRemembered) {
      if (remembered.size >= mostRemembered) {
        remembered.clear();
      }
      remembered.set(userAgent, client);
    }
    return client;
  };
}
