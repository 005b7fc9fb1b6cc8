import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { aksServerId } from '../../src/domain/azure/entra-sign-in.ts';
import { connectCluster } from '../../src/k8s/connect-cluster.ts';

const clock = { now: Date.now, monotonic: () => 0, random: Math.random, sleep: async () => undefined };
const args = `get-token --server-id ${aksServerId}`.split(' ');

/** A kubeconfig from ARM for Entra's sign-in, of a cluster whose API server is at `api.example`. */
async function connectTo(server: string, besideLoopbackArm: boolean) {
  const asked: string[] = [];
  const connected = await connectCluster({
    fetchUserKubeconfig: async () =>
      stringify({
        clusters: [{ name: 'aks', cluster: { server, 'proxy-url': 'http://127.0.0.1:1' } }],
        users: [{ name: 'me', user: { exec: { command: 'kubelogin', args } } }],
        contexts: [{ name: 'aks', context: { cluster: 'aks', user: 'me' } }],
        'current-context': 'aks',
      }),
    fetchApiServerHosts: async () => ({ names: ['api.example'], besideLoopbackArm }),
    entraToken: async () => {
      asked.push('token');
      return 'secret';
    },
    warn: () => undefined,
    environment: {},
    timeoutMs: 1000,
    clock,
    signal: new AbortController().signal,
  }).catch((error: unknown) => error);
  return { connected, asked };
}

describe('signing in with the credentials that ARM gives', () => {
  it.each(['https://evil.example', 'http://api.example', 'http://127.0.0.1:9'])(
    'asks Entra for no token that would go to %s',
    async (server) => {
      const { connected, asked } = await connectTo(server, false);
      expect(connected).toMatchObject({ code: 'ClusterUnreachable', exitCode: 7 });
      expect(asked).toEqual([]);
    },
  );

  it("asks for the token of the cluster's own server, and of an emulator's", async () => {
    expect((await connectTo('https://api.example', false)).asked).toEqual(['token']);
    expect((await connectTo('http://127.0.0.1:9', true)).asked).toEqual(['token']);
  });
});
