import type { Deps } from '../../domain/deps.ts';
import type { EntryKey } from '../../domain/entries/pod-identity.ts';
import type { CommandFlags } from '../../domain/hints/next-command.ts';
import type { Azure, Reporter } from '../../domain/ports.ts';
import type { Clock } from '../../domain/time/clock.ts';
import type { NodeSide } from './node-side.ts';

export interface ObjectStoreParts {
  /** Absent where the cluster is reached by a kubeconfig alone: then nothing is known of its nodes. */
  readonly azure?: { readonly ports: Azure; readonly nodes: NodeSide };
  readonly kube: Pick<Deps['kube'], 'objects'>;
  readonly report: Reporter;
  readonly clock: Pick<Clock, 'now'>;
  /** Entries whose identities are looked up in Azure. */
  readonly lookUp: (key: EntryKey) => boolean;
  /** The flags that name the cluster, where no Azure ids do. */
  readonly clusterFlags?: CommandFlags;
}
