import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { forEachChild, parse, type SyntaxNode } from 'unbash';
import { describe, expect, it } from 'vitest';
import { globalFlags } from '../../src/cli/flags/global-flags.ts';
import { parseCommandLine } from '../../src/cli/run/command-line.ts';
import { commandTree } from '../../src/cli/run/command-tree.ts';
import type { FlagTable } from '../../src/flags/flag-table.ts';
import { readFlags, takeWord } from '../../src/flags/read-flags.ts';
import { readGoFlags } from '../../src/flags/read-go-flags.ts';
import { checkRest } from '../../src/flags/unknown-words.ts';
import { micFlags } from '../../src/mic/mic-flags.ts';
import { nmiFlags } from '../../src/nmi/nmi-flags.ts';
import { withoutPlaceholders } from '../../src/validate/az/transcript.ts';
import { windowsTokens } from '../../src/validate/az/windows-tokens.ts';
import { UsageFaults } from '../../src/validate/usage-faults.ts';
import { root } from '../architecture/source-files.ts';

/*
 * Blocks marked `shell` are run by documents.test.ts; those marked `sh` want a cluster, a cloud or a choice of the
 * reader's. Of both, and of every other text that a reader may type, each command of podid's programs is read here as
 * the program reads it.
 */

const documents = [
  ...['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'deploy/chart/README.md'],
  ...readdirSync(join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
  ...readdirSync(join(root, 'docs/commands')).map((name) => `docs/commands/${name}`),
];

const scripts = documents.flatMap((path) => {
  const text = readFileSync(join(root, path), 'utf8');
  const blocks = [...text.matchAll(/^```(sh|shell|powershell|bat|)(?: [\w-]+)?\n([\s\S]*?)^```$/gm)];
  return blocks.flatMap(([, kind = '', block = '']) => {
    // A block without a mark is for what is printed, and for single lines to type.
    const isTyped =
      kind !== '' || block.split('\n').every((line) => /^(?:podid(?:-\w+)?(?: \S+)*)?$/.test(line));
    return isTyped ? [{ path, kind, script: block }] : [];
  });
});

interface Typed {
  readonly program: string;
  readonly words: readonly string[];
}

/** What stands before the program that is meant. */
const wrapping = /^(?:sudo|env|exec|time|npx|node|-.*)$/;

/** Every command of a script of PowerShell or cmd. */
function windowsCommandsIn(script: string, shell: 'powershell' | 'cmd'): Typed[] {
  const commands: string[][] = [[]];
  for (const { kind, text } of windowsTokens(script, shell)) {
    kind === 'separator' ? commands.push([]) : commands.at(-1)?.push(text);
  }
  return commands.filter((words) => words.length > 0).map(typed);
}

function typed(all: readonly string[]): Typed {
  const [program = '', ...words] = all.slice(all.findIndex((word) => !wrapping.test(word)));
  return { program: program.replace(/^.*[/\\]|\.js$/g, ''), words };
}

/** Every command of a script, those in pipes, substitutions and behind `sudo` too. */
function commandsIn(script: string, kind: string): Typed[] {
  if (kind === 'powershell' || kind === 'bat') {
    return windowsCommandsIn(script, kind === 'bat' ? 'cmd' : kind);
  }
  const tree = parse(withoutPlaceholders(script));
  expect(tree.errors ?? []).toEqual([]);
  const found: Typed[] = [];
  const visit = (node: SyntaxNode): void => {
    if (node.type === 'Command') {
      const name = node.name === undefined ? [] : [node.name.value];
      const all = [...name, ...node.args.map((word) => ('value' in word ? String(word.value) : ''))];
      found.push(typed(all));
    }
    forEachChild(node, visit);
  };
  visit(tree);
  return found;
}

const agents: Readonly<Record<string, FlagTable>> = { 'podid-nmi': nmiFlags, 'podid-mic': micFlags };

async function faultsOf({ program, words }: Typed): Promise<readonly string[]> {
  // `…` stands for more of the same.
  const argv = words.filter((word) => word !== '…');
  const flags = agents[program];
  if (flags !== undefined) {
    try {
      readGoFlags(argv, flags, { program, environment: {} });
      return [];
    } catch (error) {
      return [String(error)];
    }
  }
  const faults = new UsageFaults();
  const { command, occurrences, rest } = await parseCommandLine(commandTree, argv);
  if (command === undefined) {
    return /^--(?:help|version)$|^help$/.test(argv[0] ?? '--help') ? [] : ['no command'];
  }
  const isHelp = readFlags(globalFlags, occurrences, faults).help;
  readFlags(command.flags, occurrences, isHelp ? new UsageFaults() : faults);
  const first = takeWord(rest, command.word, faults);
  const second = takeWord(first.rest, command.secondWord, faults);
  checkRest(second.rest, { ...globalFlags, ...command.flags }, {}, faults);
  // `…` may stand for what is missing, too.
  return faults.messages.filter((message) => argv.length === words.length || !/ is missing: /.test(message));
}

describe('the documents', () => {
  it.each(scripts.map(({ path, script, kind }) => [path, script, kind] as const))(
    '%s gives commands that podid reads: %.60s',
    async (_, script, kind) => {
      for (const typed of commandsIn(script, kind)) {
        if (typed.program === 'podid' || agents[typed.program] !== undefined) {
          const faults = await faultsOf(typed);
          expect({ typed, faults }).toEqual({ typed, faults: [] });
        }
      }
    },
  );

  it('name files of the repository that are there', () => {
    const missing = scripts.flatMap(({ path, script }) =>
      [...script.matchAll(/(?<![\w./-])(?:deploy|scripts|test|src|bench|bin|docs)\/[\w./-]+/g)]
        .map(([name]) => name.replace(/\.$/, ''))
        .filter((name) => !existsSync(join(root, name)))
        .map((name) => `${path}: ${name}`),
    );
    expect(missing).toEqual([]);
  });

  it('have commands of podid in each of the shells', () => {
    const withPodid = scripts.filter(({ script, kind }) =>
      commandsIn(script, kind).some(({ program }) => program === 'podid'),
    );
    expect(new Set(withPodid.map(({ kind }) => kind))).toEqual(
      new Set(['sh', 'shell', 'powershell', 'bat', '']),
    );
  });

  it('have commands of each of the programs', () => {
    const programs = new Set(
      scripts.flatMap(({ script, kind }) => commandsIn(script, kind).map(({ program }) => program)),
    );
    expect([...programs]).toEqual(expect.arrayContaining(['podid', 'podid-mic', 'kubectl', 'helm']));
  });
});
