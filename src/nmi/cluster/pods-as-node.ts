import { nodeUser } from '../../domain/exchange/exchange-guard.ts';
import { type ApiConnection, ApiFailure } from '../../k8s/client/api-connection.ts';

/** A connection that asks for pods in the name of the agent's own node, wherever the API server lets it. */
export interface PodsConnection extends ApiConnection {
  /** Whether the last list was asked so; undefined before the first. */
  readonly asNode: boolean | undefined;
}

/**
 * From Kubernetes 1.36 on a right can be given to act as the own node for lists of pods alone, and a node is shown its own
 * pods and no others: then the agent's account needs no right to those of all nodes. Where either way is refused, the other
 * is taken, so that an upgrade of the cluster or of the rights finds an agent that goes on.
 */
export function podsAsNode(connection: ApiConnection, node: string): PodsConnection {
  const as = { asUser: nodeUser(node) };
  let asNode: boolean | undefined;
  return {
    ...connection,
    get asNode() {
      return asNode;
    },
    async list(path, options) {
      try {
        const rest = await connection.list(path, { ...options, ...as });
        asNode = true;
        return rest;
      } catch (error) {
        const first = refusal(error);
        const rest = await connection.list(path, options).catch(both(first));
        asNode = false;
        return rest;
      }
    },
    async *stream(path, options) {
      const asked = () => (asNode === true ? { ...options, ...as } : options);
      try {
        return yield* connection.stream(path, asked());
      } catch (error) {
        refusal(error);
      }
      asNode = asNode !== true;
      return yield* connection.stream(path, asked());
    },
  };
}

/** @throws what is no refusal */
function refusal(error: unknown): ApiFailure {
  if (error instanceof ApiFailure && error.status === 403) {
    return error;
  }
  throw error;
}

function both(asNode: ApiFailure): (error: unknown) => never {
  return (error) => {
    throw new ApiFailure(403, `${refusal(error).message} As its own node: ${asNode.message}`);
  };
}
