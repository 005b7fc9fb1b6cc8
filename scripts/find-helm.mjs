import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** The helm of $HELM, of the one-node cluster's programs, or of PATH; undefined when there is none. */
export function findHelm() {
  const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache');
  const programs = process.env.ONENODE_BIN ?? join(cache, 'onenode/v1.36.3');
  const named = [process.env.HELM, join(programs, 'helm')].find(
    (path) => path !== undefined && existsSync(path),
  );
  if (named !== undefined) {
    return named;
  }
  return spawnSync('helm', ['version'], { stdio: 'ignore' }).status === 0 ? 'helm' : undefined;
}
