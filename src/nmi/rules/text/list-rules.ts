import { guardTable } from '../guard/render-guard.ts';
import { chooseIptables } from '../iptables/iptables-backend.ts';
import { ownChains } from '../iptables/render-iptables.ts';
import { ownTable } from '../nft/render-nft-table.ts';
import { ownProtocol } from '../policy-routes.ts';
import type { RunTool } from '../run-tool.ts';

/** In letters, for each command: far more than 250 pods take. */
const mostLetters = 512 * 1024;

/**
 * What the kernel holds of podid's rules, as the node's tools print it, for people: each command, and below it what it
 * printed, or why it printed nothing. With iptables also the chains of the kernel that lead to podid's, since there the
 * order counts. Never throws.
 */
export async function listRules(run: RunTool, backend: 'nft' | 'iptables'): Promise<string> {
  const ofTable = ({ family, name }: { readonly family: string; readonly name: string }) => [
    'nft',
    'list',
    'table',
    family,
    name,
  ];
  const commands = [
    ...(backend === 'nft' ? [ofTable(ownTable)] : await ofChains(run)),
    ofTable(guardTable),
    ['ip', '-4', 'rule', 'list', 'protocol', ownProtocol],
  ];
  const parts: string[] = [];
  for (const [tool = '', ...args] of commands) {
    parts.push(`# ${[tool, ...args].join(' ')}\n${await printed(run, tool, args)}`);
  }
  return parts.join('\n');
}

async function ofChains(run: RunTool): Promise<string[][]> {
  const iptables = await chooseIptables(run).catch(() => 'iptables-nft');
  const chains = ownChains.flatMap(({ table, name, hook }) => [
    ...(hook === undefined ? [] : [`${table} ${hook}`]),
    `${table} ${name}`,
  ]);
  return [...new Set(chains)].map((chain) => {
    const [table = '', name = ''] = chain.split(' ');
    return [iptables, '-w', '-t', table, '-v', '-S', name];
  });
}

async function printed(run: RunTool, tool: string, args: readonly string[]): Promise<string> {
  try {
    const { code, stdout, stderr } = await run(tool, args);
    const text = code === 0 ? stdout : `# ended with ${code}: ${stderr.trim().split('\n')[0] ?? ''}\n`;
    return text.length > mostLetters ? `${text.slice(0, mostLetters)}\n# cut here\n` : text;
  } catch (error) {
    return `# ${String(error)}\n`;
  }
}
