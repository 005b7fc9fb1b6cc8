import { Readable } from 'node:stream';
import { createContext } from '../../src/cli/run/context.ts';
import { runProgram } from '../../src/cli/run/program.ts';
import type { Ran } from '../cli-on-emulator/emulated-podid.ts';
import { sink } from '../cli-on-emulator/sink.ts';

export type { Ran };

/** An image that no test pulls. An installation has to name one. */
export const someRepository = 'registry.example.net/podid';
export const someImage = `podid.image.repository=${someRepository}`;

/**
 * Runs a command line in process against a cluster; a string is split at spaces. An installation that names no
 * image is given one.
 */
export async function runPodid(
  kubeconfig: string,
  line: string | readonly string[],
  more: Readonly<Record<string, string>> = {},
): Promise<Ran> {
  const [stdout, stderr] = [sink(), sink()];
  const context = createContext(AbortSignal.timeout(120_000), {
    env: { PODID_POLL_INTERVAL: '50ms', ...more },
    stdin: Readable.from(['']),
    stdout: stdout.stream,
    stderr: stderr.stream,
  });
  const words = typeof line === 'string' ? line.split(' ') : line;
  const wantsImage = words[0] === 'nmi' && words[1] === 'install' && !words.join(' ').includes('podid.image');
  const image = wantsImage ? ['--set', someImage] : [];
  const exitCode = await runProgram([...words, '--kubeconfig', kubeconfig, ...image], context);
  return { exitCode, stdout: stdout.text(), stderr: stderr.text() };
}
