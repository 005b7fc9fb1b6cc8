import type { ConnectedCluster } from '../../domain/kubernetes/workloads.ts';
import type { Azure } from '../../domain/ports.ts';

/** Where the doctor looks. Nothing of it is written to. */
export interface DoctorSources {
  readonly azure: Azure;
  /** @throws PodidError */
  readonly connect: (signal: AbortSignal) => Promise<ConnectedCluster>;
  readonly signal: AbortSignal;
  /** Told what is being looked at. */
  readonly progress: (text: string) => void;
  /** `--cluster-principal-id`. */
  readonly clusterPrincipalId?: string;
}
