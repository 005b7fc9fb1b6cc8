import { describe, expect, it } from 'vitest';
import type { Pod } from '../../../src/domain/kubernetes/pod.ts';
import { createChangeNotice } from '../../../src/domain/time/change-notice.ts';
import type { ApiConnection } from '../../../src/k8s/client/api-connection.ts';
import { createCappedTarget } from '../../../src/k8s/client/capped-target.ts';
import { watchNodePods } from '../../../src/nmi/cluster/node-watches.ts';
import { createPodIndex } from '../../../src/nmi/cluster/pod-index.ts';
import { systemClock } from '../../../src/runtime/system-clock.ts';

const address = '10.0.0.7';

function podNamed(name: string) {
  return {
    metadata: { name, uid: name, namespace: 'demo', labels: { aadpodidbinding: name } },
    spec: { nodeName: 'n1' },
    status: { phase: 'Running', podIP: address, podIPs: [{ ip: address }] },
  };
}

/** How a watch goes that says nothing of what happens; by which time of the server's, or of the agent's, it is over. */
const silences = {
  'which the server ends in time, without a bookmark': ({ timeoutMs }) => ({
    ms: timeoutMs,
    error: undefined,
  }),
  'which nobody ends': ({ silenceMs }) => ({ ms: silenceMs, error: new Error('The API server was silent.') }),
} satisfies Record<
  string,
  (asked: { timeoutMs: number; silenceMs: number }) => { ms: number; error: Error | undefined }
>;

describe('a pod that got the address of one that is gone', () => {
  it.each(Object.entries(silences))(
    'is known within 20 s, on the clock, where the watch of pods is open and silent, %s',
    async (_what, silence) => {
      const stop = new AbortController();
      let now = 0;
      let [there, watches] = ['old', 0];
      const clock = {
        ...systemClock(),
        monotonic: () => now,
        random: () => 0.99,
        sleep: async (ms: number) => {
          now += ms;
        },
      };
      const index = createPodIndex({
        clock,
        changed: createChangeNotice(),
        onGone: () => undefined,
        onAddressLost: () => undefined,
        allowLoopback: false,
      });
      const connection: Pick<ApiConnection, 'list' | 'stream'> = {
        async list(_path, { onItem }) {
          onItem({ json: podNamed(there), isCut: false });
          if (there === 'new') {
            stop.abort();
          }
          return { metadata: { resourceVersion: String(watches + 7) }, items: [] };
        },
        async *stream(path, { silenceMs }) {
          expect(index.byAddress(address)).toMatchObject([{ name: 'old' }]);
          there = 'new';
          watches += 1;
          const timeoutMs = 1000 * Number(new URLSearchParams(path.split('?')[1]).get('timeoutSeconds'));
          const { ms, error } = silence({ timeoutMs, silenceMs });
          now += ms;
          yield* [];
          if (watches > 9) {
            stop.abort();
          }
          if (error !== undefined) {
            throw error;
          }
        },
      };
      const logger = {
        debug: () => undefined,
        info: () => undefined,
        warn: () => undefined,
        error: () => undefined,
      };
      const into = createCappedTarget<Pod>({
        kind: 'pods',
        into: index,
        nameOf: (pod) => pod,
        sizeOf: () => 1,
        clock,
        logger,
      });
      const watch = watchNodePods('n1', into, {
        connection: connection as ApiConnection,
        clock,
        onTrouble: () => undefined,
      });
      await watch.run(stop.signal);
      expect(index.byAddress(address)).toMatchObject([{ name: 'new' }]);
      expect(now).toBeLessThan(20_000);
    },
  );
});
