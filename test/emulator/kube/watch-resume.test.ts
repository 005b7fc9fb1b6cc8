import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KubeStore } from '../../../src/emulator/kube/objects/kube-store.ts';
import { type StartedKube, startKube } from '../../../src/emulator/kube/start-kube.ts';

let kube: StartedKube;

beforeAll(async () => {
  kube = await startKube();
});

afterAll(() => kube.stop());

describe('a watch that resumes', () => {
  const change = fc.record({ name: fc.constantFrom('a', 'b', 'c'), drop: fc.boolean() });

  it('ends with what a list shows, from whatever version it starts', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(change, { maxLength: 8 }),
        fc.array(change, { maxLength: 8 }),
        async (before, after) => {
          perform(kube.store, before);
          const list = await json('/api/v1/namespaces/default/pods');
          const seen = new Set(list.items.map((item) => item.metadata.name));
          perform(kube.store, after);
          const lines = await changesSince(list.metadata.resourceVersion);
          for (const { type, object } of lines) {
            expect(type === 'ADDED').toBe(!seen.has(object.metadata.name));
            if (type === 'DELETED') {
              seen.delete(object.metadata.name);
            } else {
              seen.add(object.metadata.name);
            }
          }
          expect([...seen].sort()).toEqual(kube.store.list('pods').map((each) => each.metadata.name));
        },
      ),
      { numRuns: 40 },
    );
  });

  it('gets 410 once the history no longer reaches back', () => {
    const store = new KubeStore({ historyLimit: 2 });
    const from = store.version;
    perform(store, [
      { name: 'a', drop: false },
      { name: 'b', drop: false },
    ]);
    expect(store.oldestVersion).toBeLessThanOrEqual(from);
    perform(store, [{ name: 'c', drop: false }]);
    expect(store.oldestVersion).toBeGreaterThan(from);
  });
});

interface Line {
  readonly type: string;
  readonly object: { readonly metadata: { readonly name: string } };
}

function perform(store: KubeStore, changes: readonly { name: string; drop: boolean }[]): void {
  for (const { name, drop } of changes) {
    if (drop) {
      store.remove('pods', 'default', name);
    } else {
      store.seed({ apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: 'default' } });
    }
  }
}

async function json(path: string) {
  const answer = await fetch(kube.url + path);
  return (await answer.json()) as { metadata: { resourceVersion: string }; items: Line['object'][] };
}

/** Reads the history that a watch sends at once; a last object of the store marks its end. */
async function changesSince(version: string): Promise<readonly Line[]> {
  kube.store.seed({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'zz-end', namespace: 'default' } });
  const stop = new AbortController();
  const path = `/api/v1/namespaces/default/pods?watch=1&resourceVersion=${version}`;
  const answer = await fetch(kube.url + path, { signal: stop.signal });
  let text = '';
  for await (const chunk of answer.body ?? []) {
    text += Buffer.from(chunk).toString();
    if (text.includes('zz-end') && text.endsWith('\n')) {
      break;
    }
  }
  stop.abort();
  kube.store.remove('pods', 'default', 'zz-end');
  const lines = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
  return lines.filter((line) => line.object.metadata.name !== 'zz-end');
}
