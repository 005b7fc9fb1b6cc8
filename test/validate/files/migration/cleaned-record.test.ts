import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cleanedAnnotation, cleanedText } from '../../../../src/domain/migrate/apply/cleaned-record.ts';
import { parseCleanedRecord } from '../../../../src/validate/files/migration/cleaned-record.ts';

const identity =
  '/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/demo-rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/web';
const entry = { namespace: 'demo', name: 'web', selector: 'web', identity };

function parse(text: string) {
  return parseCleanedRecord({ [cleanedAnnotation]: text }, 'demo');
}

describe('the note of what a workload had', () => {
  it('is read as it was written', () => {
    const names = fc.stringMatching(/^[a-z](?:[a-z0-9-]{0,20}[a-z0-9])?$/);
    const entries = fc.array(
      fc.record({
        namespace: fc.constant('demo'),
        name: names,
        selector: names,
        identity: names.map((name) => identity.replace(/web$/, name)),
      }),
      { maxLength: 20 },
    );
    fc.assert(
      fc.property(names, entries, (binding, had) => {
        const record = { binding, entries: had };
        expect(parse(cleanedText(record))).toEqual(record);
      }),
    );
  });

  it.each([
    ['of another namespace', { ...entry, namespace: 'kube-system' }],
    ['without a managed identity', { ...entry, identity: `${identity}/../other` }],
    [
      'of something else than an identity',
      { ...entry, identity: identity.replace('userAssigned', 'system') },
    ],
    ['with a selector that is no label', { ...entry, selector: 'a b' }],
    ['without a selector', { ...entry, selector: '' }],
    ['with a name that is none', { ...entry, name: '../web' }],
    ['that is no object', 'web'],
  ])('leaves out an entry %s', (_what, spoiled) => {
    expect(parse(JSON.stringify({ binding: 'web', entries: [spoiled, entry] }))).toEqual({
      binding: 'web',
      entries: [entry],
    });
  });

  it.each(['', '{', '[]', 'null', '{"binding":1}', '{"binding":"a b","entries":[]}', '{"entries":[]}'])(
    'is none where the annotation is %j',
    (text) => {
      expect(parse(text)).toBeUndefined();
    },
  );

  it('is none for whatever others write', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        expect(() => parse(text)).not.toThrow();
      }),
    );
  });
});
