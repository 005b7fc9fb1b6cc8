import type { Deps } from '../../domain/deps.ts';
import { PodidError } from '../../errors/podid-error.ts';
import { type ChangeOptions, startChange } from '../change/start-change.ts';
import type { Check, CheckResult } from './check.ts';
import { checkList } from './check-list.ts';
import type { DoctorSubject, Evidence } from './evidence.ts';
import { type Fixed, fixWhatIsSafe } from './fix.ts';
import { gatherEvidence } from './gather/gather-evidence.ts';
import { readOr } from './probe.ts';

export interface DoctorRequest {
  readonly subject: DoctorSubject;
  /** Fixes what is safe, each after asking, and checks again. */
  readonly fix: boolean;
}

export interface Diagnosis {
  /** After what was fixed. */
  readonly checks: readonly CheckResult[];
  /** With `fix`. */
  readonly fixed?: readonly Fixed[];
  /** Without `fix`: the image of podid's agent, where that runs. */
  readonly podidImage?: string;
}

/**
 * Checks each link of the chain that ends with a pod's token, in order. Without `fix`
 * nothing is written anywhere.
 */
export async function diagnose(
  deps: Omit<Deps, 'deadline'>,
  { subject, fix }: DoctorRequest,
  options: ChangeOptions,
): Promise<Diagnosis> {
  const { clusterPrincipalId } = options;
  const wanted = clusterPrincipalId === undefined ? subject : { ...subject, clusterPrincipalId };
  const evidence = await gatherEvidence(deps, wanted);
  const checks = runChecks(checkList, evidence);
  if (!fix) {
    const podidImage = readOr(evidence.agents, []).find(
      (agent) => agent.podidImage !== undefined,
    )?.podidImage;
    return { checks, ...(podidImage === undefined ? {} : { podidImage }) };
  }
  const fixed = await fixWhatIsSafe(startChange(deps, options), evidence, checks);
  return fixed.length > 0
    ? { checks: runChecks(checkList, await gatherEvidence(deps, wanted)), fixed }
    : { checks, fixed };
}

/**
 * Of checks of which none failed: what keeps one from calling that well, and passes by itself. A right that is missing is
 * no such thing. Undefined where all that can be asked for was read.
 */
export function notSeen(checks: readonly CheckResult[]): PodidError | undefined {
  const away = checks.flatMap(({ name, unread }) => (unread?.exitCode === 7 ? [{ name, unread }] : []));
  const [first] = away;
  if (first === undefined || checks.some(({ result }) => result === 'fail')) {
    return undefined;
  }
  const { code, message, hint } = first.unread;
  const are = away.length === 1 ? '1 check was' : `${away.length} checks were`;
  return new PodidError(code, `${are} not made, which is no pass: ${message}`, {
    ...(hint === undefined ? {} : { hint }),
    cause: first.unread,
  });
}

/**
 * Judges link by link, in order; what lies behind a link that failed is skipped, since it could only repeat
 * that failure.
 */
export function runChecks(checks: readonly Check[], evidence: Evidence): CheckResult[] {
  const results: CheckResult[] = [];
  /** Checks that are skipped, with the failed one behind which they lie. */
  const blockedBy = new Map<string, string>();
  for (const { name, behind, judge } of checks) {
    const blocker = behind.map((before) => blockedBy.get(before)).find((found) => found !== undefined);
    if (blocker !== undefined) {
      blockedBy.set(name, blocker);
      results.push({ name, result: 'skip', message: `Not checked until "${blocker}" is fixed.` });
      continue;
    }
    const verdict = judge(evidence);
    if (verdict.result === 'fail') {
      blockedBy.set(name, name);
    }
    results.push({ name, ...verdict });
  }
  return results;
}
