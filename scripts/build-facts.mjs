// What a build says of itself. The time is that of its sources, so that the same sources give the same bundle whenever and
// wherever they are built.
import { spawnSync } from 'node:child_process';

/**
 * @param {string} root the folder of podid's sources
 * @param {Readonly<Record<string, string | undefined>>} env SOURCE_DATE_EPOCH, in seconds, goes before the date of the
 * commit; PODID_COMMIT says the commit where git's own files are not at hand, as in the build of the image
 * @returns {{ commit: string, builtAt: string }} twelve digits, and RFC 3339 in whole seconds; `unknown` where nobody knows
 */
export function buildOf(root, env) {
  const git = (...args) => {
    const { status, stdout } = spawnSync('git', ['-C', root, ...args], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return status === 0 ? stdout.trim() : undefined;
  };
  // Unpacked into a repository of somebody else's, podid's sources are not of that one's commit.
  const isOwn = git('rev-parse', '--show-prefix') === '' && git('ls-files', 'scripts/build.mjs') !== '';
  const [hash = '', seconds = ''] =
    (isOwn ? git('log', '-1', '--format=%H %ct') : undefined)?.split(' ') ?? [];
  const commit = env.PODID_COMMIT || hash;
  const epoch = env.SOURCE_DATE_EPOCH || (commit === hash ? seconds : '');
  return {
    commit: /^[0-9a-f]{12,64}$/.test(commit) ? commit.slice(0, 12) : 'unknown',
    builtAt: /^\d{1,11}$/.test(epoch)
      ? `${new Date(Number(epoch) * 1000).toISOString().slice(0, 19)}Z`
      : 'unknown',
  };
}
