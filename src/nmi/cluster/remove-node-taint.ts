import type { ApiConnection } from '../../k8s/client/api-connection.ts';
import { chooseTaintPatch } from './choose-taint-patch.ts';
import { parseTaintedNode } from './tainted-node.ts';

/**
 * Takes the taint of one key from one node. Read and patched once: a node that changed in between is refused
 * by the server (422), and the caller comes again.
 *
 * @throws ApiFailure; Node's error when the server is away; the signal's reason
 */
export async function removeNodeTaint(
  connection: Pick<ApiConnection, 'getJson' | 'patchJson'>,
  { node, key }: { readonly node: string; readonly key: string },
  signal: AbortSignal,
): Promise<'removed' | 'absent'> {
  const path = `/api/v1/nodes/${encodeURIComponent(node)}`;
  const found = parseTaintedNode(await connection.getJson(path, signal));
  if (found === undefined) {
    throw new Error(`The API server's answer to ${path} is no node.`);
  }
  const patch = chooseTaintPatch(found, key);
  if (patch === undefined) {
    return 'absent';
  }
  await connection.patchJson(path, patch, signal);
  return 'removed';
}
