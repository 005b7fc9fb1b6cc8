import { describe, expect, it } from 'vitest';
import type { RunTool } from '../../../../src/nmi/rules/run-tool.ts';
import { listRules } from '../../../../src/nmi/rules/text/list-rules.ts';

const answering =
  (answers: (line: string) => { code?: number; stdout?: string; stderr?: string }): RunTool =>
  async (tool, args) => ({ code: 0, stdout: '', stderr: '', ...answers([tool, ...args].join(' ')) });

describe('the rules as the kernel has them, for people,', () => {
  it('are what nft prints of the redirect and of the guard, and podid’s own policy routes', async () => {
    const text = await listRules(
      answering((line) => ({ stdout: `printed by ${line}\n` })),
      'nft',
    );
    expect(text).toBe(
      [
        '# nft list table inet podid\nprinted by nft list table inet podid\n',
        '# nft list table bridge podid_guard\nprinted by nft list table bridge podid_guard\n',
        '# ip -4 rule list protocol 225\nprinted by ip -4 rule list protocol 225\n',
      ].join('\n'),
    );
  });

  it('say of a table that is gone what nft says, and of a tool that is missing that it is', async () => {
    const run: RunTool = async (tool) => {
      if (tool === 'ip') {
        throw new Error('The tool ip is not installed.');
      }
      return { code: 1, stdout: '', stderr: 'Error: No such file or directory\nlist table\n' };
    };
    const text = await listRules(run, 'nft');
    expect(text).toContain('# nft list table inet podid\n# ended with 1: Error: No such file or directory\n');
    expect(text).toContain('# ip -4 rule list protocol 225\n# Error: The tool ip is not installed.');
  });

  it('are, with iptables, each chain of podid’s and the chains that lead there, once', async () => {
    const text = await listRules(
      answering(() => ({})),
      'iptables',
    );
    const lines = text.split('\n').filter((line) => line.startsWith('# iptables'));
    expect(lines).toContain('# iptables-nft -w -t nat -v -S PREROUTING');
    expect(lines).toContain('# iptables-nft -w -t nat -v -S podid-to-agent');
    expect(new Set(lines).size).toBe(lines.length);
    expect(text).not.toContain('table inet podid\n');
  });

  it('end where a table is longer than any of podid’s own', async () => {
    const text = await listRules(
      answering(() => ({ stdout: 'x'.repeat(10 * 1024 * 1024) })),
      'nft',
    );
    expect(text.length).toBeLessThan(2 * 1024 * 1024);
    expect(text).toContain('# cut here');
  });
});
