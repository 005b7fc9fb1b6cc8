/**
 * Whether a URL's host is this machine; `localhost` by name is loopback too (RFC 6761 §6.3). @param host as
 * `URL.hostname` has it
 */
export function isLoopbackHost(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(host);
}
