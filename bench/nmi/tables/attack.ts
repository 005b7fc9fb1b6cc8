import { attacks, measureAttack } from '../../floods/attacks.ts';
import { printHead, printRow } from '../../tables.ts';
import type { Bench } from '../bench-options.ts';

const kinds = ['', 'tokens', 'come-and-go'];

/** What a pod waits for while its neighbour attacks, beside what it waits for while nobody does. */
export async function printAttack({ limited, programs, seconds }: Bench): Promise<void> {
  console.log(
    `A pod asks 50 times a second, each time on a new connection, while its neighbour attacks the agent, ${seconds} seconds each ` +
      '(`npm run bench -- floods` has further attacks):\n',
  );
  printHead('attack', 'server', 'p50 ms', 'p99 ms', 'p99 of the quiet one', 'answers', 'failures');
  const quiet = new Map<string, number>();
  for (const attack of attacks.filter(({ kind }) => kinds.includes(kind))) {
    for (const peer of limited) {
      const { at, answers, failures } = await measureAttack(programs, { attack, peer, seconds });
      const p99 = at(0.99);
      if (attack.kind === '') {
        quiet.set(peer.name, p99);
      }
      const ratio = (p99 / (quiet.get(peer.name) ?? 0)).toFixed(1);
      printRow(attack.name, peer.name, at(0.5).toFixed(1), p99.toFixed(1), ratio, answers, failures);
    }
  }
}
