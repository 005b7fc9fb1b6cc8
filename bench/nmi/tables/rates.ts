import { join } from 'node:path';
import { inAgentWorld } from '../../../test/node/agent-world.ts';
import { median, printHead, printRow } from '../../tables.ts';
import type { Bench } from '../bench-options.ts';
import { cpuMicrosecondsOf } from '../processes.ts';
import { type Measured, wrk } from '../wrk.ts';

interface Row extends Measured {
  readonly peer: string;
  readonly load: string;
  /** Microseconds for each request. */
  readonly cpu: number;
}

const loads = [
  { name: 'kept', newConnections: false, ownIds: false },
  { name: 'kept, an id each', newConnections: false, ownIds: true },
  { name: 'new', newConnections: true, ownIds: false },
] as const;

/** In turns, so that all peers meet the same load; the median of the rounds. */
export async function printRates({ root, all, programs, rounds, seconds }: Bench): Promise<void> {
  const rows: Row[] = [];
  const ownIdsScript = join(root, 'bench/nmi/programs/own-ids.lua');
  const runs = loads.flatMap((load) => [8, 32].map((connections) => ({ ...load, connections })));
  for (let round = 0; round < rounds; round += 1) {
    for (const peer of all) {
      await inAgentWorld(programs, {}, async (world) => {
        const server = await peer.start(world);
        await wrk(world.bound, { connections: 8, newConnections: false, seconds: 2 });
        for (const { name, ownIds, ...load } of runs) {
          const script = ownIds ? ownIdsScript : undefined;
          const before = cpuMicrosecondsOf(server);
          const measured = await wrk(world.bound, { ...load, script, seconds });
          const cpu = (cpuMicrosecondsOf(server) - before) / measured.requests;
          rows.push({ peer: peer.name, load: `${name}, c=${load.connections}`, cpu, ...measured });
        }
      });
    }
  }
  printHead(
    ...['connections', 'server', 'CPU a request, µs', 'of bare node'],
    ...['requests/s', 'of bare node', 'p50 ms', 'p99 ms', 'failures'],
  );
  const floor = all[0]?.name ?? '';
  for (const load of new Set(rows.map((row) => row.load))) {
    for (const { name } of all) {
      printLoad(load, name, (peer) => rows.filter((row) => row.load === load && row.peer === peer), floor);
    }
  }
}

function printLoad(
  load: string,
  name: string,
  rowsOf: (peer: string) => readonly Row[],
  floor: string,
): void {
  const middle = (peer: string, figure: 'cpu' | 'rate' | 'p50' | 'p99') =>
    median(rowsOf(peer).map((row) => row[figure]));
  const ofFloor = (figure: 'cpu' | 'rate') => (middle(name, figure) / middle(floor, figure)).toFixed(2);
  printRow(
    ...[load, name, middle(name, 'cpu').toFixed(1), ofFloor('cpu')],
    ...[middle(name, 'rate').toFixed(0), ofFloor('rate')],
    ...[middle(name, 'p50').toFixed(2), middle(name, 'p99').toFixed(2)],
    rowsOf(name).reduce((sum, { failures }) => sum + failures, 0),
  );
}
