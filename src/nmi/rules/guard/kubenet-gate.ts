import { readFile } from 'node:fs/promises';
import { advice } from '../../../errors/hint.ts';
import { PodidError } from '../../../errors/podid-error.ts';
import { systemErrorCode } from '../../../errors/system-error-code.ts';
import type { Logger } from '../../../runtime/logger.ts';
import { type ErrorAnswer, tryLater } from '../../http/error-answer.ts';
import type { NmiSettings } from '../../nmi-settings.ts';
import type { RulesWatch } from '../rules-watch.ts';

/**
 * Whether addresses prove nothing here until the address guard stands: on kubenet a pod with NET_RAW can send
 * frames in its neighbour's name (CVE-2021-1677). False with `--allow-network-plugin-kubenet`.
 * @throws PodidError KubenetConsentMissing where no address guard can come
 */
export async function needsAddressGuard({ flags, word }: NmiSettings, logger: Logger): Promise<boolean> {
  if (flags['allow-network-plugin-kubenet'] || !(await usesKubenet(flags['kubelet-config'], logger))) {
    return false;
  }
  const mayCome = word === 'all' ? flags['address-guard'] !== 'off' : flags['heartbeat-file'] !== '';
  if (!mayCome) {
    throw new PodidError(
      'KubenetConsentMissing',
      'This node uses kubenet, where a pod with NET_RAW can pose as another pod, and no address guard is kept for this agent.',
      {
        hint: advice`Keep the guard: podid-nmi rules --heartbeat-file=FILE, and the same FILE for serve. Or forbid NET_RAW (podid policy kubenet), then pass --allow-network-plugin-kubenet.`,
      },
    );
  }
  return true;
}

/**
 * A file that is missing says nothing: most nodes have none today. One that is there and may not be read, as
 * by a server without privileges, may well say kubenet.
 */
async function usesKubenet(kubeletConfig: string, logger: Logger): Promise<boolean> {
  try {
    return /--network-plugin[= ]"?kubenet\b/.test(await readFile(kubeletConfig, 'utf8'));
  } catch (error) {
    const code = systemErrorCode(error);
    const isMissing = code === 'ENOENT' || code === 'ENOTDIR';
    const message = 'the flags of the kubelet cannot be read';
    if (isMissing) {
      logger.debug({ kubeletConfig }, message);
    } else {
      logger.warn({ kubeletConfig, code }, `${message}; the node is treated as a kubenet node`);
    }
    return !isMissing;
  }
}

/** Keeps the agent from answering anybody while addresses prove nothing. */
export interface KubenetGate {
  /** Reads the last heartbeat of the keeper of the rules, and logs when that opens or closes the gate. */
  look(): void;
  /** The answer to everyone while it is closed. */
  answer(): ErrorAnswer | undefined;
  /** For people; undefined while it is open. */
  whyClosed(): string | undefined;
}

const closed = tryLater('no-address-guard', 'The address guard of this node is not in place yet.', 5);

/**
 * Opens on a fresh heartbeat that says the guard was read back, or that no pod is on a bridge. It stays open
 * when the keeper stops reporting after that: its table stands, and a pod that came later is unknown to it
 * and reaches nothing. It closes when the keeper reports that there is no guard.
 */
export function createKubenetGate(
  rules: Pick<RulesWatch, 'latest' | 'isFresh'>,
  { needed, logger }: { readonly needed: boolean; readonly logger: Logger },
): KubenetGate {
  let open = !needed;
  let logged = '';
  const why = () =>
    `This node uses kubenet, and the address guard has not been verified, so no pod is answered. ${
      rules.latest?.guard.why ?? 'The keeper of the rules has not reported yet.'
    } Where no guard can stand, forbid NET_RAW (podid policy kubenet), then pass --allow-network-plugin-kubenet.`;
  const look = () => {
    if (!needed) {
      return;
    }
    const guard = rules.latest?.guard;
    open = (guard?.active === true || guard?.routed === true) && (open || rules.isFresh);
    const now = open
      ? `this node uses kubenet; its ${guard?.active ? 'address guard is verified' : 'pods are routed'}, so that pods are answered`
      : why();
    if (now !== logged) {
      logged = now;
      logger[open ? 'info' : 'warn']({}, now);
    }
  };
  return {
    look,
    answer: () => (open ? undefined : closed),
    whyClosed: () => (open ? undefined : why()),
  };
}
