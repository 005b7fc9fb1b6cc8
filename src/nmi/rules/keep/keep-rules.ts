import type { Clock } from '../../../domain/time/clock.ts';
import type { Logger } from '../../../runtime/logger.ts';
import type { AddressMap, NodeAddresses } from '../address-map.ts';
import { type NodeProblem, notLookedAt } from '../diagnose-node.ts';
import type { AddressGuard } from '../guard/address-guard.ts';
import { type GuardState, inactiveGuard } from '../guard/guard-state.ts';
import type { Heartbeat } from '../heartbeat.ts';
import type { RedirectTarget } from '../redirect-options.ts';
import type { RedirectRules } from '../redirect-rules.ts';
import { type FullCheck, mayRely } from './full-check.ts';
import {
  type LastLogged,
  logFailure,
  logGuard,
  logInstalled,
  logProblems,
  logWritten,
} from './log-changes.ts';
import { createPublishedAddresses, type PublishedAddresses } from './published-addresses.ts';
import { makeReport, timesNow } from './rules-report.ts';
import { type WakeUp, wakeUp } from './wake-up.ts';

export interface KeepRulesPorts {
  readonly rules: RedirectRules;
  readonly addresses: AddressMap;
  readonly guard: AddressGuard;
  diagnose(target: RedirectTarget, addresses: NodeAddresses): Promise<readonly NodeProblem[]>;
  /** Hands on what is true now: into a file, or straight to the server in the same process. */
  publish(heartbeat: Heartbeat): Promise<void>;
  /** Everything was read back or written just now, or could not be. @param isNews something may be other than before */
  onReadBack(isNews: boolean): void;
  readonly clock: Clock;
  uptimeMs(): number;
  readonly logger: Logger;
}

export interface KeepRulesOptions {
  readonly backend: 'nft' | 'iptables';
  /**
   * `--ipt-update-interval-sec` in milliseconds: how often what the kernel does not report is read back, and all where
   * it reports nothing.
   */
  readonly intervalMs: number;
}

/** A contender that deletes rules in a loop is answered this often at most. */
const shortestPauseMs = 20;
/**
 * From the first write to all that follows it, unless something changes: the server starts on the same core, and each
 * program that runs meanwhile is one that pods wait for.
 */
const serverFirstMs = 500;

/**
 * Installs the rules, follows them, puts them back, and says so at every interval and after every change. A
 * failure is logged and tried again at the next interval: a crash would help nobody. Ends when the signal is
 * aborted, and leaves the rules where they are.
 */
export async function keepRules(
  ports: KeepRulesPorts,
  options: KeepRulesOptions,
  signal: AbortSignal,
): Promise<void> {
  const published = createPublishedAddresses(ports);
  const [wake, addressWake] = [wakeUp(ports.clock), wakeUp(ports.clock)];
  const wakeBoth = () => {
    addressWake.call();
    wake.call();
  };
  signal.addEventListener('abort', wakeBoth, { once: true });
  ports.addresses.follow(signal, wakeBoth);
  const last: LastLogged = { putBack: -1, problems: '', guard: '', unwritten: '' };
  const { intervalMs } = options;
  const following = followAddresses(ports, { published, wake: addressWake, intervalMs, last }, signal);
  let full: FullCheck | undefined;
  let isWoken = true;
  /** The rules were written for the first time, and the rest is still to be done. */
  let isDue = false;
  let isFollowing = false;
  while (!signal.aborted) {
    wake.reset();
    try {
      if (
        !isWoken &&
        full !== undefined &&
        mayRely(full, ports, intervalMs) &&
        (await ports.rules.verifyUnreported())
      ) {
        await published.publish({ ...full.report, ...timesNow(ports) });
      } else {
        const began = { isFollowed: ports.rules.isFollowed, atMs: ports.clock.monotonic() };
        full = undefined;
        const before = { ...last };
        const isCutDue = isDue;
        isDue = false;
        const found = await keepOnce(ports, { ...options, published, isCutDue }, last);
        full = found === undefined ? undefined : { ...began, ...found };
        isDue = found === undefined;
        if (!isDue) {
          ports.onReadBack(isWoken || last.putBack !== before.putBack || last.guard !== before.guard);
        }
      }
      logWritten(ports.logger, last);
    } catch (error) {
      logFailure(ports.logger, error, 'the redirect rules could not be kept', last);
      ports.onReadBack(true);
    }
    const isNewlyFollowed = !isFollowing;
    if (isNewlyFollowed) {
      // Not before they were written: pods wait for that, and what is written is no news. What happened in between is
      // found by the next reading, which is due at once.
      isFollowing = true;
      ports.rules.follow(signal, wake.call);
      ports.guard.follow(signal, wake.call);
    }
    await ports.clock.sleep(shortestPauseMs, signal).catch(() => undefined);
    if (isDue) {
      await wake.pause(serverFirstMs);
    }
    isWoken = isNewlyFollowed || (await wake.pause(intervalMs));
  }
  await following;
}

/**
 * Publishes each change of the addresses by itself: what the rules take on a busy node would otherwise be time in
 * which a pod has its predecessor's address and nobody says so.
 */
async function followAddresses(
  { clock, logger }: KeepRulesPorts,
  { published, wake, intervalMs, last }: FollowAddressesOptions,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    wake.reset();
    try {
      const { stamp, recorded } = await published.read();
      await clock.sleep(shortestPauseMs, signal).catch(() => undefined);
      await wake.pause(recorded && stamp === '' ? shortestPauseMs : intervalMs);
    } catch (error) {
      logFailure(logger, error, 'the addresses of the pods could not be reported', last);
      await clock.sleep(shortestPauseMs, signal).catch(() => undefined);
      await wake.pause(intervalMs);
    }
  }
}

interface FollowAddressesOptions {
  readonly published: PublishedAddresses;
  /** Called when an address may have changed hands, and at the end. */
  readonly wake: WakeUp;
  readonly intervalMs: number;
  readonly last: LastLogged;
}

interface KeepOnceOptions extends KeepRulesOptions {
  readonly published: PublishedAddresses;
  /** Connections elsewhere were not cut when the rules were written. */
  readonly isCutDue: boolean;
}

/** @returns undefined after the first write where the next reading does the rest */
async function keepOnce(
  ports: KeepRulesPorts,
  options: KeepOnceOptions,
  last: LastLogged,
): Promise<Pick<FullCheck, 'report' | 'isGuardKept'> | undefined> {
  const { rules, logger } = ports;
  // Reported before the guard lets the pod through: a pod that can ask is one that is known by its address.
  const addresses = await options.published.read();
  let kept = await keepGuard(ports, addresses);
  let state = await rules.verify();
  if (!state.intact) {
    // Without the redirect nobody gets a token, by whichever address. Hence it never comes without the guard,
    // not even when both were swept away since the guard was looked at.
    const guardTable = ports.guard.wholeTable();
    state = await rules.install(guardTable);
    last.putBack += 1;
    if (last.putBack === 0) {
      // Pods wait for the server, and the server for this; it is not ready before all has been looked at.
      const problems = [notLookedAt];
      await options.published.publish(
        makeReport(ports, options, { guard: kept.guard, state, problems, putBack: 0 }),
      );
    }
    // Until connections that led elsewhere are cut, the shield holds up what they send to IMDS.
    if (last.putBack === 0 && guardTable === '') {
      return undefined;
    }
    [kept] = await Promise.all([keepGuard(ports, addresses), cutOthers(ports, state.target, last)]);
  } else if (options.isCutDue) {
    await cutOthers(ports, state.target, last);
  }
  const { guard, isGuardKept } = kept;
  logGuard(logger, guard, last);
  // Last, since it changes nothing, and the first pods are answered meanwhile.
  const problems = await ports.diagnose(state.target, addresses);
  logProblems(logger, problems, last);
  const report = makeReport(ports, options, { guard, state, problems, putBack: last.putBack });
  await options.published.publish(report);
  return { report, isGuardKept };
}

async function cutOthers(
  { rules, logger }: Pick<KeepRulesPorts, 'rules' | 'logger'>,
  target: RedirectTarget,
  { putBack }: LastLogged,
): Promise<void> {
  logInstalled(logger, { target, forgotten: await rules.forgetOthers(), putBack });
}

/** The redirect is kept whatever becomes of the guard. */
async function keepGuard(
  { guard, logger }: KeepRulesPorts,
  addresses: NodeAddresses,
): Promise<{ readonly guard: GuardState; readonly isGuardKept: boolean }> {
  try {
    return { guard: await guard.keep(addresses), isGuardKept: true };
  } catch (error) {
    logger.error({ error: String(error) }, 'the address guard could not be kept');
    const why = `The address guard could not be written. ${String(error)}`;
    return { guard: inactiveGuard(why), isGuardKept: false };
  }
}
