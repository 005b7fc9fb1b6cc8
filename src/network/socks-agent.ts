import { SocksProxyAgent } from 'socks-proxy-agent';

/**
 * Loaded only where a proxy speaks SOCKS. The package has no ES module: imported while podid runs, it would have a
 * default alone once it is bundled.
 */
export function socksAgent(url: URL): SocksProxyAgent {
  return new SocksProxyAgent(url);
}
