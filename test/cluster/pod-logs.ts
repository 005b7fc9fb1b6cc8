import type { Answer } from '../node/drill.ts';
import type { OneNode } from './one-node.ts';

/** One line of `podid token --every … -o json`. */
export interface TokenNews {
  readonly clientId?: string | null;
  readonly agent?: string | null;
  readonly error?: { readonly code: string; readonly message: string };
}

/** Every answer that a demo pod got, oldest first. */
export function newsOf(cluster: OneNode, namespace: string, pod: string): readonly TokenNews[] {
  return jsonLines(cluster, namespace, pod) as readonly TokenNews[];
}

/** Lets an asking pod come to its end, and returns all answers it had. */
export async function finishAsking(
  cluster: OneNode,
  namespace: string,
  pod: string,
): Promise<readonly Answer[]> {
  process.kill(cluster.processOf(namespace, pod, 'app'), 'SIGTERM');
  cluster.kubectl(
    '-n',
    namespace,
    'wait',
    `pod/${pod}`,
    '--for=jsonpath={.status.phase}=Succeeded',
    '--timeout=90s',
  );
  return jsonLines(cluster, namespace, pod) as readonly Answer[];
}

function jsonLines(cluster: OneNode, namespace: string, pod: string): readonly unknown[] {
  const text = cluster.kubectl('-n', namespace, 'logs', pod);
  return text
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line));
}
