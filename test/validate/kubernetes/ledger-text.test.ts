import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { emptyLedger, type LedgerState } from '../../../src/domain/standard-mode/ledger-state.ts';
import { parseLedger, renderLedger } from '../../../src/validate/kubernetes/ledger-text.ts';

describe('the text of a ledger', () => {
  it('is read as it was written', () => {
    const name = fc.string({ minLength: 1 }).map((text) => `/id/${text}`);
    const entry = fc.record(
      {
        on: fc.uniqueArray(name),
        doing: fc.record({ add: fc.uniqueArray(name), remove: fc.uniqueArray(name) }),
      },
      { requiredKeys: ['on'] },
    );
    const ledger = fc.record({
      epoch: fc.nat(),
      machines: fc.dictionary(name, entry, { noNullPrototype: true }),
    });
    fc.assert(
      fc.property(ledger, (state) => {
        expect(parseLedger(renderLedger(state as LedgerState))).toEqual(state);
      }),
    );
  });

  it.each(['', 'null', '[]', '{"identities":{}}', '{"epoch":"x","machines":[]}', '{'])(
    'of the text %j owns nothing',
    (text) => expect(parseLedger(text)).toEqual(emptyLedger),
  );
});
