import type { Clock } from '../../../domain/time/clock.ts';
import type { NodeProblem } from '../diagnose-node.ts';
import type { GuardState } from '../guard/guard-state.ts';
import type { RulesState } from '../redirect-rules.ts';
import type { RulesReport } from './published-addresses.ts';

interface ReportPorts {
  readonly clock: Pick<Clock, 'now'>;
  uptimeMs(): number;
}

/** What is true of the rules, the guard and the node. */
interface Found {
  readonly guard: GuardState;
  readonly state: RulesState;
  readonly problems: readonly NodeProblem[];
  readonly putBack: number;
}

export function makeReport(
  ports: ReportPorts,
  { backend, intervalMs }: { readonly backend: 'nft' | 'iptables'; readonly intervalMs: number },
  { guard, state: { target, intact, packets }, problems, putBack }: Found,
): RulesReport {
  return {
    guard,
    listenOn: [target.address],
    problems,
    rules: { intact, backend, putBack: Math.max(0, putBack), packets },
    intervalMs,
    ...timesNow(ports),
  };
}

/** That all was read back just now. */
export function timesNow({
  clock,
  uptimeMs,
}: ReportPorts): Pick<RulesReport, 'writtenAtMs' | 'writtenAtUptimeMs'> {
  return { writtenAtMs: clock.now(), writtenAtUptimeMs: uptimeMs() };
}
