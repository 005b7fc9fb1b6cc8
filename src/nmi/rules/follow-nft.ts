import { spawn } from 'node:child_process';
import { ownTable } from './render-nft-table.ts';

/** Lines that concern podid's table, or that say that events were lost. */
const ours = new RegExp(`\\b${ownTable.family} ${ownTable.name}\\b|lost some netlink events`, 'i');

/**
 * Runs `nft monitor` and reports each change to podid's table within milliseconds. A monitor that ends is started again; what
 * happened in between is found by the periodic reading, and `onChange` is called once after each start for the same reason.
 */
export function followNft(signal: AbortSignal, onChange: () => void): void {
  if (signal.aborted) {
    return;
  }
  const monitor = spawn('nft', ['monitor'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    signal,
    killSignal: 'SIGKILL',
  });
  const read = lineReader((line) => {
    if (ours.test(line)) {
      onChange();
    }
  });
  monitor.stdout.setEncoding('utf8').on('data', read);
  monitor.stderr.setEncoding('utf8').on('data', read);
  monitor.once('spawn', onChange);
  monitor.on('error', () => undefined);
  monitor.once('close', () => {
    const again = setTimeout(() => followNft(signal, onChange), restartMs);
    signal.addEventListener('abort', () => clearTimeout(again), { once: true });
  });
}

const restartMs = 1000;
/** A line longer than this is some other table's set with thousands of elements. */
const longestLine = 65_536;

function lineReader(onLine: (line: string) => void): (chunk: string) => void {
  let rest = '';
  return (chunk) => {
    const lines = (rest + chunk).split('\n');
    rest = (lines.pop() ?? '').slice(0, longestLine);
    lines.forEach(onLine);
  };
}
