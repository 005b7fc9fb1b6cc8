import { createPlaceCounts } from '../../runtime/fair-places.ts';
import { type HeldAnswer, isAlive, type Moment } from './cached-key.ts';
import { type NamespaceOf, ownNamespace, type TokenAnswer } from './token.ts';
import type { TokenRefused } from './token-error.ts';

export interface CacheBounds {
  readonly keys: number;
  readonly bytes: number;
  readonly keysPerAsker: number;
}

export interface CachedKey {
  readonly key: string;
  /** Who holds a share of it. Read by the queue while the key's call waits for its turn. */
  readonly askers: Set<string>;
  held?: HeldAnswer | undefined;
  failure?: { readonly refused: TokenRefused; readonly untilMs: number } | undefined;
  flight?: { readonly promise: Promise<TokenAnswer>; readonly abort: AbortController } | undefined;
  usedAt: number;
}

/**
 * The keys of the cache within its bounds. Each asker holds a share of at most `keysPerAsker` keys: one that
 * asks for a thousand resources pushes out its own. Where there are too many in all, the namespace that holds most
 * loses, and of it the pod that does. Keys with a call under way are never pushed out.
 */
export class BoundedKeys {
  readonly #bounds: CacheBounds;
  readonly #namespaceOf: NamespaceOf;
  readonly #keys = new Map<string, CachedKey>();
  readonly #shares = new Map<string, Set<CachedKey>>();
  #uses = 0;
  bytes = 0;

  constructor(bounds: CacheBounds, namespaceOf = ownNamespace) {
    this.#bounds = bounds;
    this.#namespaceOf = namespaceOf;
  }

  get size(): number {
    return this.#keys.size;
  }

  get(key: string): CachedKey | undefined {
    return this.#keys.get(key);
  }

  all(): Iterable<CachedKey> {
    return this.#keys.values();
  }

  touch(cached: CachedKey): void {
    this.#uses += 1;
    cached.usedAt = this.#uses;
  }

  /**
   * The key, now in the asker's share too. Undefined when a call is under way for every key of a full share.
   */
  claim(key: string, askerId: string): CachedKey | undefined {
    const found = this.#keys.get(key);
    if (found?.askers.has(askerId)) {
      this.touch(found);
      return found;
    }
    const share = this.#shares.get(askerId) ?? new Set();
    if (share.size >= this.#bounds.keysPerAsker && !this.#shrink(share, askerId)) {
      return undefined;
    }
    const cached = found ?? this.#add(key);
    cached.askers.add(askerId);
    share.add(cached);
    this.#shares.set(askerId, share);
    this.touch(cached);
    return cached;
  }

  hold(cached: CachedKey, held: HeldAnswer | undefined): void {
    if (this.#keys.get(cached.key) !== cached) {
      return;
    }
    this.bytes += (held?.bytes ?? 0) - (cached.held?.bytes ?? 0);
    cached.held = held;
    this.#makeRoom(cached);
  }

  /**
   * Takes the asker's share away. Keys that nobody else holds stay while they are good, first in line to be
   * pushed out.
   */
  release(askerId: string): CachedKey[] {
    const left: CachedKey[] = [];
    for (const cached of this.#shares.get(askerId) ?? []) {
      cached.askers.delete(askerId);
      if (cached.askers.size === 0) {
        left.push(cached);
      }
    }
    this.#shares.delete(askerId);
    return left;
  }

  drop(cached: CachedKey): void {
    if (this.#keys.get(cached.key) !== cached) {
      return;
    }
    this.#keys.delete(cached.key);
    this.bytes -= cached.held?.bytes ?? 0;
    for (const askerId of cached.askers) {
      this.#leaveShare(cached, askerId);
    }
  }

  /** Forgets what is of no use any more: ended tokens, failures whose time is over. */
  sweep(at: Moment): void {
    for (const cached of this.#keys.values()) {
      const alive = cached.held && isAlive(cached.held, at);
      const failing = cached.failure && cached.failure.untilMs > at.monotonicMs;
      if (!alive && !failing && !cached.flight) {
        this.drop(cached);
      }
    }
  }

  #add(key: string): CachedKey {
    const cached: CachedKey = { key, askers: new Set(), usedAt: 0 };
    this.#keys.set(key, cached);
    this.#makeRoom(cached);
    return cached;
  }

  #shrink(share: Set<CachedKey>, askerId: string): boolean {
    const oldest = leastUsed(share);
    if (!oldest) {
      return false;
    }
    this.#leaveShare(oldest, askerId);
    oldest.askers.delete(askerId);
    if (oldest.askers.size === 0) {
      this.drop(oldest);
    }
    return true;
  }

  #makeRoom(keep: CachedKey): void {
    while (this.#keys.size > this.#bounds.keys || this.bytes > this.#bounds.bytes) {
      const victim = this.#leastUsedOrphan() ?? leastUsed(this.#largestShare(), keep);
      if (!victim) {
        return;
      }
      this.drop(victim);
    }
  }

  #leastUsedOrphan(): CachedKey | undefined {
    const orphans = [...this.#keys.values()].filter(({ askers, held }) => askers.size === 0 && held);
    return leastUsed(orphans);
  }

  #largestShare(): Iterable<CachedKey> {
    const counts = createPlaceCounts();
    for (const [askerId, share] of this.#shares) {
      counts.add({ namespace: this.#namespaceOf(askerId), pod: askerId }, share.size);
    }
    return this.#shares.get(counts.most?.pod ?? '') ?? [];
  }

  #leaveShare(cached: CachedKey, askerId: string): void {
    const share = this.#shares.get(askerId);
    share?.delete(cached);
    if (share?.size === 0) {
      this.#shares.delete(askerId);
    }
  }
}

function leastUsed(keys: Iterable<CachedKey>, except?: CachedKey): CachedKey | undefined {
  let oldest: CachedKey | undefined;
  for (const cached of keys) {
    if (cached !== except && !cached.flight && (!oldest || cached.usedAt < oldest.usedAt)) {
      oldest = cached;
    }
  }
  return oldest;
}
