import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseLabelSelector, selectObjects } from '../../../../src/emulator/kube/objects/selectors.ts';

describe('a label selector', () => {
  it.each([
    ['', true],
    ['app=web', true],
    ['app==web,tier!=db', true],
    ['app!=web', false],
    ['app in (api, web),tier notin (db)', true],
    ['app notin (web)', false],
    ['app', true],
    ['!app', false],
    ['!tier', true],
    ['tier!=db', true],
    ['example.com/x=', true],
    ['tier=', false],
  ])('reads %s', (text, expected) => {
    expect(parseLabelSelector(text)({ app: 'web', 'example.com/x': '' })).toBe(expected);
  });

  it.each(['a=b=c', '=x', 'a in b', 'a b', '(a)', 'a in (b'])('refuses %s', (text) => {
    expect(() => parseLabelSelector(text)).toThrow(text);
  });

  it('selects as its set form does', () => {
    const word = fc.constantFrom('a', 'b', 'c');
    fc.assert(
      fc.property(fc.dictionary(word, word), word, word, (labels, key, value) => {
        expect(parseLabelSelector(`${key}=${value}`)(labels)).toBe(
          parseLabelSelector(`${key} in (${value})`)(labels),
        );
        expect(parseLabelSelector(`${key}!=${value}`)(labels)).toBe(
          parseLabelSelector(`${key} notin (${value})`)(labels),
        );
      }),
    );
  });
});

describe('a field selector', () => {
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p' },
    spec: { nodeName: 'n1' },
    status: { podIP: '10.0.0.1' },
  };

  it.each([
    ['spec.nodeName=n1,status.podIP=10.0.0.1', true],
    ['spec.nodeName!=n1', false],
    ['metadata.name==p', true],
    ['spec.nodeName=', false],
    ['spec.hostNetwork=false', true],
  ])('reads %s', (text, expected) => {
    expect(selectObjects('', text)(pod)).toBe(expected);
  });

  it('refuses a field that no server selects by', () => {
    expect(() => selectObjects('', 'spec.image=x')).toThrow('spec.image');
  });
});
