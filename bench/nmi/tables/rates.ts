import { join } from 'node:path';
import { inAgentWorld } from '../../../test/node/agent-world.ts';
import type { Host } from '../../../test/node/network.ts';
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
  { name: 'kept', newConnections: false, program: undefined },
  { name: 'kept, an id each', newConnections: false, program: 'own-ids.lua' },
  { name: 'kept, no two alike', newConnections: false, program: 'no-two-alike.lua' },
  { name: 'new', newConnections: true, program: undefined },
  { name: 'new, no two alike', newConnections: true, program: 'no-two-alike.lua' },
] as const;

/** In turns, so that all peers meet the same load; the median of the rounds. */
export async function printRates({ root, all, programs, rounds, seconds }: Bench): Promise<void> {
  const rows: Row[] = [];
  const runs = loads.flatMap((load) => [8, 32].map((connections) => ({ ...load, connections })));
  for (let round = 0; round < rounds; round += 1) {
    for (const peer of all) {
      await inAgentWorld(programs, {}, async (world) => {
        haveManyPorts(world.bound, world.network.node);
        const server = await peer.start(world);
        await wrk(world.bound, { connections: 8, newConnections: false, seconds: 2 });
        for (const { name, program, ...load } of runs) {
          const script = program && join(root, 'bench/nmi/programs', program);
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

/**
 * As hosts that did nothing before. Each connection leaves its port waiting for a minute, wrk's to the agent as well as
 * upstream's to IMDS, and where few are left the kernel looks for one for many milliseconds.
 */
function haveManyPorts(...hosts: readonly Host[]): void {
  for (const host of hosts) {
    host.run('sysctl', '-qw', 'net.ipv4.ip_local_port_range=1024 65535', 'net.ipv4.tcp_tw_reuse=1');
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
