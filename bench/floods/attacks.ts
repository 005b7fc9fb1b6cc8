import { setTimeout as passing } from 'node:timers/promises';
import { inAgentWorld, podObject, type WorldOptions } from '../../test/node/agent-world.ts';
import type { BundledPrograms } from '../../test/node/bundled-programs.ts';
import { startAsking } from '../../test/node/drill.ts';
import type { Host } from '../../test/node/network.ts';
import type { Program } from '../../test/node/program.ts';
import { type Peer, pinned } from '../nmi/peers.ts';
import { forgetPeak, peakMbOf } from '../nmi/processes.ts';

export interface Attack {
  readonly name: string;
  /** Of `test/node/programs/flood.ts`; empty for none. */
  readonly kind: string;
  readonly port?: number;
}

export const attacks: readonly Attack[] = [
  { name: 'none', kind: '' },
  { name: 'valid tokens', kind: 'tokens' },
  { name: '`%5c` paths', kind: 'encoded-paths' },
  { name: '2,200 headers', kind: 'headers' },
  { name: '/metadata/instance', kind: 'instance' },
  { name: 'new resources', kind: 'resources' },
  { name: '/metrics', kind: 'metrics', port: 9090 },
  { name: 'slow clients', kind: 'slow' },
  { name: '200 busy and 600 that come and go', kind: 'come-and-go' },
];

/** As fast as the real one, but without its quota: upstream, which keeps no tokens, would wait for that alone. */
const patientImds: WorldOptions = { latencyMs: 10 };
const askEveryMs = 20;

/** What a pod met that asks 50 times a second, each time on a new connection, while its neighbour attacks. */
export interface Met {
  /** Milliseconds that this share of its requests took at most. */
  at(share: number): number;
  readonly answers: number;
  readonly failures: number;
  /** The agent's memory. */
  readonly peakMb: number;
  /** What the attacker was answered. */
  readonly toAttacker: number;
}

interface Scene {
  readonly attack: Attack;
  readonly peer: Peer;
  readonly seconds: number;
}

/** The agent has one core; both pods and IMDS have the other. */
export async function measureAttack(programs: BundledPrograms, scene: Scene): Promise<Met> {
  const { attack, peer, seconds } = scene;
  const found: Met[] = [];
  await inAgentWorld(programs, patientImds, async (world) => {
    // The one that attacks has a pod's every right.
    await world.seed(podObject('plain-0', world.unbound.address, { aadpodidbinding: 'web' }));
    const agent = await peer.start(world);
    const warming = await startAsking(world.bound, programs.path('asker'), askEveryMs);
    await warming.program.line(/"status":200/);
    await warming.finish();
    const flood = attack.kind === '' ? undefined : startFlood(world.unbound, programs, attack);
    await flood?.line(/^flooding$/);
    forgetPeak(agent);
    const asking = await startAsking(world.bound, programs.path('asker'), askEveryMs);
    await passing(seconds * 1000);
    const peakMb = peakMbOf(agent);
    const last = JSON.parse(flood?.lines.at(-1) ?? '{}') as { answers?: number };
    await flood?.stop('SIGKILL');
    const { answers } = await asking.finish();
    const times = answers.map(({ ms }) => ms).toSorted((a, b) => a - b);
    found.push({
      at: (share) => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0,
      answers: answers.length,
      failures: answers.filter(({ status }) => status !== 200).length,
      peakMb,
      toAttacker: last.answers ?? 0,
    });
  });
  return found[0] as Met;
}

function startFlood(pod: Host, programs: BundledPrograms, { kind, port }: Attack): Program {
  const target = port === undefined ? [] : ['10.244.0.1', String(port)];
  const [command, ...core] = ['nice', '-n', '10', ...pinned.load];
  return pod.start(command ?? '', [...core, process.execPath, programs.path('flood'), kind, ...target]);
}
