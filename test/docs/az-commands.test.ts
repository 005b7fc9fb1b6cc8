import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { translateScript } from '../../src/cli/from-az/translate-script.ts';
import { root } from '../architecture/source-files.ts';
import { documents } from '../docs-run/run-page.ts';

/** Fenced blocks of a shell that type az, with the page. */
const blocks = documents.flatMap((path) =>
  [...readFileSync(join(root, path), 'utf8').matchAll(/^```(?:sh|shell)\b.*\n([\s\S]*?)^```$/gm)]
    .map(([, text = '']) => text)
    .filter((text) => /^\s*az /m.test(text))
    .map((text) => ({ path, text })),
);

describe('az commands of the documents', () => {
  it.each(blocks)('of $path are ones that podid from-az takes', ({ text }) => {
    expect(translateScript(text).faults).toEqual([]);
  });

  it('are there', () => {
    expect(blocks.length).toBeGreaterThan(6);
  });
});
