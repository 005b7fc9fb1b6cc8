import { readFile } from 'node:fs/promises';
import type { RulesBackend } from '../rules-backend.ts';
import { mustRun, RulesError, type RunTool } from '../run-tool.ts';
import { type OwnChain, ownChains, renderIptables } from './render-iptables.ts';

/**
 * The fallback for nodes without nftables. It stands at the first place of each built-in chain when it is
 * written, and does not fight for that place later, since Calico and others would fight back. There is
 * nothing to follow: the periodic reading finds what changed.
 */
export function iptablesBackend(run: RunTool): RulesBackend {
  let chosen: string | undefined;
  // What is kept is the choice, and no failure of it: the keeper of the rules comes again.
  const tool = async () => {
    chosen ??= await chooseIptables(run);
    return chosen;
  };
  const read = async () => {
    const iptables = await tool();
    const listed: string[] = [];
    for (const chain of ownChains) {
      const { code, stdout } = await run(iptables, ['-w', '-t', chain.table, '-S', chain.name]);
      if (code !== 0 || (chain.hook !== undefined && !(await jumps(run, iptables, chain)))) {
        return undefined;
      }
      listed.push(stdout);
    }
    return { fingerprint: listed.join(''), packets: {} };
  };
  return {
    name: 'iptables',
    async install(options, target) {
      const iptables = await tool();
      await mustRun(run, `${iptables}-restore`, ['--noflush', '--wait'], {
        stdin: renderIptables(options, target),
      });
      for (const { table, name, hook } of ownChains) {
        if (hook !== undefined && !(await jumps(run, iptables, { table, name, hook }))) {
          await mustRun(run, iptables, ['-w', '-t', table, '-I', hook, '1', '-j', name]);
        }
      }
      const rules = await read();
      if (rules === undefined) {
        throw new RulesError('The redirect rules were written, but are missing when read back.');
      }
      return rules;
    },
    read,
    async remove() {
      const iptables = await tool();
      for (const chain of ownChains.toReversed()) {
        await removeChain(run, iptables, chain);
      }
    },
    follow: () => ({ isLive: false }),
  };
}

async function jumps(run: RunTool, iptables: string, { table, name, hook }: OwnChain): Promise<boolean> {
  return (await run(iptables, ['-w', '-t', table, '-C', hook ?? '', '-j', name])).code === 0;
}

async function removeChain(run: RunTool, iptables: string, chain: OwnChain): Promise<void> {
  const { table, name, hook } = chain;
  while (hook !== undefined && (await jumps(run, iptables, chain))) {
    await mustRun(run, iptables, ['-w', '-t', table, '-D', hook, '-j', name]);
  }
  if ((await run(iptables, ['-w', '-t', table, '-S', name])).code === 0) {
    await mustRun(run, iptables, ['-w', '-t', table, '-F', name]);
    await mustRun(run, iptables, ['-w', '-t', table, '-X', name]);
  }
}

/**
 * The variant that the node's own rules are in. Asking the legacy one would create its tables, so the
 * kernel's list is read instead.
 */
export async function chooseIptables(run: RunTool): Promise<string> {
  const hint = await run('iptables-nft', ['-w', '-t', 'mangle', '-S', 'KUBE-IPTABLES-HINT']);
  if (hint.code === 0) {
    return 'iptables-nft';
  }
  const legacyTables = await readFile('/proc/net/ip_tables_names', 'utf8').catch(() => '');
  return legacyTables.trim() === '' ? 'iptables-nft' : 'iptables-legacy';
}
