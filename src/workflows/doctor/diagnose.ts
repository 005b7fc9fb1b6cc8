import type { ConnectedCluster } from '../../domain/kubernetes/workloads.ts';
import type { Deps } from '../../domain/ports.ts';
import type { ChangeOptions } from '../change/change-options.ts';
import { startChange } from '../change/change-session.ts';
import type { CheckResult } from './check.ts';
import { checkList } from './check-list.ts';
import type { DoctorSources } from './doctor-sources.ts';
import type { DoctorSubject } from './evidence.ts';
import { fixWhatIsSafe } from './fix.ts';
import { gatherEvidence } from './gather-evidence.ts';
import { runChecks } from './run-checks.ts';

export interface DoctorRequest {
  readonly subject: DoctorSubject;
  /** Fixes what is safe, each after asking, and looks again. */
  readonly fix: boolean;
  readonly connect: (signal: AbortSignal) => Promise<ConnectedCluster>;
}

export interface Diagnosis {
  readonly checks: readonly CheckResult[];
}

/**
 * Looks at each link of the chain that ends with a pod's token, and tells them in order. Without `fix`
 * nothing is written anywhere.
 */
export async function diagnose(
  deps: Deps,
  { subject, fix, connect }: DoctorRequest,
  options: ChangeOptions,
): Promise<Diagnosis> {
  const { signal, clusterPrincipalId } = options;
  const sources: DoctorSources = {
    azure: deps.azure,
    connect,
    signal,
    progress: deps.report.progress,
    ...(clusterPrincipalId === undefined ? {} : { clusterPrincipalId }),
  };
  const evidence = await gatherEvidence(sources, subject);
  const checks = runChecks(checkList, evidence);
  if (!fix) {
    return { checks };
  }
  const fixed = await fixWhatIsSafe(startChange(deps, options), evidence, checks);
  return fixed ? { checks: runChecks(checkList, await gatherEvidence(sources, subject)) } : { checks };
}
