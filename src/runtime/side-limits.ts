import type { HttpLimits } from './http-server.ts';

/*
 * What the ports of probes and metrics give to whoever reaches them. Their address may be one that every pod of the cluster
 * reaches, and then the kubelet that asks whether the program lives is one caller among others.
 */

export const probeLimits: HttpLimits = {
  headerBytes: 16 * 1024,
  requestMs: 5_000,
  idleMs: 60_000,
  connections: 100,
  connectionsPerPeer: 20,
};

/** Read by one Prometheus, or a few, over a connection each; and each may leave a whole answer unread. */
export const metricsLimits: HttpLimits = { ...probeLimits, connections: 20, connectionsPerPeer: 4 };
