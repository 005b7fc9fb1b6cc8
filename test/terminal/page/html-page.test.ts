import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { htmlPage } from '../../../src/terminal/page/html-page.ts';
import type { PageBlock } from '../../../src/terminal/page/page-block.ts';
import type { TableShape } from '../../../src/terminal/print-result.ts';

const shape: TableShape = {
  rows: (rows: readonly string[]) => rows,
  columns: [{ heading: 'NAME', cell: (row: string) => row }],
  foot: (rows: readonly string[]) => `\n${rows.join('\n')}\n`,
};

/** Every kind of block, with one text everywhere. */
const blocksOf = (text: string): readonly PageBlock[] => [
  { kind: 'text', text },
  { kind: 'tiles', tiles: [[text, text]] },
  { kind: 'heading', level: 2, text, id: 'part' },
  {
    kind: 'facts',
    facts: [
      [text, text],
      [text, [text, text]],
    ],
  },
  { kind: 'heading', level: 3, text },
  { kind: 'findings', findings: [{ mark: 'high', code: text, text, hint: text }] },
  {
    kind: 'table',
    caption: text,
    columns: [text, text],
    named: true,
    rows: [{ link: 'part', cells: [text, 1] }],
  },
];

const paged: TableShape = { ...shape, page: blocksOf };

const hostile = `</td><script>alert(1)</script><img src=x onerror=alert(1)>" onload='x' \u001b[31m\u202e`;

describe('the page of a result', () => {
  it('has every name as text, in the table and below it', async () => {
    const page = await htmlPage([hostile], shape, hostile);
    for (const obeyed of ['<script', '<img', 'onerror=alert(1)>', '\u001b', '\u202e']) {
      expect(page).not.toContain(obeyed);
    }
    expect(page.match(/&#60;script&#62;/g)?.length).toBe(5);
  });

  it('lets nothing but its own style in, and no request out', async () => {
    const page = await htmlPage(['web'], shape, 'Plan');
    const style = /<style>(.*?)<\/style>/s.exec(page)?.[1] ?? '';
    const hash = createHash('sha256').update(style).digest('base64');
    expect(page).toContain(
      `content="default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'"`,
    );
    expect(page).not.toMatch(/https?:|src=|href=|url\(/);
  });

  it('has every text of a block as text', async () => {
    const page = await htmlPage(hostile as never, paged, 'Report');
    for (const obeyed of ['<script', '<img', '\u001b', '\u202e']) {
      expect(page).not.toContain(obeyed);
    }
    expect(page.match(/&#60;script&#62;/g)?.length).toBe(17);
  });

  it.each([shape, paged])('has the same tags whatever the names are', async (shape) => {
    const value = (name: string) => (shape === paged ? name : [name]);
    const tags = (page: string) => page.match(/<[^>]*>/g);
    const plain = tags(await htmlPage(value('web'), shape, 'Plan'));
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary' }), async (name) => {
        expect(tags(await htmlPage(value(`x${name}`), shape, name))).toEqual(plain);
      }),
    );
  });
});
