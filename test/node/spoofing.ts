import { join } from 'node:path';
import { macOf } from './cni-record.ts';
import type { Host, NodeNetwork } from './network.ts';
import type { Program } from './program.ts';

/** One way of posing as a neighbour; `spoof.py` says what each does. */
export interface SpoofKind {
  readonly kind: 'mac' | 'group' | 'pause' | 'tagged' | 'arp' | 'raw' | 'rawmac' | 'overflow';
  /** Milliseconds between two frames. */
  readonly everyMs: number;
}

/** What an attacker has done and seen in the end. */
export interface Loot {
  readonly kind: string;
  readonly sent: number;
  /** Packets for the neighbour that came by. */
  readonly seen: number;
  /** Tokens of the neighbour among them. */
  readonly stolen: number;
}

export interface Spoofing {
  readonly program: Program;
  /** Resolves with the first token of the neighbour's. */
  firstToken(): Promise<string>;
  /** When it saw the neighbour's tokens, in milliseconds since the epoch. */
  tokensAtMs(): readonly number[];
  finish(): Promise<Loot>;
}

const script = join(import.meta.dirname, 'programs/spoof.py');

/** Lets `attacker` pose as `victim`, with NET_RAW and no other capability. */
export async function startSpoofing(
  network: NodeNetwork,
  { attacker, victim }: { readonly attacker: Host; readonly victim: Host },
  { kind, everyMs }: SpoofKind,
): Promise<Spoofing> {
  const program = attacker.start('setpriv', [
    ...['--inh-caps=-all', '--bounding-set=-all,+net_raw', '--no-new-privs', 'python3', script, kind],
    ...[victim.address, macOf(victim), '10.244.0.1', macOf(network.node, 'cbr0'), String(everyMs)],
  ]);
  await program.line(/"ready"/);
  return {
    program,
    firstToken: () => program.line(/"token"/),
    tokensAtMs: () =>
      program.lines
        .filter((line) => line.includes('"token"'))
        .map((line) => (JSON.parse(line) as { at: number }).at * 1000),
    async finish() {
      await program.stop('SIGTERM');
      return JSON.parse(program.lines.at(-1) ?? '{}') as Loot;
    },
  };
}
