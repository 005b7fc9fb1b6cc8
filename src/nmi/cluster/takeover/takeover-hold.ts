import { createHash } from 'node:crypto';
import type {
  AzureIdentity,
  AzureIdentityBinding,
  AzurePodIdentityException,
} from '../../../domain/kubernetes/identity-resources.ts';
import type { WatchedKind } from '../../../domain/kubernetes/object-limits.ts';
import { holdText, type TakeoverHold, takeoverName } from '../../../domain/takeover/hold.ts';
import type { Clock } from '../../../domain/time/clock.ts';
import { type ApiConnection, ApiFailure } from '../../../k8s/client/api-connection.ts';
import type { Logger } from '../../../runtime/logger.ts';
import { createWake } from '../../../runtime/wake.ts';
import { type ReadHold, readHold } from '../../../validate/kubernetes/takeover-hold.ts';
import type { NamespacedIndex } from '../namespaced-index.ts';
import { createHeldKind, type HeldKind } from './held-kind.ts';
import { createKindPresence } from './kind-presence.ts';

/**
 * `holding`: all that is held is there, and would be served on without its kind. `differs`: what this agent sees is not
 * what is to be held. `serving`: of some objects only the hold knows. `refused`: what stands in the ConfigMap counts for
 * nothing.
 */
export type HoldState =
  | { readonly kind: 'none' }
  | { readonly kind: 'holding' | 'differs' | 'serving'; readonly sha256: string }
  | { readonly kind: 'refused'; readonly reason: string };

/** The hold of a takeover: kinds that go with the AKS add-on take nothing from pods. */
export interface TakeoverHolder {
  /** What the objects of each kind go through on their way into their index. */
  readonly kinds: HeldKinds;
  state(): HoldState;
  /** Whether a hold stands in for the list of this kind. */
  standsIn(kind: string): boolean;
  /** The API server answered so for a list or a watch of the kind. */
  onTrouble(kind: WatchedKind, error: unknown): void;
  /** Follows the ConfigMap until the signal is aborted. Never rejects. */
  run(signal: AbortSignal): Promise<void>;
}

export interface HeldKinds {
  readonly azureidentities: HeldKind<AzureIdentity>;
  readonly azureidentitybindings: HeldKind<AzureIdentityBinding>;
  readonly azurepodidentityexceptions: HeldKind<AzurePodIdentityException>;
}

export interface TakeoverHolderOptions {
  readonly connection: Pick<ApiConnection, 'getJson'>;
  /** Of the agent itself, where alone the ConfigMap is read; empty: none is held. */
  readonly namespace: string;
  readonly indexes: {
    readonly identities: NamespacedIndex<AzureIdentity>;
    readonly bindings: NamespacedIndex<AzureIdentityBinding>;
    readonly exceptions: NamespacedIndex<AzurePodIdentityException>;
  };
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Where there is no hold, which is nearly always: one small request of each node. */
const idleMs = 24_000;
/** While there is one: it ends soon after somebody deletes it. */
const holdingMs = 5_000;

export function createTakeoverHolder(options: TakeoverHolderOptions): TakeoverHolder {
  return new Holder(options);
}

class Holder implements TakeoverHolder {
  readonly kinds: HeldKinds;
  readonly #options: TakeoverHolderOptions;
  readonly #wake: ReturnType<typeof createWake>;
  readonly #ending = new AbortController();
  #hold: TakeoverHold | undefined;
  #refusal: string | undefined;

  constructor(options: TakeoverHolderOptions) {
    this.#options = options;
    this.#wake = createWake(options.clock);
    const presence = createKindPresence(options);
    const isThere = (kind: WatchedKind) => () => presence.isThere(kind, this.#ending.signal);
    const { identities, bindings, exceptions } = options.indexes;
    this.kinds = {
      azureidentities: createHeldKind({ index: identities, isThere: isThere('azureidentities') }),
      azureidentitybindings: createHeldKind({ index: bindings, isThere: isThere('azureidentitybindings') }),
      azurepodidentityexceptions: createHeldKind({
        index: exceptions,
        isThere: isThere('azurepodidentityexceptions'),
      }),
    };
  }

  state(): HoldState {
    if (this.#hold === undefined) {
      return this.#refusal === undefined ? { kind: 'none' } : { kind: 'refused', reason: this.#refusal };
    }
    const { sha256 } = this.#hold;
    if (Object.values(this.kinds).some(({ served }) => served > 0)) {
      return { kind: 'serving', sha256 };
    }
    const { identities, bindings, exceptions } = this.#options.indexes;
    const seen = sha256Of(
      holdText({
        identities: [...identities.all()],
        bindings: [...bindings.all()],
        exceptions: [...exceptions.all()],
      }),
    );
    return { kind: seen === sha256 ? 'holding' : 'differs', sha256: seen };
  }

  standsIn(kind: string): boolean {
    return this.#kindOf(kind)?.standsIn === true;
  }

  onTrouble(kind: WatchedKind, error: unknown): void {
    const held = this.#kindOf(kind);
    if (held !== undefined && error instanceof ApiFailure && error.status === 404) {
      held.lose();
      this.#wake.call();
    }
  }

  async run(signal: AbortSignal): Promise<void> {
    signal.addEventListener('abort', () => this.#ending.abort(signal.reason), { once: true });
    if (this.#options.namespace === '') {
      return;
    }
    while (!signal.aborted) {
      await this.#look(signal);
      await this.#wake.wait(this.#pauseMs(), signal).catch(() => undefined);
    }
  }

  #pauseMs(): number {
    const { clock } = this.#options;
    return this.#hold === undefined
      ? idleMs * (1 + clock.random() / 2)
      : Math.max(1, Math.min(holdingMs, this.#hold.untilMs - clock.now()));
  }

  async #look(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    const read = await this.#read(signal);
    if (read !== undefined) {
      this.#settle(read);
    }
    // By the clock alone, whatever the API server does not say.
    if (this.#hold !== undefined && this.#hold.untilMs <= clock.now()) {
      this.#release('its time is over');
    }
  }

  /** Undefined where the API server does not answer: what was held stays held. */
  async #read(signal: AbortSignal): Promise<ReadHold | undefined> {
    const { connection, namespace, clock } = this.#options;
    const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/configmaps/${takeoverName}`;
    try {
      const json = await connection.getJson(path, signal);
      return readHold(json, { namespace, nowMs: clock.now(), sha256: sha256Of });
    } catch (error) {
      // Whoever takes the right away, or the ConfigMap, ends the hold.
      const isAnswer = error instanceof ApiFailure && [401, 403, 404].includes(error.status);
      return isAnswer ? { kind: 'none' } : undefined;
    }
  }

  #settle(read: ReadHold): void {
    const { logger } = this.#options;
    if (read.kind !== 'refused') {
      this.#refusal = undefined;
    }
    if (read.kind === 'none') {
      this.#release('it was taken away');
      return;
    }
    if (read.kind === 'refused') {
      this.#release('it is refused');
      if (this.#refusal !== read.reason) {
        logger.warn({ reason: read.reason }, 'the hold of a takeover is refused');
      }
      this.#refusal = read.reason;
      return;
    }
    const { hold } = read;
    if (this.#hold?.sha256 === hold.sha256 && this.#hold.untilMs === hold.untilMs) {
      return;
    }
    const { identities, bindings, exceptions } = hold.resources;
    this.#hold = hold;
    this.kinds.azureidentities.take(identities);
    this.kinds.azureidentitybindings.take(bindings);
    this.kinds.azurepodidentityexceptions.take(exceptions);
    const until = new Date(hold.untilMs).toISOString();
    const counts = {
      identities: identities.length,
      bindings: bindings.length,
      exceptions: exceptions.length,
    };
    logger.info({ sha256: hold.sha256, until, ...counts }, 'holding the view for a takeover');
  }

  #release(why: string): void {
    if (this.#hold === undefined) {
      return;
    }
    this.#hold = undefined;
    for (const kind of Object.values(this.kinds)) {
      kind.release();
    }
    this.#options.logger.info({ why }, 'the hold of a takeover has ended');
  }

  #kindOf(kind: string): HeldKind<never> | undefined {
    return Object.hasOwn(this.kinds, kind) ? this.kinds[kind as keyof HeldKinds] : undefined;
  }
}

function sha256Of(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}
