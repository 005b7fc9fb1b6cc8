import { entriesOf } from '../../domain/entries/entries-of.ts';
import type { Deps } from '../../domain/ports.ts';
import { type Deadline, startDeadline } from '../../domain/time/deadline.ts';
import { isPodidError, PodidError } from '../../errors/podid-error.ts';
import type { ChangeOptions } from './change-options.ts';
import type { RetryDeps } from './wait-until-idle.ts';

/** One run of a changing command: its ports, its flags and its clock that runs out. */
export interface ChangeSession {
  readonly deps: Deps;
  readonly options: ChangeOptions;
  readonly deadline: Deadline;
  /** The same, as what waits for the cluster takes it. */
  readonly retry: RetryDeps;
}

export function startChange(deps: Deps, options: ChangeOptions): ChangeSession {
  const deadline = startDeadline(deps.clock, options.timeoutMs, options.signal);
  const { signal, pollIntervalMs } = options;
  const retry = {
    clusters: entriesOf(deps),
    report: deps.report,
    deadline,
    pollIntervalMs,
    signal,
  };
  return { deps, options, deadline, retry };
}

/**
 * The failure to tell when a wait ended: the user's interruption, the end of `--timeout`, or what really went
 * wrong.
 *
 * @param going what goes on in Azure without us, as the start of a sentence
 */
export function endOfWait(session: ChangeSession, error: unknown, going: string, hint: string): unknown {
  const { signal, timeoutMs } = session.options;
  if (signal.aborted && isPodidError(signal.reason)) {
    // Told already, nearer to what was going on.
    if (error !== signal.reason && isPodidError(error, signal.reason.code)) {
      return error;
    }
    return new PodidError(signal.reason.code, `${signal.reason.message} ${going}`, { hint });
  }
  if (session.deadline.passed() && !isPodidError(error)) {
    return new PodidError('TimedOut', `No end after ${Math.round(timeoutMs / 1000)} s. ${going}`, {
      hint,
      cause: error,
    });
  }
  return error;
}
