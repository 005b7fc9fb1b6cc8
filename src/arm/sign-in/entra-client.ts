import { globalAgent as plainAgent } from 'node:http';
import { globalAgent } from 'node:https';
import {
  createDefaultHttpClient,
  type HttpClient,
  isRestError,
  type PipelineRequest,
  type PipelineResponse,
  RestError,
} from '@azure/core-rest-pipeline';
import { advice, command } from '../../errors/hint.ts';
import { PodidError } from '../../errors/podid-error.ts';
import type { NetworkFault } from '../../network/explain-network-fault.ts';
import type { Network } from '../../network/network.ts';
import { unusedProxy } from '../connection/network-policy.ts';
import type { ProxyOnTheWay } from '../connection/web-page.ts';
import type { AzureSettings } from './azure-settings.ts';
import { clouds } from './clouds.ts';

/** The last request that a sign-in sent, and what became of it. */
export interface Exchange {
  /** With its port, where it is not the usual one. */
  readonly host: string;
  readonly status?: number;
  readonly body?: string;
  /** `Retry-After` and the like. */
  readonly headers?: { get(name: string): string | undefined };
  /** By which it came. */
  readonly proxy?: ProxyOnTheWay | undefined;
  /** Nothing came back. */
  readonly fault?: NetworkFault & { readonly code: string };
}

export interface EntraClient {
  /** Options of every credential of the SDK that talks to Entra or to a metadata service. */
  readonly options: ReturnType<typeof entraOptions> & {
    readonly httpClient: HttpClient;
    readonly authorityHost: string;
    readonly disableInstanceDiscovery: boolean;
  };
  /** Undefined: nothing was sent since `forget`. */
  exchange(): Exchange | undefined;
  forget(): void;
}

const defaultTimeoutMs = 60_000;

/**
 * What the SDK's credentials send their requests by. They report of a failure what their wrappers make of it, often
 * neither status nor reason, so the last exchange is kept; and the way out is the environment's.
 */
export function createEntraClient(settings: AzureSettings): EntraClient {
  const client = createDefaultHttpClient();
  let last: Exchange | undefined;
  const httpClient: HttpClient = {
    async sendRequest(request) {
      const { host, protocol } = new URL(request.url);
      // A metadata service is on this machine's own link; no proxy leads there.
      request.agent =
        protocol === 'http:' ? plainAgent : ((await settings.network.agentFor(request.url)) ?? globalAgent);
      try {
        const response = await inTime(client, request, settings.requestTimeoutMs ?? defaultTimeoutMs);
        last = {
          host,
          status: response.status,
          body: response.bodyAsText ?? '',
          headers: response.headers,
          proxy: settings.network.proxyFor(request.url),
        };
        return response;
      } catch (error) {
        const code = isRestError(error) ? (error.code ?? '') : '';
        last = { host, fault: { ...(await settings.network.explain(error, request.url)), code } };
        throw error;
      }
    },
  };
  return {
    options: {
      ...entraOptions(settings),
      httpClient,
      // Read where a credential is made that needs them: a managed identity asks no authority.
      get authorityHost() {
        return authorityHostOf(settings);
      },
      get disableInstanceDiscovery() {
        return !isKnownAuthority(authorityHostOf(settings));
      },
    },
    exchange: () => last,
    forget: () => {
      last = undefined;
    },
  };
}

/**
 * The one for managed identities: the library keeps the first way out that it was given for all that come later, so
 * theirs is the same for all who share a network.
 */
export function metadataClient(settings: AzureSettings): EntraClient {
  const client = metadataClients.get(settings.network) ?? createEntraClient(settings);
  metadataClients.set(settings.network, client);
  return client;
}

const metadataClients = new WeakMap<Network, EntraClient>();

/** From the start to the last byte; the SDK knows no limit of its own. */
async function inTime(client: HttpClient, request: PipelineRequest, ms: number): Promise<PipelineResponse> {
  const outer = request.abortSignal as AbortSignal | undefined;
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), ms);
  request.abortSignal = outer === undefined ? limit.signal : AbortSignal.any([outer, limit.signal]);
  try {
    return await client.sendRequest(request);
  } catch (error) {
    if (limit.signal.aborted && !outer?.aborted) {
      // Not a code that the SDK would send again for: a minute is long enough.
      throw new RestError(`no answer within ${ms / 1000} s`, { code: 'PODID_TIMED_OUT', request });
    }
    throw error;
  } finally {
    clearTimeout(timer);
    if (outer === undefined) {
      delete request.abortSignal;
    } else {
      request.abortSignal = outer;
    }
  }
}

function entraOptions(settings: AzureSettings) {
  const { count, firstMs } = settings.readRetries ?? { count: 3, firstMs: 1000 };
  return {
    proxyOptions: unusedProxy,
    retryOptions: { maxRetries: count, retryDelayInMs: firstMs },
    ...(settings.tenantId === undefined
      ? {}
      : { tenantId: settings.tenantId, additionallyAllowedTenants: [settings.tenantId] }),
  };
}

/**
 * Where to sign in. The library sends nothing over plain http, and does not say which setting names such an address.
 * @throws PodidError InvalidUsage
 */
export function authorityHostOf({
  environment,
  cloud,
}: Pick<AzureSettings, 'environment' | 'cloud'>): string {
  const host = environment['AZURE_AUTHORITY_HOST'];
  if (!host) {
    return cloud.authorityHost;
  }
  if (!URL.canParse(host) || new URL(host).protocol !== 'https:') {
    throw new PodidError(
      'InvalidUsage',
      `AZURE_AUTHORITY_HOST must begin with https://, and is ${JSON.stringify(host)}.`,
      {
        hint: advice`${command('unset AZURE_AUTHORITY_HOST')}  # signs in at the cloud's own address; or set it to https://HOST`,
      },
    );
  }
  return host;
}

/** Entra's own hosts are known to the library; for any other it must not ask the public one about them. */
function isKnownAuthority(host: string): boolean {
  return Object.values(clouds).some((cloud) => cloud.authorityHost === host.replace(/\/+$/, ''));
}
