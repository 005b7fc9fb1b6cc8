import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nextCommand, podidCommand } from '../../../src/domain/hints/next-command.ts';
import { shellWord } from '../../../src/errors/shell-word.ts';

const cluster = { subscriptionId: 'sub', resourceGroup: 'rg', name: 'aks' };

describe('a command in a hint', () => {
  it('names the cluster and the flags that have a value', () => {
    const flags = {
      namespace: 'shop',
      'pod-labels': ['a=b', 'c='],
      'with-kubenet': true,
      name: undefined,
    } as const;
    expect(String(nextCommand('exception add', cluster, flags))).toBe(
      'podid exception add -g rg -c aks --subscription sub --namespace shop --pod-labels a=b c= --with-kubenet',
    );
  });

  it('names the cluster by other flags where no Azure ids do', () => {
    const flags = { kubeconfig: '/k', context: 'dev', mode: 'cluster' };
    expect(String(podidCommand(['list'], flags))).toBe(
      'podid list --kubeconfig /k --context dev --mode cluster',
    );
  });

  it('reaches the program as the same words through a shell', () => {
    const text = fc
      .string({ unit: 'binary' })
      .filter((word) => !word.includes('\0') && Buffer.from(word).toString() === word);
    fc.assert(
      fc.property(fc.array(text, { minLength: 1, maxLength: 20 }), (words) => {
        const script = words.map((word) => `printf '%s\\0' ${shellWord(word)}`).join('\n');
        expect(execFileSync('sh', ['-c', script], { encoding: 'utf8' }).split('\0').slice(0, -1)).toEqual(
          words,
        );
      }),
      { numRuns: 30 },
    );
  });
});
