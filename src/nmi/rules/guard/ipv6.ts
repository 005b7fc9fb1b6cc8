/**
 * The spelling that nftables and the kernel print (RFC 5952). The argument must be an IPv6 address without a
 * zone.
 */
export function canonicalIpv6(address: string): string {
  return new URL(`http://[${address}]`).hostname.slice(1, -1);
}

/** The 128 bits of an address as `0x` and digits, as nftables prints a raw part of a packet. */
export function ipv6Number(address: string): string {
  const words = canonicalIpv6(address).split('::');
  const [head = [], tail = []] = words.map((part) => part.split(':').filter((word) => word !== ''));
  const filled = [...head, ...Array<string>(8 - head.length - tail.length).fill('0'), ...tail];
  return `0x${BigInt(`0x${filled.map((word) => word.padStart(4, '0')).join('')}`).toString(16)}`;
}

/** The link-local address that the kernel makes from a MAC (RFC 4291, appendix A). */
export function linkLocalOf(mac: string): string {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = mac.split(':').map((byte) => Number.parseInt(byte, 16));
  const words = [((a ^ 2) << 8) | b, (c << 8) | 0xff, 0xfe00 | d, (e << 8) | f];
  return canonicalIpv6(`fe80::${words.map((word) => word.toString(16)).join(':')}`);
}
