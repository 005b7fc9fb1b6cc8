import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root } from '../architecture/source-files.ts';
import { documents, needsKubectl, pageToRun, runPage } from './run-page.ts';

const pages = documents
  // way-out.test.ts types it, and reads what is printed.
  .filter((path) => path !== 'docs/way-out.md')
  .map((path) => ({ path, page: pageToRun(path) }))
  .map(({ path, page }) => ({
    path,
    page: { ...page, lines: page.lines.filter((line) => !/^npm /.test(line)) },
  }))
  .filter(({ page }) => page.lines.length > 0);

/** In code alone: a sentence may say what npm does. */
async function scriptsNamedIn(path: string): Promise<string[]> {
  const text = await readFile(join(root, path), 'utf8');
  const code = [...text.matchAll(/```[\s\S]*?```|`[^`\n]+`/g)].map(([block]) => block).join('\n');
  return [...code.matchAll(/\bnpm (?:run (?:--silent )?)?([a-z][\w:]*)/g)].map(([, name = '']) => name);
}

describe('the documents', () => {
  it.each(documents)('%s names npm scripts that exist', async (path) => {
    const { scripts } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { scripts: object };
    const ofNpm = ['audit', 'ci', 'install', 'login', 'pack', 'pkg', 'publish', 'test', 'trust', 'uninstall'];
    const known = [...ofNpm, ...Object.keys(scripts)];
    expect((await scriptsNamedIn(path)).filter((name) => !known.includes(name))).toEqual([]);
  });

  // Those with kubectl are run by test/cluster/kubectl-documents.test.ts.
  it.each(pages.filter(({ page }) => !needsKubectl(page)))(
    '$path shows commands that work, one after the other, on a fresh emulator',
    async ({ page }) => {
      const { code, text } = await runPage(page);
      expect(code, text).toBe(0);
    },
  );
});
