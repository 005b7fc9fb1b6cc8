import { isLoopbackHost } from './loopback-host.ts';

/** A service of Azure: the audiences of its tokens, the first of which SDKs ask for, and where it listens. */
interface TokenService {
  readonly audiences: readonly [string, ...string[]];
  /** A name, or `*.` and what it ends with. */
  readonly hosts: readonly string[];
}

/** Services that answer plain GETs, in the three clouds. Who is not in here gets a token only under its own name. */
const services: readonly TokenService[] = [
  arm('management.azure.com', 'https://management.core.windows.net'),
  arm('management.usgovcloudapi.net', 'https://management.core.usgovcloudapi.net'),
  arm('management.chinacloudapi.cn', 'https://management.core.chinacloudapi.cn'),
  ...['vault.azure.net', 'vault.usgovcloudapi.net', 'vault.azure.cn'].map(under),
  ...['managedhsm.azure.net', 'managedhsm.usgovcloudapi.net', 'managedhsm.azure.cn'].map(under),
  ...['database.windows.net', 'database.usgovcloudapi.net', 'database.chinacloudapi.cn'].map(under),
  {
    audiences: ['https://storage.azure.com/'],
    hosts: [
      'core.windows.net',
      'core.usgovcloudapi.net',
      'core.chinacloudapi.cn',
      'storage.azure.net',
    ].flatMap((cloud) => ['blob', 'dfs', 'file', 'queue', 'table'].map((kind) => `*.${kind}.${cloud}`)),
  },
  ...['graph.microsoft.com', 'graph.microsoft.us', 'microsoftgraph.chinacloudapi.cn'].map((host) => ({
    audiences: [`https://${host}`] as const,
    hosts: [host],
  })),
];

function arm(host: string, classic: string): TokenService {
  return { audiences: [`https://${host}/`, classic], hosts: [host, `*.${host}`] };
}

function under(host: string): TokenService {
  return { audiences: [`https://${host}`], hosts: [`*.${host}`] };
}

/**
 * The resource whose token a URL is opened with; undefined where its host does not tell.
 *
 * @param armEndpoint Azure Resource Manager on loopback: an emulator's
 */
export function resourceOfUrl(url: URL, armEndpoint: string | undefined): string | undefined {
  if (isArmOnLoopback(url, armEndpoint)) {
    return services[0]?.audiences[0];
  }
  return url.protocol === 'https:' ? serviceAt(url)?.audiences[0] : undefined;
}

/** Whether a token for the resource may be sent to the URL's host: to whom it is for, and to nobody else. */
export function takesTokensOf(url: URL, resource: string, armEndpoint: string | undefined): boolean {
  const isHttps = url.protocol === 'https:';
  if (!isHttps && !isLoopbackHost(url.hostname)) {
    return false;
  }
  const service = isArmOnLoopback(url, armEndpoint) ? services[0] : isHttps ? serviceAt(url) : undefined;
  if (service?.audiences.some((audience) => sameAudience(audience, resource))) {
    return true;
  }
  return URL.canParse(resource) && new URL(resource).origin === url.origin && url.origin !== 'null';
}

function serviceAt({ host }: URL): TokenService | undefined {
  return services.find(({ hosts }) =>
    hosts.some((name) => (name.startsWith('*.') ? host.endsWith(name.slice(1)) : host === name)),
  );
}

function isArmOnLoopback(url: URL, armEndpoint: string | undefined): boolean {
  return (
    armEndpoint !== undefined &&
    URL.canParse(armEndpoint) &&
    isLoopbackHost(url.hostname) &&
    new URL(armEndpoint).origin === url.origin
  );
}

function sameAudience(one: string, other: string): boolean {
  const bare = (audience: string) => audience.toLowerCase().replace(/\/$/, '');
  return bare(one) === bare(other);
}
