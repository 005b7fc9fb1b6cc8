import { advice, type Hint, othersText } from '../../errors/hint.ts';
import type { NamedProxy } from '../../network/proxy-choice.ts';

/** A proxy on the way to where something was asked. */
export type ProxyOnTheWay = Pick<NamedProxy, 'origin' | 'from'>;

/** Whether an answer is for a browser: neither Azure nor Entra sends one. */
export function isWebPage(body: string): boolean {
  return body.trimStart().startsWith('<');
}

/** What the page says of itself, and by which proxy it came: ` (Log on), HTTP 200, through the proxy …`. */
export function pageFacts(body: string, status: number, proxy: ProxyOnTheWay | undefined): string {
  const title = /<title[^>]*>([^<]{1,200})/i.exec(body)?.[1]?.trim().replace(/\s+/g, ' ') ?? '';
  const through = proxy === undefined ? '' : `, through the proxy ${proxy.origin}`;
  return `${title === '' ? '' : ` (${title})`}, HTTP ${status}${through}`;
}

/** @param asked whose place was taken: a host, or `Azure` */
export function pageHint(asked: string, proxy: ProxyOnTheWay | undefined): Hint {
  const where =
    proxy === undefined
      ? advice`there`
      : advice`at ${othersText(proxy.origin)}, which ${othersText(proxy.from)} names`;
  return advice`A proxy or a network that wants a sign-in of its own may have answered in place of ${othersText(asked)}; look ${where}.`;
}
