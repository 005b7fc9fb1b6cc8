import { describe, expect, it } from 'vitest';
import { type ApiConnection, ApiFailure } from '../../../src/k8s/client/api-connection.ts';
import { podsAsNode } from '../../../src/nmi/cluster/pods-as-node.ts';

type Way = 'node' | 'own';

/** An API server that refuses some ways; each question is a line. */
function serverThat(world: { refuses: readonly Way[]; breaks?: Way }) {
  const asked: string[] = [];
  const answer = (what: string, asUser: string | undefined) => {
    const way: Way = asUser === undefined ? 'own' : 'node';
    asked.push(`${what} ${asUser ?? 'own'}`);
    if (world.breaks === way) {
      throw new ApiFailure(500, 'broken');
    }
    if (world.refuses.includes(way)) {
      throw new ApiFailure(403, `${way} is forbidden`);
    }
    return way;
  };
  const connection = {
    list: async (_path: string, { asUser }: { asUser?: string }) => answer('list', asUser),
    async *stream(_path: string, { asUser }: { asUser?: string }) {
      yield { json: answer('watch', asUser), isCut: false };
    },
  } as unknown as ApiConnection;
  const pods = podsAsNode(connection, 'n1');
  const options = {
    shape: 'always',
    mostBytes: 1,
    silenceMs: 1,
    signal: new AbortController().signal,
  } as const;
  return {
    pods,
    asked,
    list: () => pods.list('/api/v1/pods', { ...options, onItem: () => undefined }),
    async watch() {
      const found: unknown[] = [];
      for await (const { json } of pods.stream('/api/v1/pods', options)) {
        found.push(json);
      }
      return found;
    },
  };
}

describe('a connection that asks for pods as the own node', () => {
  it('lists and watches so where it may', async () => {
    const { pods, asked, list, watch } = serverThat({ refuses: [] });
    expect(pods.asNode).toBeUndefined();
    expect(await list()).toBe('node');
    expect(await watch()).toEqual(['node']);
    expect(pods.asNode).toBe(true);
    expect(asked).toEqual(['list system:node:n1', 'watch system:node:n1']);
  });

  it('goes by its account where it may not, and asks as its node again with the next list', async () => {
    const world = { refuses: ['node'] as Way[] };
    const { pods, asked, list, watch } = serverThat(world);
    expect(await list()).toBe('own');
    expect(await watch()).toEqual(['own']);
    expect(pods.asNode).toBe(false);
    expect(asked).toEqual(['list system:node:n1', 'list own', 'watch own']);
    world.refuses = [];
    expect(await list()).toBe('node');
    expect(pods.asNode).toBe(true);
  });

  it.each(['node', 'own'] as const)(
    'takes the other way for a watch once "%s" is refused',
    async (refused) => {
      const world = { refuses: [refused === 'node' ? 'own' : 'node'] as Way[] };
      const { pods, list, watch } = serverThat(world);
      await list();
      world.refuses = [refused];
      const other = refused === 'node' ? 'own' : 'node';
      expect(await watch()).toEqual([other]);
      expect(pods.asNode).toBe(other === 'node');
    },
  );

  it('tells both refusals where no way is open, and finds one that opens', async () => {
    const world = { refuses: ['node', 'own'] as Way[] };
    const { list, watch } = serverThat(world);
    await expect(list()).rejects.toMatchObject({
      status: 403,
      message: 'own is forbidden As its own node: node is forbidden',
    });
    await expect(watch()).rejects.toMatchObject({ status: 403 });
    world.refuses = ['node'];
    expect(await list()).toBe('own');
  });

  it.each(['node', 'own'] as const)('takes no other way for a server that is broken (%s)', async (breaks) => {
    const { asked, list } = serverThat({ refuses: breaks === 'own' ? ['node'] : [], breaks });
    await expect(list()).rejects.toMatchObject({ status: 500 });
    expect(asked).toHaveLength(breaks === 'node' ? 1 : 2);
  });
});
