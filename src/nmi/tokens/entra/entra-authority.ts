import { TokenRefused } from '../token-error.ts';

export interface EntraAuthority {
  readonly host: string;
  /** `https://login.microsoftonline.com/TENANT` */
  readonly url: string;
  readonly tokenEndpoint: string;
}

/** The sign-in hosts of Azure's public clouds, old names included. */
const knownHosts: ReadonlySet<string> = new Set([
  'login.microsoftonline.com',
  'login.microsoft.com',
  'login.windows.net',
  'login.microsoftonline.us',
  'login-us.microsoftonline.com',
  'login.partner.microsoftonline.cn',
  'login.chinacloudapi.cn',
]);

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
  const host = hostOf(adEndpoint || 'https://login.microsoftonline.com/');
  if (host === undefined || !(knownHosts.has(host) || allowedHosts.includes(host))) {
    throw refused(
      'The adEndpoint of the identity is not an https address of a known Azure cloud or of an allowed host.',
    );
  }
  const url = `https://${host}/${tenantId}`;
  return { host, url, tokenEndpoint: `${url}/oauth2/v2.0/token` };
}

function hostOf(adEndpoint: string): string | undefined {
  if (!URL.canParse(adEndpoint)) {
    return undefined;
  }
  const { protocol, host, username, password, pathname, search, hash } = new URL(adEndpoint);
  const plain = username === '' && password === '' && pathname === '/' && search === '' && hash === '';
  return protocol === 'https:' && plain ? host : undefined;
}

function refused(description: string): TokenRefused {
  return new TokenRefused({ status: 403, error: 'invalid_client', description });
}
