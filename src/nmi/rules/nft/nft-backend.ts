import { guardTable } from '../guard/render-guard.ts';
import type { InstalledRules, RulesBackend } from '../rules-backend.ts';
import { mustRun, RulesError, type RunTool } from '../run-tool.ts';
import { followNft } from './follow-nft.ts';
import { type NftTable, parseNftTable } from './parse-nft-table.ts';
import { ownTable, renderNftRemoval, renderNftTable } from './render-nft-table.ts';

/** Reads and writes podid's own table, by name: listing all tables of a busy node takes seconds. */
export function nftBackend(run: RunTool): RulesBackend {
  const list = async () => {
    const { code, stdout } = await run('nft', ['-j', 'list', 'table', ownTable.family, ownTable.name]);
    return code === 0 ? parseNftTable(stdout) : undefined;
  };
  return {
    name: 'nft',
    async install(options, target, alongside) {
      const text = renderNftTable(options, target);
      await mustRun(run, 'nft', ['-f', '-'], { stdin: `${alongside}${text}` });
      const table = await list();
      if (table?.flags !== 'null' || table.rules.length !== text.match(/ comment "|^\tset /gm)?.length) {
        throw new RulesError('The redirect rules were written, but other rules were read back.');
      }
      return installed(table);
    },
    async read() {
      const table = await list();
      return table && installed(table);
    },
    async remove() {
      await mustRun(run, 'nft', ['-f', '-'], { stdin: renderNftRemoval() });
    },
    follow: (signal, onChange) => followNft([ownTable, guardTable], signal, onChange),
  };
}

function installed({ flags, chains, rules, packets }: NftTable): InstalledRules {
  return { fingerprint: [flags, ...chains, ...rules].join('\n'), packets };
}
