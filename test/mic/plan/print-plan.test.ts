import { describe, expect, it } from 'vitest';
import { isObeyed } from '../../../src/errors/plain-text.ts';
import { planText } from '../../../src/mic/plan/print-plan.ts';
import { hostileWords } from '../../hostile-words.ts';

describe('the plan of the controller', () => {
  it.each(hostileWords)('has one line for each thing, whatever others wrote: %j', (word) => {
    const text = planText({
      assignments: [{ action: 'create', namespace: 'shop', name: 'p1', state: 'Created' }],
      machines: [
        {
          id: 'vm',
          add: [`/id/${word}`],
          remove: [`/old/${word}`],
          unneeded: [`/left/${word}`],
          trouble: `Azure: ${word}.`,
        },
      ],
      pods: [{ namespace: 'shop', name: 'p1', reason: `names AzureIdentity ${word}.` }],
    });
    const lines = text.trimEnd().split('\n');
    expect(lines.map((line) => line.split(' ')[0])).toEqual([
      'create',
      'add',
      'remove',
      'unneeded',
      'blocked',
      'nothing',
    ]);
    expect(lines.filter(isObeyed)).toEqual([]);
  });
});
