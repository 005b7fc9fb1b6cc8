import type { MachineFault } from '../../domain/azure/machine-fault.ts';

/** What a refused change means for what comes next. */
export type Judgement =
  /** Another operation runs on the machine. */
  | { readonly kind: 'busy' }
  /** The machine changed between reading and writing. */
  | { readonly kind: 'stale' }
  | { readonly kind: 'throttled'; readonly whom: 'machine' | 'all'; readonly waitMs: number }
  /** Some of the identities cannot be put there; `keys` is empty where Azure does not name them. */
  | { readonly kind: 'bad-identities'; readonly keys: readonly string[]; readonly message: string }
  /** Nobody may change the machine, or podid may not. `missing`: what to ask an owner for. */
  | { readonly kind: 'forbidden'; readonly message: string }
  | { readonly kind: 'gone' }
  | { readonly kind: 'transient'; readonly message: string };

const usualThrottleMs = 30_000;
const aboutIdentities = ['LinkedAuthorizationFailed', 'FailedIdentityOperation'];
const closed = ['ScopeLocked', 'DenyAssignmentAuthorizationFailed', 'AuthorizationFailed'];

/**
 * By status and code. Azure's words decide two things alone: which of the identities that were sent they
 * name, and whether the identity service was throttled behind Compute's own answer.
 *
 * @param sent ids of the identities that the change was to add, in lower case
 */
export function judgeMachineFault(fault: MachineFault, sent: readonly string[]): Judgement {
  const { status, code } = fault;
  const message = sentenceOf(fault);
  const words = withoutNames(fault.message, sent);
  if (status === 429 || (code === 'FailedIdentityOperation' && throttleWords.test(words))) {
    return throttled(fault, words);
  }
  if (status === 412) {
    return { kind: 'stale' };
  }
  if (aboutIdentities.includes(code)) {
    return { kind: 'bad-identities', keys: namedIn(fault, sent), message };
  }
  if (status === 403 && namedIn(fault, sent).length > 0) {
    return refused(fault, sent);
  }
  if (closed.includes(code) || code.startsWith('RequestDisallowedBy')) {
    return { kind: 'forbidden', message };
  }
  if (status === 404) {
    return isAboutIdentity(fault) ? refused(fault, sent) : { kind: 'gone' };
  }
  if (status === 409) {
    return { kind: 'busy' };
  }
  return [400, 403, 422].includes(status) ? refused(fault, sent) : { kind: 'transient', message };
}

/**
 * An answer that is about none of the identities by its code may be about one by its words, or in words of Azure's own. So
 * what was to be added is tried in parts: a machine must not stand still for an id that somebody has made up.
 */
function refused(fault: MachineFault, sent: readonly string[]): Judgement {
  const keys = namedIn(fault, sent);
  const message = sentenceOf(fault);
  return sent.length > 0 ? { kind: 'bad-identities', keys, message } : { kind: 'forbidden', message };
}

/** Of a machine that is gone, no answer names the type of an identity. */
function isAboutIdentity({ message, innermost }: MachineFault): boolean {
  return /userAssignedIdentities/i.test(`${message} ${innermost.message}`);
}

function throttled(fault: MachineFault, words: string): Judgement {
  const isOfAll = /subscription|tenant/i.test(`${fault.code} ${fault.innermost.code}`);
  const named = /retry after (\d{1,5}) seconds?/i.exec(words)?.[1];
  const waitMs = fault.retryAfterMs ?? (named === undefined ? usualThrottleMs : Number(named) * 1000);
  return { kind: 'throttled', whom: isOfAll ? 'all' : 'machine', waitMs };
}

/** `FailedIdentityOperation` around a 429 of the identity service (aad-pod-identity #676). */
const throttleWords = /too many requests|TooManyRequests|Retry after \d+ sec/i;

/** An id that somebody has made up may have in it what would be read as Azure's words. */
function withoutNames(message: string, sent: readonly string[]): string {
  const names = sent.flatMap((key) => key.split('/')).filter((name) => throttleWords.test(name));
  return names.reduce((text, name) => text.replaceAll(name, ''), message.toLowerCase());
}

/** Of what was sent what the words hold as a whole id, in any case. */
function namedIn({ message, innermost }: MachineFault, sent: readonly string[]): string[] {
  const text = `${message} ${innermost.message}`.toLowerCase();
  return sent.filter((key) => {
    for (let at = text.indexOf(key); at >= 0; at = text.indexOf(key, at + 1)) {
      // `…/web` must not be found in `…/web-2`.
      if (!/^[\w-]/.test(text.slice(at + key.length))) {
        return true;
      }
    }
    return false;
  });
}

function sentenceOf({ status, code, message, innermost }: MachineFault): string {
  const text = (innermost.message || message || `HTTP ${status}`).replaceAll(/\p{Cc}+/gu, ' ').slice(0, 700);
  return code === '' ? text : `${code}: ${text}`;
}
