import { describe, expect, it } from 'vitest';
import { commandTree, loadCommand } from '../../../src/cli/run/command-tree.ts';
import { sourceFiles } from '../../architecture/source-files.ts';

const source = sourceFiles('src/cli/run').find(({ path }) => path.endsWith('/command-tree.ts'));

const clusterKeys = ['resourceGroup', 'clusterName', 'subscription', 'clusterId'];
const subscriptionKeys = ['resourceGroup', 'subscription'];
const kubeKeys = ['kubeconfig', 'context'];
/** What commands take that find their cluster so. */
const flagsOf = {
  none: { azure: [], kube: false, via: false },
  subscription: { azure: subscriptionKeys, kube: false, via: false },
  azure: { azure: clusterKeys, kube: false, via: false },
  api: { azure: clusterKeys, kube: true, via: false },
  both: { azure: clusterKeys, kube: true, via: false },
  objects: { azure: clusterKeys, kube: true, via: true },
  entries: { azure: clusterKeys, kube: true, via: true },
};

describe('the command tree', () => {
  it('loads for the words of a command the file of that path, and knows every file of commands', () => {
    const loaded = source?.imports.filter(({ dynamic }) => dynamic).map(({ target }) => target);
    expect(loaded).toEqual(commandTree.commands.map(({ words }) => `src/commands/${words.join('/')}.ts`));
    expect(loaded?.toSorted()).toEqual(sourceFiles('src/commands').map(({ path }) => path));
  });

  it('names each command once, with a summary of one line without a full stop', () => {
    const lines = commandTree.commands.map(({ words }) => words.join(' '));
    expect(new Set(lines).size).toBe(lines.length);
    for (const { summary } of [...commandTree.commands, ...commandTree.groups]) {
      expect(summary).toMatch(/^[a-z].*[^.]$/);
    }
  });

  it('keeps the commands of a block together', () => {
    const blocks = commandTree.commands.map(({ block }) => block);
    const begun = blocks.filter((block, at) => block !== blocks[at - 1]);
    expect(begun).toEqual([...new Set(blocks)]);
  });

  it.each(commandTree.commands.map((entry) => [entry.words.join(' '), entry] as const))(
    'gives %s words, summary and what its file says',
    async (_, entry) => {
      const command = await loadCommand(entry);
      expect(command).toMatchObject({ words: entry.words, summary: entry.summary });
      expect(command.run).toBeTypeOf('function');
      const taken = Object.keys(command.flags).filter(
        (key) => key !== 'kubeconfig' || entry.reach !== 'none',
      );
      const { azure, kube, via } = flagsOf[entry.reach];
      expect(clusterKeys.filter((key) => taken.includes(key))).toEqual(azure);
      expect(kubeKeys.filter((key) => taken.includes(key))).toEqual(kube ? kubeKeys : []);
      expect(taken.includes('via')).toBe(via);
    },
  );
});
