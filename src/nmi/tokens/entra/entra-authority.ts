import { allowedEntraHost } from '../../../domain/azure/entra-hosts.ts';
import { TokenRefused } from '../token-error.ts';

export interface EntraAuthority {
  readonly host: string;
  /** `https://login.microsoftonline.com/TENANT` */
  readonly url: string;
  readonly tokenEndpoint: string;
}

/**
 * Where a tenant's tokens are asked for.
 * @param allowedHosts further hosts, `login.example.internal` or with `:port`, that the operator trusts with
 * secrets
 * @throws TokenRefused 403 for any other endpoint: it would be sent the secret
 */
export function entraAuthority(
  adEndpoint: string | undefined,
  tenantId: string,
  allowedHosts: readonly string[],
): EntraAuthority {
  if (!/^[A-Za-z0-9][\w.-]{0,127}$/.test(tenantId)) {
    throw refused('The tenant of the identity is neither an id nor a domain name.');
  }
  const host = allowedEntraHost(adEndpoint || 'https://login.microsoftonline.com/', allowedHosts);
  if (host === undefined) {
    throw refused(
      'The adEndpoint of the identity is not an https address of a known Azure cloud or of an allowed host.',
    );
  }
  const url = `https://${host}/${tenantId}`;
  return { host, url, tokenEndpoint: `${url}/oauth2/v2.0/token` };
}

function refused(description: string): TokenRefused {
  return new TokenRefused({ status: 403, error: 'invalid_client', description });
}
