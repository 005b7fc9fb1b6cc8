import type { Logger } from '../../../runtime/logger.ts';
import type { NodeProblem } from '../diagnose-node.ts';
import type { GuardState } from '../guard/guard-state.ts';
import { HeartbeatUnwritten } from '../heartbeat.ts';
import type { RedirectTarget } from '../redirect-options.ts';

/** What was said last, so that it is said again only when it is another. */
export interface LastLogged {
  putBack: number;
  problems: string;
  guard: string;
  /** Why the heartbeat could not be written; empty where it was. */
  unwritten: string;
}

/** @param otherwise what could not be done, where it was not the heartbeat that could not be written */
export function logFailure(logger: Logger, error: unknown, otherwise: string, last: LastLogged): void {
  if (!(error instanceof HeartbeatUnwritten)) {
    logger.error({ error: String(error) }, otherwise);
    return;
  }
  const { folder, message } = error;
  if (message !== last.unwritten) {
    last.unwritten = message;
    logger.error(
      { error: message, folder },
      'the heartbeat could not be written: the server does not hear how the rules are',
    );
  }
}

export function logWritten(logger: Logger, last: LastLogged): void {
  if (last.unwritten !== '') {
    last.unwritten = '';
    logger.info({}, 'the heartbeat is written again');
  }
}

interface InstalledFacts {
  readonly target: RedirectTarget;
  /** Pods whose connections led elsewhere and were cut. */
  readonly forgotten: number;
  readonly putBack: number;
}

export function logInstalled(logger: Logger, facts: InstalledFacts): void {
  if (facts.putBack > 0) {
    logger.warn({ ...facts }, 'the redirect rules were changed by someone else and are restored');
  } else {
    logger.info({ ...facts }, 'the redirect rules are in place');
  }
}

export function logGuard(logger: Logger, guard: GuardState, last: LastLogged): void {
  const { packets: _counted, ...facts } = guard;
  const now = JSON.stringify(facts);
  if (now !== last.guard) {
    last.guard = now;
    logger.info({ ...facts }, guard.active ? 'the address guard is in place' : 'there is no address guard');
  }
}

export function logProblems(logger: Logger, problems: readonly NodeProblem[], last: LastLogged): void {
  const now = JSON.stringify(problems);
  if (now !== last.problems) {
    last.problems = now;
    for (const { kind, blocking, message } of problems) {
      logger.warn({ problem: kind, blocking, detail: message }, 'the node has a problem');
    }
  }
}
