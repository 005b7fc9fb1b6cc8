/** The sign-in hosts of Azure's public clouds, old names included. */
export const entraHosts: ReadonlySet<string> = new Set([
  'login.microsoftonline.com',
  'login.microsoft.com',
  'login.windows.net',
  'login.microsoftonline.us',
  'login-us.microsoftonline.com',
  'login.partner.microsoftonline.cn',
  'login.chinacloudapi.cn',
]);

/** Whether an address is one of Entra's, or of a host that the operator trusts as much. */
export function isEntraAddress(address: string, allowedHosts: readonly string[]): boolean {
  return allowedEntraHost(address, allowedHosts) !== undefined;
}

/** Its host, with its port where it has one; undefined for whatever no token or secret may be sent to. */
export function allowedEntraHost(address: string, allowedHosts: readonly string[]): string | undefined {
  const host = hostOf(address);
  return host !== undefined && (entraHosts.has(host) || allowedHosts.includes(host)) ? host : undefined;
}

function hostOf(adEndpoint: string): string | undefined {
  if (!URL.canParse(adEndpoint)) {
    return undefined;
  }
  const { protocol, host, username, password, pathname, search, hash } = new URL(adEndpoint);
  const plain = username === '' && password === '' && pathname === '/' && search === '' && hash === '';
  return protocol === 'https:' && plain ? host : undefined;
}
