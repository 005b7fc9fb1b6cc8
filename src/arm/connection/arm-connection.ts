import {
  createDefaultHttpClient,
  createHttpHeaders,
  createPipelineFromOptions,
  createPipelineRequest,
  type HttpMethods,
  type Pipeline,
  type PipelineResponse,
  type ProxySettings,
  retryPolicy,
} from '@azure/core-rest-pipeline';
import type { TokenCredential } from '@azure/identity';
import { loopbackSignInCommand } from '../../domain/hints/emulator-command.ts';
import type { Clock } from '../../domain/time/clock.ts';
import { type ArmTokens, createArmTokens, signInPolicy } from '../sign-in/arm-tokens.ts';
import type { AzureSettings } from '../sign-in/azure-settings.ts';
import { type ArmAnswer, armAnswer } from './arm-answer.ts';
import { type ArmEndpoint, armEndpoint, refusedLoopbackPolicy } from './arm-endpoint.ts';
import type { ArmRequest } from './arm-request.ts';
import { debugPolicy } from './debug-policy.ts';
import { mapArmAnswer, mapArmError } from './map-arm-error.ts';
import { networkPolicy, unusedProxy } from './network-policy.ts';
import { retryReads } from './retry-reads.ts';
import { wholeAnswerPolicy } from './whole-answer-policy.ts';

/**
 * Whether the pipeline sends a request again by itself. Failed writes are reported to the caller, who knows
 * what a repeat would do.
 */
export type Retries = 'reads' | 'none';

/** What all adapters share: endpoint, sign-in, transient failures and the debug log. */
export interface ArmConnection {
  readonly endpoint: ArmEndpoint;
  readonly clock: Clock;
  /** Options for the constructor of any SDK client. */
  readonly clientOptions: {
    readonly endpoint: string;
    readonly userAgentOptions: { readonly userAgentPrefix: string };
    readonly proxyOptions: ProxySettings;
  };
  /** For the constructors alone; the sign-in is a policy. */
  readonly credential: TokenCredential;
  /** Gives the pipeline of an SDK client podid's policies in place of the SDK's own. */
  equip<Client extends { readonly pipeline: Pipeline }>(client: Client, retries: Retries): Client;
  /** Who is signed in, for messages. */
  caller(): string;
  /** Prints for `--verbose`. */
  verbose(text: string): void;
  /**
   * Runs an SDK call that fails by throwing.
   *
   * @throws PodidError, or the signal's reason
   */
  call<Result>(request: ArmRequest, signal: AbortSignal, run: () => Promise<Result>): Promise<Result>;
  /**
   * Runs an SDK call for the sake of its raw answer, so that nothing of it is lost or tripped over in the
   * SDK's models.
   *
   * @throws PodidError on anything but a 2xx, or the signal's reason
   */
  raw(
    request: ArmRequest,
    signal: AbortSignal,
    run: (onResponse: (response: RawResponse) => void) => Promise<unknown>,
  ): Promise<ArmAnswer>;
  /**
   * Gets what `about` says, again after a transient failure. Of an SDK's client a read would use the address
   * alone, and the client of clusters is a third of all that podid loads to list entries.
   *
   * @param url absolute, or a path below the endpoint
   * @throws PodidError on anything but a 2xx, or the signal's reason
   */
  read(url: string, about: ArmRequest, signal: AbortSignal): Promise<ArmAnswer>;
  /** Sends a request that no SDK client has, byte for byte; any answer is returned. @throws as `call` */
  send(request: RawRequest, signal: AbortSignal, retries?: Retries): Promise<ArmAnswer>;
}

export type RawResponse = Pick<PipelineResponse, 'status' | 'headers' | 'bodyAsText'>;

export interface RawRequest {
  readonly method: HttpMethods;
  /** Absolute, or a path below the endpoint. */
  readonly url: string;
  readonly about: ArmRequest;
  /** JSON. */
  readonly body?: string;
  /** Besides those that every request has. */
  readonly headers?: Readonly<Record<string, string>>;
}

const defaultTimeoutMs = 60_000;
const defaultReadRetries = { count: 3, firstMs: 800 };

/** @throws PodidError InvalidUsage when the endpoint or the token may not be used */
export function connectArm(settings: AzureSettings): ArmConnection {
  const endpoint = armEndpoint(settings);
  settings.network.isProxied(endpoint.url);
  const tokens = createArmTokens({
    signIn: () => signIn(settings),
    scope: settings.cloud.armScope,
    now: settings.clock.now,
  });
  const equip: ArmConnection['equip'] = (client, retries) => {
    equipPipeline(client.pipeline, settings, { endpoint, tokens, retries });
    return client;
  };
  const { signedIn } = tokens;
  const signIn401 = endpoint.isLoopback ? { signedIn, signInHint: loopbackSignInCommand } : { signedIn };
  const httpClient = createDefaultHttpClient();
  const userAgentOptions = { userAgentPrefix: settings.userAgent };
  const pipelineFor = (retries: Retries) =>
    equip({ pipeline: createPipelineFromOptions({ userAgentOptions, proxyOptions: unusedProxy }) }, retries)
      .pipeline;
  const send: ArmConnection['send'] = async (
    { method, url, about, body, headers },
    signal,
    retries = 'none',
  ) => {
    const request = createPipelineRequest({
      ...exactUrl(url.startsWith('/') ? endpoint.url + url : url),
      method,
      abortSignal: signal,
      headers: createHttpHeaders({
        ...headers,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      }),
      ...(body === undefined ? {} : { body }),
    });
    const pipeline = pipelineFor(retries);
    return armAnswer(await callArm(about, signal, () => pipeline.sendRequest(httpClient, request)));
  };
  return {
    endpoint,
    clock: settings.clock,
    clientOptions: { endpoint: endpoint.url, userAgentOptions, proxyOptions: unusedProxy },
    credential: { getToken: async () => null },
    equip,
    caller: tokens.caller,
    verbose: (text) => settings.verbose?.(text),
    call: (request, signal, run) => callArm({ ...request, ...signIn401 }, signal, run),
    raw: (request, signal, run) => rawCall({ ...request, ...signIn401 }, signal, run),
    async read(url, about, signal) {
      const hinted = { ...about, ...signIn401 };
      const answer = await send({ method: 'GET', url, about: hinted }, signal, 'reads');
      if (answer.status < 200 || answer.status >= 300) {
        throw mapArmAnswer(answer, hinted);
      }
      return answer;
    },
    send,
  };
}

/**
 * The URL class escapes some characters, such as `'`, which would spoil a signature: the path goes out as it
 * was written.
 */
function exactUrl(url: string): { url: string; requestOverrides: Record<string, unknown> } {
  const path = /^https?:\/\/[^/?#]+(\/[^#]*)/i.exec(url)?.[1];
  return { url, requestOverrides: path === undefined ? {} : { path } };
}

async function signIn(settings: AzureSettings): Promise<TokenCredential> {
  const { token } = settings;
  if (token !== undefined) {
    return { getToken: async () => ({ token, expiresOnTimestamp: Number.MAX_SAFE_INTEGER }) };
  }
  const { createCredential } = await import('../sign-in/credential.ts');
  if (settings.as === undefined) {
    return createCredential(settings);
  }
  const { principalSource } = await import('../sign-in/principal-source.ts');
  return createCredential(settings, principalSource(settings, settings.as));
}

function equipPipeline(
  pipeline: Pipeline,
  settings: AzureSettings,
  parts: { endpoint: ArmEndpoint; tokens: ArmTokens; retries: Retries },
): void {
  const replaced = [
    'bearerTokenAuthenticationPolicy',
    'redirectPolicy',
    'defaultRetryPolicy',
    'decompressResponsePolicy',
    'proxyPolicy',
  ];
  for (const name of replaced) {
    pipeline.removePolicy({ name });
  }
  const { count, firstMs } = settings.readRetries ?? defaultReadRetries;
  if (parts.retries === 'reads') {
    const { random, now } = settings.clock;
    const report = (text: string) => settings.verbose?.(text);
    pipeline.addPolicy(retryPolicy([retryReads({ firstMs, random, now, report })], { maxRetries: count }), {
      phase: 'Retry',
    });
  }
  if (parts.endpoint.isLoopback) {
    pipeline.addPolicy(refusedLoopbackPolicy(parts.endpoint), { afterPhase: 'Sign' });
  }
  pipeline.addPolicy(signInPolicy(parts.tokens, parts.endpoint), { phase: 'Sign' });
  if (settings.debug !== undefined) {
    pipeline.addPolicy(debugPolicy(settings.debug), { afterPhase: 'Sign' });
  }
  pipeline.addPolicy(networkPolicy(settings.network), { afterPhase: 'Sign' });
  pipeline.addPolicy(wholeAnswerPolicy(settings.requestTimeoutMs ?? defaultTimeoutMs), {
    afterPhase: 'Sign',
  });
}

async function callArm<Result>(
  request: ArmRequest,
  signal: AbortSignal,
  run: () => Promise<Result>,
): Promise<Result> {
  signal.throwIfAborted();
  try {
    return await run();
  } catch (error) {
    signal.throwIfAborted();
    throw mapArmError(error, request);
  }
}

async function rawCall(
  request: ArmRequest,
  signal: AbortSignal,
  run: (onResponse: (response: RawResponse) => void) => Promise<unknown>,
): Promise<ArmAnswer> {
  signal.throwIfAborted();
  let answer: ArmAnswer | undefined;
  const keep = (response: RawResponse) => {
    answer = armAnswer(response);
  };
  const failure = await run(keep).then(
    () => undefined,
    (error: unknown) => error ?? new Error('The SDK failed without a reason.'),
  );
  if (answer === undefined) {
    signal.throwIfAborted();
    throw mapArmError(failure, request);
  }
  if (answer.status < 200 || answer.status >= 300) {
    throw mapArmAnswer(answer, request);
  }
  // The SDK's models may trip over a 2xx that is whole; a broken one is never kept as whole.
  if (failure !== undefined && !isWhole(answer)) {
    throw mapArmError(failure, request);
  }
  return answer;
}

function isWhole(answer: ArmAnswer): boolean {
  try {
    JSON.parse(answer.text);
    return true;
  } catch {
    return false;
  }
}
