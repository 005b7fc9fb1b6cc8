import { BlockList, isIP } from 'node:net';

/**
 * Whether a list of `NO_PROXY` lets a host past the proxy, as curl takes it, and with the stars and ports that
 * other programs take: `*` alone; a name, which stands for the names below it too, with a dot or `*.` before it or
 * without; an address or a range of addresses (`10.0.0.0/8`); each with a port, where it is for that alone.
 *
 * @param host as in a URL; an IPv6 address with or without its brackets
 * @param port the one that is connected to
 */
export function isPastProxy(noProxy: string, host: string, port: number): boolean {
  const name = plainHost(host);
  return noProxy
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .some((entry) => matches(entry.toLowerCase(), name, port));
}

function matches(entry: string, host: string, port: number): boolean {
  if (entry === '*') {
    return true;
  }
  const { name, port: only } = splitPort(entry);
  if (only !== undefined && only !== port) {
    return false;
  }
  if (name === '*') {
    return true;
  }
  const family = isIP(host);
  if (family !== 0) {
    return holdsAddress(name, host, family);
  }
  const domain = name.replace(/^\*?\./, '').replace(/\.$/, '');
  return domain !== '' && (host === domain || host.endsWith(`.${domain}`));
}

/** `[::1]:443`, `::1`, `10.0.0.0/8`, `name:443`. */
function splitPort(entry: string): { readonly name: string; readonly port?: number } {
  const bracketed = /^\[([^\]]*)\](?::(\d+))?$/.exec(entry);
  const [, name = entry, port] = bracketed ?? /^([^:]*):(\d+)$/.exec(entry) ?? [];
  return port === undefined ? { name } : { name, port: Number(port) };
}

function holdsAddress(entry: string, address: string, family: number): boolean {
  const [network = '', bits] = entry.split('/');
  if (isIP(network) !== family) {
    return false;
  }
  const list = new BlockList();
  const kind = family === 6 ? 'ipv6' : 'ipv4';
  const widest = family === 6 ? 128 : 32;
  const prefix = bits === undefined ? widest : /^\d+$/.test(bits) ? Number(bits) : Number.NaN;
  if (!(prefix <= widest)) {
    return false;
  }
  list.addSubnet(network, prefix, kind);
  return list.check(address, kind);
}

function plainHost(host: string): string {
  return host
    .toLowerCase()
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '');
}
