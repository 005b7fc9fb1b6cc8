import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bindingSelectorRule,
  exceptionNameRule,
  identityNameRule,
  labelKeyRule,
  labelValueRule,
  namespaceRule,
} from '../../../src/validate/flags/kubernetes-names.ts';
import type { Rule } from '../../../src/validate/usage-faults.ts';

const rules: Record<string, Rule> = {
  namespaceRule,
  identityNameRule,
  exceptionNameRule,
  bindingSelectorRule,
  labelValueRule,
};

describe('a namespace', () => {
  it.each(['a', 'shop', 'shop-1', '1', 'a'.repeat(63)])('may be %s', (text) => {
    expect(namespaceRule(text)).toBeUndefined();
  });

  it.each([
    ['', undefined],
    ['Shop', 'shop'],
    ['shop.', 'shop'],
    ['my.shop', 'my-shop'],
    ['-shop-', 'shop'],
    ['shop\n', 'shop'],
    ['a'.repeat(64), 'a'.repeat(63)],
    ['ｓｈｏｐ', 'shop'],
    ['../shop', 'shop'],
    ['---', undefined],
  ])('is not %j; nearest %s', (text, nearest) => {
    expect(namespaceRule(text)).toMatchObject({ rule: expect.stringContaining('63') });
    expect(namespaceRule(text)?.nearest).toBe(nearest);
  });

  it('takes no letter of another alphabet for its own', () => {
    expect(namespaceRule('shоp')).toBeDefined();
    expect(namespaceRule('shop\u200b')).toBeDefined();
  });
});

describe('a name', () => {
  it.each(['web', 'web.shop', 'a.b.c-d', '0'])('may be %s', (text) => {
    expect(identityNameRule(text)).toBeUndefined();
  });

  it.each([
    ['Web', 'web'],
    ['web.', 'web'],
    ['web..shop', 'web.shop'],
    ['.web', 'web'],
    ['web-.shop', 'web.shop'],
    ['my web', 'my-web'],
    ['web_1', 'web-1'],
    ['', undefined],
  ])('is not %j; nearest %s', (text, nearest) => {
    expect(identityNameRule(text)).toBeDefined();
    expect(identityNameRule(text)?.nearest).toBe(nearest);
  });

  it('leaves room for "-binding" where a binding is named after it', () => {
    expect(identityNameRule('a'.repeat(245))).toBeUndefined();
    expect(identityNameRule('a'.repeat(246))?.nearest).toHaveLength(245);
    expect(exceptionNameRule('a'.repeat(253))).toBeUndefined();
    expect(exceptionNameRule('a'.repeat(254))).toBeDefined();
  });
});

describe('a label', () => {
  it.each(['app', 'App_1', 'example.com/app', 'kubernetes.azure.com/managedby'])(
    'may have the key %s',
    (key) => {
      expect(labelKeyRule(key)).toBeUndefined();
    },
  );

  it.each([
    '',
    '/app',
    'a/',
    'a/b/c',
    'Example.com/app',
    '-app',
    'app ',
    'a'.repeat(64),
    `${'a'.repeat(254)}/b`,
    'кey',
  ])('may not have the key %j', (key) => {
    expect(labelKeyRule(key)).toBeDefined();
  });

  it('may have an empty value, and a selector may not', () => {
    expect(labelValueRule('')).toBeUndefined();
    expect(bindingSelectorRule('')).toBeDefined();
  });

  it.each(['a'.repeat(64), 'a b', '-a', 'a.', 'a/b', 'ä', 'a\r\nb'])('may not have the value %j', (value) => {
    expect(labelValueRule(value)).toBeDefined();
    expect(bindingSelectorRule(value)).toBeDefined();
  });
});

describe('every rule', () => {
  it.each(Object.keys(rules))('%s offers only what it takes itself', (name) => {
    const rule = rules[name] as Rule;
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string({ unit: 'grapheme' }),
          fc.string({ unit: fc.constantFrom('a', 'Z', '-', '.', '_', '0') }),
        ),
        (text) => {
          const nearest = rule(text)?.nearest;
          if (nearest !== undefined) {
            expect(rule(nearest)).toBeUndefined();
          }
        },
      ),
    );
  });

  it.each(Object.keys(rules))('%s takes no control character, space or slash', (name) => {
    const rule = rules[name] as Rule;
    fc.assert(
      fc.property(fc.constantFrom('\0', '\n', '\r', ' ', '/', '%', '\u202e'), fc.nat(3), (bad, at) => {
        expect(rule(`${'web'.slice(0, at)}${bad}${'web'.slice(at)}`)).toBeDefined();
      }),
    );
  });
});
