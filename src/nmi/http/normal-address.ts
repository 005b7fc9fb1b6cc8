import { isIPv4 } from 'node:net';

/**
 * One spelling per address: an IPv4 address mapped into IPv6, as sockets on both families report it, is the
 * IPv4 address.
 */
export function normalAddress(address: string): string {
  if (!address.includes(':')) {
    return address;
  }
  const mapped = address.slice(address.lastIndexOf(':') + 1);
  return /^::ffff:/i.test(address) && isIPv4(mapped) ? mapped : address.toLowerCase();
}

/** `127.0.0.0/8` or `::1`. */
export function isLoopback(address: string): boolean {
  return address === '::1' || (isIPv4(address) && address.startsWith('127.'));
}
