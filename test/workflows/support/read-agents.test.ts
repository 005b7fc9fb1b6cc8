import { describe, expect, it } from 'vitest';
import type { WholeObject } from '../../../src/domain/support/support-cluster.ts';
import { readLogs, readPods } from '../../../src/workflows/support/read-agents.ts';
import { startBundle } from '../../../src/workflows/support/start-bundle.ts';

const { signal } = new AbortController();

function podOf(namespace: string, containers: readonly string[]): WholeObject {
  return {
    metadata: { namespace, name: 'podid-nmi-0' },
    spec: { nodeName: 'node', containers: containers.map((name) => ({ name })) },
  };
}

const depsOf = (support: object) =>
  ({ support, report: { progress: () => undefined } }) as unknown as Parameters<typeof readLogs>[0];

describe('what a support bundle reads of agents', () => {
  it('is the logs of their own containers, each under its namespace', async () => {
    const bundle = startBundle(signal);
    const log = async (_: unknown, { container }: { container: string }) => `of ${container}`;
    const pods = [podOf('kube-system', ['serve', 'istio-proxy', 'vault-agent']), podOf('podid', ['rules'])];
    await readLogs(depsOf({ log }), bundle, { pods, lines: 10 }, signal);
    expect(bundle.files().map(({ path }) => path)).toEqual([
      'agents/node/kube-system/podid-nmi-0/serve.log',
      'agents/node/podid/podid-nmi-0/rules.log',
    ]);
  });

  it('ends where the bundle is full, and says so', async () => {
    const bundle = startBundle(signal);
    let read = 0;
    const log = async () => {
      read += 1;
      return ' '.repeat(40 * 1024 * 1024);
    };
    const pods = [podOf('kube-system', ['rules-once', 'rules', 'serve', 'mic'])];
    await readLogs(depsOf({ log }), bundle, { pods, lines: 10 }, signal);
    expect(read).toBe(2);
    expect(bundle.files()).toHaveLength(1);
    expect(bundle.unread).toEqual([
      { what: expect.stringContaining('/rules.log'), reason: expect.stringContaining('64 MiB') },
    ]);
  });

  it('is no pod of a DaemonSet whose selector takes every pod', async () => {
    const bundle = startBundle(signal);
    const asked: unknown[] = [];
    const list = async (_: unknown, where: { labels?: string }) => {
      asked.push(where.labels);
      return [];
    };
    const found = [{ namespace: 'kube-system', name: 'x', selector: {} }] as never;
    await readPods(depsOf({ list }), bundle, { found, namespaces: ['kube-system'] }, signal);
    expect(asked).toEqual(['app.kubernetes.io/component=mic']);
    expect(bundle.unread).toHaveLength(1);
  });
});
