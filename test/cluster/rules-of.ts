import type { OneNode } from './one-node.ts';

/** All rules, user chains, sets and policy routes of the node, without counters and handles. */
export function rulesOf(cluster: OneNode): string {
  return [
    cluster.onNode('nft', '--stateless', 'list', 'ruleset'),
    cluster.onNode('ip', 'rule', 'list'),
    cluster.onNode('ip', '-o', 'address', 'show', 'dev', 'lo'),
  ].join('\n');
}
