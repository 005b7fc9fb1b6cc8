import type { Clock } from '../../domain/time/clock.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { AddressMap, NodeAddresses } from './address-map.ts';
import type { NodeProblem } from './diagnose-node.ts';
import type { AddressGuard } from './guard/address-guard.ts';
import { type GuardState, inactiveGuard } from './guard/guard-state.ts';
import type { Heartbeat } from './heartbeat.ts';
import { createPublishedAddresses, type PublishedAddresses } from './published-addresses.ts';
import type { RedirectTarget } from './redirect-options.ts';
import type { InstallResult, RedirectRules } from './redirect-rules.ts';

export interface KeepRulesPorts {
  readonly rules: RedirectRules;
  readonly addresses: AddressMap;
  readonly guard: AddressGuard;
  diagnose(target: RedirectTarget, addresses: NodeAddresses): Promise<readonly NodeProblem[]>;
  /** Hands on what is true now: into a file, or straight to the server in the same process. */
  publish(heartbeat: Heartbeat): Promise<void>;
  readonly clock: Clock;
  uptimeMs(): number;
  readonly logger: Logger;
}

export interface KeepRulesOptions {
  readonly backend: 'nft' | 'iptables';
  /** `--ipt-update-interval-sec` in milliseconds: how often all is read back even if nothing was reported. */
  readonly intervalMs: number;
}

/** A contender that deletes rules in a loop is answered this often at most. */
const shortestPauseMs = 20;

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
  const wake = wakeUp(ports.clock);
  signal.addEventListener('abort', wake.call, { once: true });
  ports.rules.follow(signal, wake.call);
  ports.addresses.follow(signal, wake.call);
  ports.guard.follow(signal, wake.call);
  const last: LastLogged = { putBack: -1, problems: '', guard: '' };
  const following = followAddresses(ports, { published, intervalMs: options.intervalMs }, signal);
  while (!signal.aborted) {
    wake.reset();
    try {
      await keepOnce(ports, { ...options, published }, last);
    } catch (error) {
      ports.logger.error({ error: String(error) }, 'the redirect rules could not be kept');
    }
    await ports.clock.sleep(shortestPauseMs, signal).catch(() => undefined);
    await wake.pause(options.intervalMs);
  }
  await following;
}

/**
 * Publishes each change of the addresses by itself: what the rules take on a busy node would otherwise be time in
 * which a pod has its predecessor's address and nobody says so.
 */
async function followAddresses(
  { addresses, clock, logger }: KeepRulesPorts,
  { published, intervalMs }: { readonly published: PublishedAddresses; readonly intervalMs: number },
  signal: AbortSignal,
): Promise<void> {
  const wake = wakeUp(clock);
  signal.addEventListener('abort', wake.call, { once: true });
  addresses.follow(signal, wake.call);
  while (!signal.aborted) {
    wake.reset();
    try {
      const { stamp, recorded } = await published.read();
      await clock.sleep(shortestPauseMs, signal).catch(() => undefined);
      await wake.pause(recorded && stamp === '' ? shortestPauseMs : intervalMs);
    } catch (error) {
      logger.error({ error: String(error) }, 'the addresses of the pods could not be reported');
      await clock.sleep(shortestPauseMs, signal).catch(() => undefined);
      await wake.pause(intervalMs);
    }
  }
}

interface LastLogged {
  putBack: number;
  problems: string;
  guard: string;
}

async function keepOnce(
  ports: KeepRulesPorts,
  options: KeepRulesOptions & { readonly published: PublishedAddresses },
  last: LastLogged,
): Promise<void> {
  const { rules, clock, logger } = ports;
  // Reported before the guard lets the pod through: a pod that can ask is one that is known by its address.
  const addresses = await options.published.read();
  let guard = await keepGuard(ports, addresses);
  let state = await rules.verify();
  if (!state.intact) {
    // Without the redirect nobody gets a token, by whichever address. Hence it never comes without the guard,
    // not even when both were swept away since the guard was looked at.
    const { target, forgotten } = await rules.install(ports.guard.wholeTable());
    last.putBack += 1;
    logInstalled(logger, { target, forgotten, putBack: last.putBack });
    state = await rules.verify();
    guard = await keepGuard(ports, addresses);
  }
  logGuard(logger, guard, last);
  const problems = await ports.diagnose(state.target, addresses);
  logProblems(logger, problems, last);
  await options.published.publish({
    guard,
    listenOn: [state.target.address],
    problems,
    rules: {
      intact: state.intact,
      backend: options.backend,
      putBack: Math.max(0, last.putBack),
      packets: state.packets,
    },
    intervalMs: options.intervalMs,
    writtenAtMs: clock.now(),
    writtenAtUptimeMs: ports.uptimeMs(),
  });
}

function logInstalled(logger: Logger, facts: InstallResult & { readonly putBack: number }): void {
  if (facts.putBack > 0) {
    logger.warn({ ...facts }, 'the redirect rules were changed by someone else and are restored');
  } else {
    logger.info({ ...facts }, 'the redirect rules are in place');
  }
}

/** The redirect is kept whatever becomes of the guard. */
async function keepGuard({ guard, logger }: KeepRulesPorts, addresses: NodeAddresses): Promise<GuardState> {
  try {
    return await guard.keep(addresses);
  } catch (error) {
    logger.error({ error: String(error) }, 'the address guard could not be kept');
    return inactiveGuard(`The address guard could not be written. ${String(error)}`);
  }
}

function logGuard(logger: Logger, guard: GuardState, last: LastLogged): void {
  const { packets: _counted, ...facts } = guard;
  const now = JSON.stringify(facts);
  if (now !== last.guard) {
    last.guard = now;
    logger.info({ ...facts }, guard.active ? 'the address guard is in place' : 'there is no address guard');
  }
}

function logProblems(logger: Logger, problems: readonly NodeProblem[], last: LastLogged): void {
  const now = JSON.stringify(problems);
  if (now !== last.problems) {
    last.problems = now;
    for (const { kind, blocking, message } of problems) {
      logger.warn({ problem: kind, blocking, detail: message }, 'the node has a problem');
    }
  }
}

interface WakeUp {
  call(): void;
  /** From here on, a call ends the next pause. */
  reset(): void;
  pause(ms: number): Promise<void>;
}

function wakeUp(clock: Clock): WakeUp {
  let controller = new AbortController();
  return {
    call: () => controller.abort(),
    reset: () => {
      controller = new AbortController();
    },
    pause: (ms) => clock.sleep(ms, controller.signal).catch(() => undefined),
  };
}
