import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { htmlPage } from '../../src/terminal/html-page.ts';
import type { TableShape } from '../../src/terminal/print-result.ts';

const shape: TableShape = {
  rows: (rows: readonly string[]) => rows,
  columns: [{ heading: 'NAME', cell: (row: string) => row }],
  foot: (rows: readonly string[]) => `\n${rows.join('\n')}\n`,
};

const hostile = `</td><script>alert(1)</script><img src=x onerror=alert(1)>" onload='x' \u001b[31m\u202e`;

describe('the page of a result', () => {
  it('has every name as text, in the table and below it', async () => {
    const page = await htmlPage([hostile], shape, hostile);
    for (const obeyed of ['<script', '<img', 'onerror=alert(1)>', '\u001b', '\u202e']) {
      expect(page).not.toContain(obeyed);
    }
    expect(page.match(/&#60;script&#62;/g)?.length).toBe(4);
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

  it('has the same tags whatever the names are', async () => {
    const tags = (page: string) => page.match(/<[^>]*>/g);
    const plain = tags(await htmlPage(['web'], shape, 'Plan'));
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary' }), async (name) => {
        expect(tags(await htmlPage([`x${name}`], shape, name))).toEqual(plain);
      }),
    );
  });
});
