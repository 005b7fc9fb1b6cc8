import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CutJson, JsonCutter } from '../../../src/k8s/client/cut-json.ts';
import { anyCase, type JsonShape } from '../../../src/validate/json-shape.ts';

const shape: JsonShape = {
  metadata: { name: 'always', labels: 'kept' },
  spec: { secret: { name: 'kept' }, ids: 'kept', pairs: { a: 'kept' } },
};

function cut(
  text: string,
  options: { most?: number; each?: string; pieces?: number[]; of?: JsonShape } = {},
) {
  const { most = 1_000, each, pieces = [], of = shape } = options;
  const cutter = new JsonCutter({ shape: of, mostBytes: most, ...(each === undefined ? {} : { each }) });
  const bytes = Buffer.from(text);
  const done: CutJson[] = [];
  let from = 0;
  for (const length of [...pieces, bytes.length]) {
    done.push(...cutter.push(bytes.subarray(from, from + length)));
    from += length;
  }
  return { values: done.map(({ json }) => json), cut: done.map(({ isCut }) => isCut), cutter };
}

interface Told {
  /** As `JSON.stringify` takes it. */
  readonly space: number;
  isCut: boolean;
}

const mostAlwaysBytes = 1_024;

/** The rule, told simply. */
function keep(value: unknown, by: JsonShape | undefined, told: Told, depth = 0): unknown {
  const inner = (each: unknown, shape: JsonShape | undefined) => keep(each, shape, told, depth + 1);
  if (by === 'always') {
    const lines = JSON.stringify(value, undefined, told.space).split('\n');
    const isLong = Buffer.byteLength(lines.join(`\n${' '.repeat(told.space * depth)}`)) > mostAlwaysBytes;
    told.isCut ||= isLong;
    return isLong ? null : value;
  }
  if (Array.isArray(value) && typeof by === 'object') {
    return value.map((each) => inner(each, by));
  }
  if (typeof value !== 'object' || value === null || typeof by !== 'object') {
    return value;
  }
  return Object.fromEntries(
    Object.entries(value)
      .filter(([member]) => Object.hasOwn(by, member))
      .map(([member, each]) => [member, inner(each, by[member])]),
  );
}

const odd = fc.constantFrom(
  'metadata',
  'spec',
  'name',
  'labels',
  'secret',
  'ids',
  'pairs',
  'a',
  'ab"c',
  '\\',
  'ü',
);
/** Some of them longer than an `always` may be, escapes counted. */
const short = fc
  .tuple(fc.constantFrom('a', '\u0001', 'ü'), fc.nat(1_100))
  .map(([one, count]) => one.repeat(count));
const json = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 5 },
    fc.string({ unit: 'binary' }),
    fc.integer(),
    fc.constantFrom(null, true, false, 1.5e-7, '"', '\\', '\\"', '}', '],{', '\u2028'),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.oneof(odd, fc.string()), tie('value'), { maxKeys: 6, noNullPrototype: true }),
  ),
})).value;

describe('JSON that is cut while it is read', () => {
  it('is what the shape names, in whatever pieces it comes', () => {
    fc.assert(
      fc.property(
        fc.dictionary(odd, json, { noNullPrototype: true }),
        fc.array(fc.nat(9)),
        fc.constantFrom(0, 2),
        (value, pieces, space) => {
          const {
            values,
            cut: isCut,
            cutter,
          } = cut(JSON.stringify(value, undefined, space), {
            pieces,
            most: 1e9,
          });
          const told = { space, isCut: false };
          expect(values).toEqual([keep(value, shape, told)]);
          expect(isCut).toEqual([told.isCut]);
          expect(cutter.isBetween).toBe(true);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('comes element by element where a member is a list, and then the rest', () => {
    fc.assert(
      fc.property(fc.array(json), fc.array(fc.nat(9)), (items, pieces) => {
        const list = { kind: 'List', items, metadata: { resourceVersion: '7', more: 1 } };
        const of = { items: shape, metadata: { resourceVersion: 'always' } } as const;
        const { values } = cut(JSON.stringify(list), { pieces, of, each: 'items', most: 1e9 });
        expect(values).toEqual([
          ...items.map((item) => keep(item, shape, { space: 0, isCut: false })),
          { items: [], metadata: { resourceVersion: '7' } },
        ]);
      }),
    );
  });

  it('is the same whether an element is read at once or byte by byte', () => {
    const pods: JsonShape = {
      metadata: { name: 'always', labels: 'kept' },
      spec: { [anyCase]: true, a: 'kept' },
    };
    const spec = fc.dictionary(fc.constantFrom('a', 'A', '__proto__', 'b'), json, { noNullPrototype: true });
    const item = fc.record({
      metadata: fc.record({
        name: fc.oneof(fc.string({ unit: 'binary' }), short, json),
        labels: json,
        ab: json,
      }),
      spec: fc.oneof(spec, fc.array(spec), json),
      nested: fc.array(fc.record({ metadata: json }), { maxLength: 3 }),
    });
    fc.assert(
      fc.property(
        fc.array(item),
        fc.constantFrom(7, 400, 10_000),
        fc.constantFrom(200, 3_000, 100_000),
        fc.constantFrom(0, 2),
        (items, length, most, space) => {
          const text = JSON.stringify({ items, metadata: {} }, undefined, space);
          const options = { of: { items: pods }, each: 'items', most };
          const slowly = cut(text, { ...options, pieces: Array(Buffer.byteLength(text)).fill(1) });
          const byPieces = cut(text, { ...options, pieces: Array(1_000).fill(length) });
          expect([byPieces.values, byPieces.cut]).toEqual([slowly.values, slowly.cut]);
        },
      ),
      // To look for the smallest failing list would take minutes.
      { endOnFailure: true },
    );
  });

  it('may be followed by more', () => {
    const { values } = cut('{"spec":{"x":1}}\n{"metadata":{"name":"b","y":[1,{}]}}\n');
    expect(values).toEqual([{ spec: {} }, { metadata: { name: 'b' } }]);
  });

  const big = 'x'.repeat(5_000);
  it.each([
    [
      'a value beyond the room',
      { metadata: { name: 'n', labels: { a: big } } },
      { metadata: { name: 'n', labels: null } },
    ],
    [
      'what came before it stays',
      { metadata: { labels: { a: 'b' }, name: 'n' }, spec: { ids: [big] } },
      { metadata: { labels: { a: 'b' }, name: 'n' }, spec: { ids: null } },
    ],
    [
      'what is always kept comes after it',
      { spec: { ids: Array(900).fill(1) }, metadata: { labels: { c: big }, name: 'n' } },
      { spec: { ids: null }, metadata: { labels: null, name: 'n' } },
    ],
    ['no name is as long as this', { metadata: { name: big } }, { metadata: { name: null } }],
  ])('says that it left out: %s', (_name, value, kept) => {
    for (const pieces of [[], Array(6_000).fill(1), [17, 1_500, 3]]) {
      const { values, cut: isCut } = cut(JSON.stringify(value), { pieces });
      expect(values).toEqual([kept]);
      expect(isCut).toEqual([true]);
    }
  });

  it('keeps no more of a list of small elements than of one large', () => {
    const value = { spec: { pairs: Array(5_000).fill({ a: 1 }) } };
    const { values, cut: isCut } = cut(JSON.stringify(value));
    expect(JSON.stringify(values).length).toBeLessThan(1_200);
    expect(isCut).toEqual([true]);
  });

  it('judges each element by itself', () => {
    const of = { items: shape };
    const items = [{ metadata: { labels: { a: big } } }, { metadata: { labels: { a: 'b' } } }];
    expect(cut(JSON.stringify({ items }), { of, each: 'items' }).cut.slice(0, 2)).toEqual([true, false]);
  });

  it.each(['{"metadata":}', '{,}', '{"metadata" 1}', '[1 2]', '}', '{"spec":{"ids":1]}', '{1:2}'])(
    'is refused where it is not JSON: %s',
    (text) => {
      expect(() => cut(`${text}  `)).toThrow('not JSON');
    },
  );

  it('is not at its end while it goes on', () => {
    expect(cut('{"spec":{"x":"').cutter.isBetween).toBe(false);
    expect(cut('{"spec":{}').cutter.isBetween).toBe(false);
  });
});
