import { describe, expect, it } from 'vitest';
import { iptablesBackend } from '../../../../src/nmi/rules/iptables/iptables-backend.ts';
import { RulesError } from '../../../../src/nmi/rules/run-tool.ts';

describe('the rules by iptables', () => {
  it('choose the tool again where the first choice failed, and once where it did not', async () => {
    const asked: string[] = [];
    let hangs = true;
    const backend = iptablesBackend(async (tool, args) => {
      if (args.includes('KUBE-IPTABLES-HINT')) {
        asked.push(tool);
        if (hangs) {
          throw new RulesError('iptables-nft hangs.');
        }
      }
      return { code: args.includes('KUBE-IPTABLES-HINT') ? 0 : 1, stdout: '', stderr: '' };
    });
    await expect(backend.read()).rejects.toThrow('iptables-nft hangs.');
    hangs = false;
    expect(await backend.read()).toBeUndefined();
    expect(await backend.read()).toBeUndefined();
    expect(asked).toHaveLength(2);
  });
});
