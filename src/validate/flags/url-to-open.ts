import { isLoopbackHost } from '../../domain/azure/loopback-host.ts';
import type { UrlToOpen } from '../../domain/azure/metadata-service.ts';
import { resourceOfUrl, takesTokensOf } from '../../domain/azure/token-hosts.ts';
import { quoted, type UsageFaults } from '../usage-faults.ts';

const flag = '--get';
/** Where every document has the metadata service, whatever stands in its place here. */
const metadataHost = '169.254.169.254';
/** What describes the machine. Everything else there hands out tokens or credentials, which nobody may print. */
const describing = /^\/metadata\/(?:versions|instance(?:\/[a-z0-9/-]*)?|loadbalancer)$/i;

export interface UrlContext {
  /** Of `--resource`; undefined: as the URL's host says. */
  readonly resource: string | undefined;
  /** Base of the metadata service that is asked. */
  readonly endpoint: string;
  /** `PODID_ARM_ENDPOINT`: counts where it is on loopback. */
  readonly armEndpoint: string | undefined;
  /** The token comes from an emulator, which is then Azure Resource Manager, too. */
  readonly emulated: boolean;
}

export interface OpenRequest {
  readonly open: UrlToOpen;
  /** Whose token it takes; undefined: any. */
  readonly resource: string | undefined;
}

/** What `--get` asks for; the next `checkUsage` reports why it may not. */
export function urlToOpen(text: string, context: UrlContext, faults: UsageFaults): OpenRequest | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    faults.add(
      flag,
      `${flag}: ${quoted(text)} is not a URL such as https://management.azure.com/subscriptions.`,
    );
    return undefined;
  }
  if (url.username !== '' || url.password !== '' || url.hash !== '') {
    faults.add(
      flag,
      `${flag}: ${quoted(shownUrl(url))} is not a URL without a user, a password and a part after #.`,
    );
    return undefined;
  }
  if (url.host === metadataHost || (isMetadataPath(url) && url.origin === originOf(context.endpoint))) {
    return metadataRequest(url, context, faults);
  }
  if (url.protocol === 'http:' && !isLoopbackHost(url.hostname)) {
    faults.add(flag, `${flag}: ${quoted(shownUrl(url))} is not https: podid sends no token in plain text.`);
    return undefined;
  }
  return tokenRequest(atEmulator(url, context), context, faults);
}

function metadataRequest(url: URL, { resource }: UrlContext, faults: UsageFaults): OpenRequest | undefined {
  if (!describing.test(url.pathname)) {
    faults.add(
      flag,
      `${flag}: ${quoted(shownUrl(url))} is not a page of the metadata service that podid prints: those are /metadata/instance and what is below it, /metadata/versions and /metadata/loadbalancer; others hold tokens.`,
    );
    return undefined;
  }
  return {
    open: { kind: 'metadata', target: `${url.pathname}${url.search}`, shown: shownUrl(url) },
    resource,
  };
}

function tokenRequest(
  { url, shown }: { readonly url: URL; readonly shown: string },
  { resource: given, armEndpoint }: UrlContext,
  faults: UsageFaults,
): OpenRequest | undefined {
  const resource = given ?? resourceOfUrl(url, armEndpoint);
  if (resource === undefined) {
    faults.add(
      flag,
      `${flag}: podid does not know which resource's tokens ${url.host} takes. Give it by --resource, which then has to be a URL of that host.`,
    );
    return undefined;
  }
  if (!takesTokensOf(url, resource, armEndpoint)) {
    faults.add(
      flag,
      `${flag}: ${url.host} is not a host of ${quoted(resource)}, so podid sends no token for that to it.`,
    );
    return undefined;
  }
  return { open: { kind: 'with the token', url, shown }, resource };
}

/** An emulator's tokens open nothing of Azure's, and what is written of Azure Resource Manager holds for its own. */
function atEmulator(url: URL, { emulated, armEndpoint }: UrlContext): { url: URL; shown: string } {
  const shown = shownUrl(url);
  const isArm = emulated && url.host === 'management.azure.com' && armEndpoint !== undefined;
  return { url: isArm ? new URL(`${url.pathname}${url.search}`, armEndpoint) : url, shown };
}

function isMetadataPath({ pathname }: URL): boolean {
  return /^\/metadata(?:\/|$)/i.test(pathname);
}

function originOf(text: string): string | undefined {
  return URL.canParse(text) ? new URL(text).origin : undefined;
}

/** Without the query, in which signatures stand, and without a password. */
function shownUrl({ protocol, host, pathname }: URL): string {
  return `${protocol}//${host}${pathname}`;
}
