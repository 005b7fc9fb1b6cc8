import { describe, expect, it } from 'vitest';
import { PodidError } from '../../../src/errors/podid-error.ts';
import type { KubeRest } from '../../../src/k8s/client/kube-rest.ts';
import { listPages } from '../../../src/k8s/client/list-pages.ts';
import { expired, page, refused, scriptedRest, signal } from '../scripted-rest.ts';

const collection = { path: '/api/v1/pods', query: { labelSelector: 'app=web' } };

describe('listing page by page', () => {
  it('asks for page after page, with the selector in each', async () => {
    const { rest, asked } = scriptedRest([page([{ a: 1 }], 'more'), page([{ b: 2 }])]);
    expect(await listPages(rest, collection, signal)).toEqual({ items: [{ a: 1 }, { b: 2 }] });
    expect(asked.map(({ query }) => query)).toEqual([
      { labelSelector: 'app=web', limit: '500' },
      { labelSelector: 'app=web', limit: '500', continue: 'more' },
    ]);
  });

  it('asks for smaller pages where one is larger than an answer may be, down to one object', async () => {
    const asked: unknown[] = [];
    const rest: KubeRest = async ({ query }) => {
      asked.push([query?.['limit'], query?.['continue']]);
      if (Number(query?.['limit']) > 7) {
        const details = [{ code: 'EMSGSIZE', message: 'too large' }];
        throw new PodidError('ClusterUnreachable', 'Too large.', { details });
      }
      return query?.['continue'] === undefined ? page([{ a: 1 }], 'more') : page([{ b: 2 }]);
    };
    expect(await listPages(rest, collection, signal)).toEqual({ items: [{ a: 1 }, { b: 2 }] });
    expect(asked).toEqual([
      ['500', undefined],
      ['62', undefined],
      ['7', undefined],
      ['7', 'more'],
    ]);
  });

  it('says so where even one object is', async () => {
    const details = [{ code: 'EMSGSIZE', message: 'too large' }];
    const rest: KubeRest = () =>
      Promise.reject(new PodidError('ClusterUnreachable', 'Too large.', { details }));
    await expect(listPages(rest, collection, signal)).rejects.toThrow('Too large.');
  });

  it('begins again when the list expired, and forgets what it had', async () => {
    const { rest } = scriptedRest([page([{ old: 1 }], 'more'), expired, page([{ a: 1 }])]);
    expect(await listPages(rest, collection, signal)).toEqual({ items: [{ a: 1 }] });
  });

  it('gives up on a server that ends every list, and names the list', async () => {
    const { rest, asked } = scriptedRest([...Array(3)].flatMap(() => [page([], 'more'), expired]));
    await expect(listPages(rest, collection, signal)).rejects.toMatchObject({
      code: 'ClusterUnreachable',
      message: expect.stringContaining('list /api/v1/pods'),
    });
    expect(asked).toHaveLength(6);
  });

  it.each([
    ['a refusal', refused(403, 'Forbidden')],
    ['a 410 of the first page', expired],
  ])('hands %s on', async (_what, reply) => {
    const { rest, asked } = scriptedRest([reply]);
    expect(await listPages(rest, collection, signal)).toEqual(reply);
    expect(asked).toHaveLength(1);
  });
});
