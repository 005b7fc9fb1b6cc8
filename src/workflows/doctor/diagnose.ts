import type { ConnectedCluster } from '../../domain/kubernetes/workloads.ts';
import type { Workplace } from '../../domain/ports.ts';
import type { ChangeOptions } from '../change/change-options.ts';
import { startChange } from '../change/change-session.ts';
import type { CheckResult } from './check.ts';
import { checkList } from './check-list.ts';
import type { Senses } from './doctor-deps.ts';
import type { Patient } from './evidence.ts';
import { mendWhatIsSafe } from './fix.ts';
import { gatherEvidence } from './gather-evidence.ts';
import { runChecks } from './run-checks.ts';

export interface DoctorRequest {
  readonly patient: Patient;
  /** Mends what is safe, each after asking, and looks again. */
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
  workplace: Workplace,
  { patient, fix, connect }: DoctorRequest,
  options: ChangeOptions,
): Promise<Diagnosis> {
  const { signal, clusterPrincipalId } = options;
  const senses: Senses = {
    azure: workplace.azure,
    connect,
    signal,
    progress: workplace.report.progress,
    ...(clusterPrincipalId === undefined ? {} : { clusterPrincipalId }),
  };
  const evidence = await gatherEvidence(senses, patient);
  const checks = runChecks(checkList, evidence);
  if (!fix) {
    return { checks };
  }
  const mended = await mendWhatIsSafe(startChange(workplace, options), evidence, checks);
  return mended ? { checks: runChecks(checkList, await gatherEvidence(senses, patient)) } : { checks };
}
