import { describe, expect, it } from 'vitest';
import { commandTree, loadCommand } from '../../../src/cli/run/command-tree.ts';
import { sourceFiles } from '../../architecture/source-files.ts';

const source = sourceFiles('src/cli/run').find(({ path }) => path.endsWith('/command-tree.ts'));

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
    },
  );
});
