import { describe, expect, it } from 'vitest';
import { parseList, parseWatchEvent } from '../../../src/validate/kubernetes/watch-event.ts';

describe('an answer of the API server', () => {
  it('is a list, even an empty one written as null, or refused', () => {
    expect(parseList({ metadata: { resourceVersion: '5' }, items: null })).toEqual({
      items: [],
      resourceVersion: '5',
    });
    for (const json of [
      {},
      null,
      [],
      { items: [] },
      { metadata: { resourceVersion: '5' } },
      { metadata: { resourceVersion: '5' }, items: {} },
    ]) {
      expect(() => parseList(json)).toThrow(/not a list/);
    }
  });

  it('is an event of a watch, or refused', () => {
    const object = { metadata: { resourceVersion: '7' } };
    expect(parseWatchEvent({ type: 'BOOKMARK', object })).toEqual({
      type: 'BOOKMARK',
      object,
      resourceVersion: '7',
    });
    expect(parseWatchEvent({ type: 'ERROR', object: { code: 410 } })).toEqual({ type: 'ERROR', code: 410 });
    expect(parseWatchEvent({ type: 'ERROR' })).toEqual({ type: 'ERROR', code: 500 });
    for (const line of [{}, 5, { type: 'ADDED' }, { type: 'OTHER', object }]) {
      expect(() => parseWatchEvent(line)).toThrow(/not an event/);
    }
  });
});
