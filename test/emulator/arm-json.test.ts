import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { at, ExactNumber, parseJson, setMember, writeJson } from '../../src/emulator/exact-json.ts';

describe('the JSON of the emulator', () => {
  it('reads and writes any JSON as JSON does', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 4 }), fc.constantFrom(undefined, 2, '\t'), (text, indent) => {
        const spaced = JSON.stringify(JSON.parse(text), null, indent);
        expect(JSON.parse(writeJson(parseJson(spaced)))).toEqual(JSON.parse(text));
      }),
    );
  });

  it.each([
    '1.0',
    '-0',
    '1e2',
    '12345678901234567890',
    '0.10',
    '[1.0,{"a":2.50}]',
    '{"__proto__":{"x":1.0},"b":null}',
  ])('keeps %s as it was spelt', (text) => {
    expect(writeJson(parseJson(text))).toBe(text);
  });

  it.each(['', '{', '[1,]', '{"a":1,}', '01', 'nul', '{"a" 1}'])('refuses %j', (text) => {
    expect(() => parseJson(text)).toThrow(SyntaxError);
  });

  it('looks only at own members', () => {
    const object = {};
    setMember(object, '__proto__', new ExactNumber('1.0'));
    expect(at(object, '__proto__')).toEqual(new ExactNumber('1.0'));
    expect(at({}, 'constructor')).toBeUndefined();
  });
});
