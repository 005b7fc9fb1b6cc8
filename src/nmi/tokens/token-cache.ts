import type { Clock } from '../../domain/time/clock.ts';
import { untilAborted, withinTime } from '../../domain/time/time-limit.ts';
import { BoundedKeys, type CacheBounds, type CachedKey } from './bounded-keys.ts';
import {
  cacheKey,
  grantAnew,
  type HeldAnswer,
  holdAnswer,
  isAlive,
  isAnewDue,
  isGood,
  isLate,
  isRenewalDue,
  type Moment,
} from './cached-key.ts';
import {
  type CredentialTags,
  type NamespaceOf,
  signsInItself,
  sourceNameOf,
  type TokenAnswer,
  type TokenQuestion,
  type TokenSource,
  type UpstreamSource,
} from './token.ts';
import { gone, remembered, shareFull, TokenRefused } from './token-error.ts';
import { silentTokenMetrics, type TokenMetrics } from './token-metrics.ts';

export interface TokenSources {
  readonly imds: UpstreamSource;
  readonly entra: UpstreamSource;
  readonly exchange: UpstreamSource;
}

export interface TokenCacheOptions {
  readonly sources: TokenSources;
  readonly credentials: CredentialTags;
  readonly clock: Clock;
  readonly metrics?: TokenMetrics;
  readonly bounds?: CacheBounds;
  readonly namespaceOf?: NamespaceOf;
}

export interface TokenCache extends TokenSource {
  /**
   * The cached answer for an asker that was answered before, at the price of one lookup; undefined when
   * `token` has to be asked. Whether the asker may have it is the caller's to decide, each time anew.
   */
  peek(question: TokenQuestion): TokenAnswer | undefined;
  /** The same for a question that is asked again and again. */
  peeking(question: TokenQuestion): () => TokenAnswer | undefined;
  /** To be called for every pod that is gone: nothing is renewed for it any more. */
  forget(askerId: string): void;
  /** Aborts what is under way. */
  close(): void;
}

const defaultBounds: CacheBounds = { keys: 4_000, bytes: 16 * 1024 * 1024, keysPerAsker: 50 };
const failureMemoryMs = 5_000;
const longestFailureMemoryMs = 60_000;
const renewalPauseMs = 20_000;
/** How long a request waits for a renewal that would spare it a token near its end. */
const renewalTimeoutMs = 2_000;
const sweepEveryMs = 60_000;

/** One call upstream at a time for each key, shared by all who wait; tokens live in memory alone. */
export function createTokenCache(options: TokenCacheOptions): TokenCache {
  return new Cache(options);
}

class Cache implements TokenCache {
  readonly #options: TokenCacheOptions;
  readonly #metrics: TokenMetrics;
  readonly #keys: BoundedKeys;
  #sweptAtMs: number;

  constructor(options: TokenCacheOptions) {
    this.#options = options;
    this.#metrics = options.metrics ?? silentTokenMetrics();
    this.#keys = new BoundedKeys(options.bounds ?? defaultBounds, options.namespaceOf);
    this.#sweptAtMs = options.clock.monotonic();
  }

  peek(question: TokenQuestion): TokenAnswer | undefined {
    return this.#peekAt(this.#knownKey(question), question);
  }

  peeking(question: TokenQuestion): () => TokenAnswer | undefined {
    if (signsInItself(question.subject)) {
      return () => this.peek(question);
    }
    const key = cacheKey(question);
    return () => this.#peekAt(key, question);
  }

  #peekAt(key: string | undefined, question: TokenQuestion): TokenAnswer | undefined {
    const cached = key === undefined ? undefined : this.#keys.get(key);
    if (!cached?.held || !cached.askers.has(question.askerId)) {
      return undefined;
    }
    const at = this.#moment();
    const { held } = cached;
    if (!isGood(held, at) || isLate(held, at) || isAnewDue(held, question.asksAnew, at)) {
      return undefined;
    }
    this.#keys.touch(cached);
    this.#metrics.hit();
    this.#renewWhenDue(cached, held, question, at);
    return held.answer;
  }

  async token(question: TokenQuestion, signal: AbortSignal): Promise<TokenAnswer> {
    signal.throwIfAborted();
    const key = this.#knownKey(question) ?? (await this.#readKey(question, signal));
    const cached = this.#claim(key, question.askerId);
    const held =
      (await this.#fromMemory(cached, question, signal)) ??
      (await this.#nearItsEnd(cached, question, signal));
    // Claimed again: while this request waited, the key may have been pushed out.
    return held ?? untilAborted(this.#fromUpstream(this.#claim(key, question.askerId), question), signal);
  }

  forget(askerId: string): void {
    for (const cached of this.#keys.release(askerId)) {
      cached.flight?.abort.abort(gone());
      if (!cached.held) {
        this.#keys.drop(cached);
      }
    }
    this.#count();
  }

  close(): void {
    for (const cached of this.#keys.all()) {
      cached.flight?.abort.abort(gone());
    }
  }

  #knownKey(question: TokenQuestion): string | undefined {
    const { subject } = question;
    if (!signsInItself(subject)) {
      return cacheKey(question);
    }
    const tag = this.#options.credentials.known(subject);
    return tag === undefined ? undefined : cacheKey(question, tag);
  }

  async #readKey(question: TokenQuestion, signal: AbortSignal): Promise<string> {
    const { subject } = question;
    return signsInItself(subject)
      ? cacheKey(question, await this.#options.credentials.read(subject, signal))
      : cacheKey(question);
  }

  #claim(key: string, askerId: string): CachedKey {
    const cached = this.#keys.claim(key, askerId);
    if (!cached) {
      this.#metrics.refused('share-full');
      throw shareFull();
    }
    return cached;
  }

  /** The held answer while it is good. Near its end, a renewal gets a moment to replace it first. */
  async #fromMemory(
    cached: CachedKey,
    question: TokenQuestion,
    signal: AbortSignal,
  ): Promise<TokenAnswer | undefined> {
    const held = this.#goodAnswer(cached);
    if (!held) {
      return undefined;
    }
    if (isAnewDue(held, question.asksAnew, this.#moment())) {
      grantAnew(held, this.#moment());
      return undefined;
    }
    this.#renewWhenDue(cached, held, question);
    const { flight } = cached;
    if (flight && isLate(held, this.#moment())) {
      const limit = { clock: this.#options.clock, ms: renewalTimeoutMs };
      await withinTime(limit, signal, () => flight.promise).catch(() => signal.throwIfAborted());
    }
    const now = this.#goodAnswer(cached);
    if (now) {
      this.#metrics.hit();
    }
    return now?.answer;
  }

  /**
   * In its last minutes a token is given out where no new one is to be had: who is there to renew it may be away, slow, or
   * have asked to be left alone.
   */
  async #nearItsEnd(
    cached: CachedKey,
    question: TokenQuestion,
    signal: AbortSignal,
  ): Promise<TokenAnswer | undefined> {
    if (
      cached.held === undefined ||
      question.asksAnew !== undefined ||
      !isAlive(cached.held, this.#moment())
    ) {
      return undefined;
    }
    const isPaused = (cached.failure?.untilMs ?? 0) > this.#options.clock.monotonic();
    if (!isPaused) {
      const flight = this.#fromUpstream(cached, question);
      const limit = { clock: this.#options.clock, ms: renewalTimeoutMs };
      const renewed = await withinTime(limit, signal, () => flight).catch(() => signal.throwIfAborted());
      if (renewed !== undefined) {
        return renewed;
      }
    }
    if (cached.held === undefined || !isAlive(cached.held, this.#moment())) {
      return undefined;
    }
    this.#metrics.hit();
    return cached.held.answer;
  }

  #fromUpstream(cached: CachedKey, question: TokenQuestion): Promise<TokenAnswer> {
    if (cached.flight) {
      this.#metrics.shared();
      return cached.flight.promise;
    }
    const { failure } = cached;
    const remainingMs = failure ? failure.untilMs - this.#options.clock.monotonic() : 0;
    if (failure && remainingMs > 0) {
      this.#metrics.refused('remembered');
      throw remembered(failure.refused, remainingMs);
    }
    this.#metrics.miss();
    return this.#fly(cached, question);
  }

  #renewWhenDue(cached: CachedKey, held: HeldAnswer, question: TokenQuestion, at = this.#moment()): void {
    if (cached.flight || !isRenewalDue(held, at)) {
      return;
    }
    this.#fly(cached, question).then(
      () => this.#metrics.renewal('renewed'),
      () => this.#metrics.renewal('failed'),
    );
  }

  #fly(cached: CachedKey, question: TokenQuestion): Promise<TokenAnswer> {
    const abort = new AbortController();
    const promise = this.#fetch(cached, question, abort.signal).finally(() => {
      cached.flight = undefined;
      this.#sweepNowAndThen();
      this.#count();
    });
    // Whoever waits hears of a failure; a renewal may have nobody who does.
    promise.catch(() => {});
    cached.flight = { promise, abort };
    return promise;
  }

  async #fetch(cached: CachedKey, question: TokenQuestion, signal: AbortSignal): Promise<TokenAnswer> {
    const source = this.#options.sources[sourceNameOf(question.subject)];
    try {
      const issued = await source.fetch({ question, askers: cached.askers }, signal);
      cached.failure = undefined;
      this.#keys.hold(cached, holdAnswer(issued, this.#moment(), this.#options.clock.random()));
      return issued.answer;
    } catch (error) {
      this.#remember(cached, error);
      throw error;
    }
  }

  #remember(cached: CachedKey, error: unknown): void {
    const now = this.#options.clock.monotonic();
    const refused = error instanceof TokenRefused ? error : undefined;
    const askedForMs = (refused?.retryAfterSec ?? 0) * 1000;
    if (cached.held) {
      const pauseMs = renewalPauseMs * (1 + this.#options.clock.random() / 2);
      const againMs = now + Math.min(longestFailureMemoryMs, Math.max(pauseMs, askedForMs));
      // What a caller wanted anew may not have been due.
      cached.held.renewFromMs = Math.max(cached.held.renewFromMs, againMs);
    }
    if (refused?.holdsForOthers) {
      this.#metrics.refused('upstream');
      const memoryMs = Math.min(longestFailureMemoryMs, askedForMs || failureMemoryMs);
      cached.failure = { refused, untilMs: now + memoryMs };
    }
  }

  #goodAnswer(cached: CachedKey): HeldAnswer | undefined {
    return cached.held && isGood(cached.held, this.#moment()) ? cached.held : undefined;
  }

  #moment(): Moment {
    return { wallMs: this.#options.clock.now(), monotonicMs: this.#options.clock.monotonic() };
  }

  #sweepNowAndThen(): void {
    const at = this.#moment();
    if (at.monotonicMs >= this.#sweptAtMs + sweepEveryMs) {
      this.#sweptAtMs = at.monotonicMs;
      this.#keys.sweep(at);
    }
  }

  #count(): void {
    this.#metrics.cached(this.#keys.size, this.#keys.bytes);
  }
}
