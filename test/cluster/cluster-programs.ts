import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

type ClusterProgram =
  | 'etcd'
  | 'kube-apiserver'
  | 'kube-apiserver-older'
  | 'kube-controller-manager'
  | 'kube-scheduler'
  | 'kubelet'
  | 'pause'
  | 'kubectl'
  | 'helm'
  | 'promtool';

export interface ClusterPrograms {
  readonly folder: string;
  path(name: ClusterProgram): string;
}

/** What `one-node/build.sh` built. `npm run test:cluster` builds it; a test run by hand fails with how. */
export function clusterPrograms(): ClusterPrograms {
  const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  const folder = process.env['ONENODE_BIN'] ?? join(cache, 'onenode/v1.36.3');
  return {
    folder,
    path(name) {
      const path = join(folder, name);
      if (!existsSync(path)) {
        // Any kubectl of about the same version does.
        if (name === 'kubectl' && existsSync('/usr/bin/kubectl')) {
          return '/usr/bin/kubectl';
        }
        throw new Error(`${path} is not built. Run: bash test/cluster/one-node/build.sh ${name}`);
      }
      return path;
    },
  };
}
