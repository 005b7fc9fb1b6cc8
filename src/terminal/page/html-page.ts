import { plainText } from '../../errors/plain-text.ts';
import { noColours } from '../colours.ts';
import type { TableShape } from '../print-result.ts';
import type { PageBlock, PageTable } from './page-block.ts';
import { pageStyle } from './page-style.ts';

/**
 * A result as one page for a browser: its blocks, or else its table with all columns and what stands below that. It has
 * no script, and its policy lets no request leave it, whatever the names of things are: they are shown as text.
 */
export async function htmlPage(value: unknown, shape: TableShape, title: string): Promise<string> {
  const blocks = shape.page?.(value as never);
  const body = blocks === undefined ? tablePage(value, shape, title) : blocksPage(blocks);
  const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(pageStyle));
  const policy = `default-src 'none'; style-src 'sha256-${Buffer.from(hash).toString('base64')}'; base-uri 'none'; form-action 'none'`;
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="referrer" content="no-referrer">
<meta name="viewport" content="width=device-width">
<title>${escaped(title)}</title>
<style>${pageStyle}</style>
</head>
<body>
<main>
<h1>${escaped(title)}</h1>
${body}</main>
</body>
</html>
`;
}

function tablePage(value: unknown, shape: TableShape, title: string): string {
  const columns = shape.wideColumns ?? shape.columns;
  const rows = shape
    .rows(value as never)
    .map((row) => ({ cells: columns.map(({ cell }) => String(cell(row as never) ?? '')) }));
  const headings = columns.map(({ heading }) => heading);
  const foot = (shape.foot?.(value as never, noColours, undefined) ?? '').trim();
  const below = foot === '' ? '' : `<pre>${foot.split('\n').map(escaped).join('\n')}</pre>\n`;
  return `${tableText({ kind: 'table', caption: title, columns: headings, rows }, 1)}${below}`;
}

function blocksPage(blocks: readonly PageBlock[]): string {
  const parts = blocks.flatMap((block) =>
    block.kind === 'heading' && block.level === 2 && block.id !== undefined ? [block] : [],
  );
  const links = parts.map(({ id = '', text }) => `<li><a href="#${escaped(id)}">${escaped(text)}</a>\n`);
  const nav = links.length > 1 ? `<nav aria-label="On this page"><ul>\n${links.join('')}</ul></nav>\n` : '';
  // What comes before the first heading is what one looks for first.
  const first = blocks.findIndex(({ kind }) => kind === 'heading');
  const at = first < 0 ? blocks.length : first;
  const texts = blocks.map(blockText);
  return `${texts.slice(0, at).join('')}${nav}${texts.slice(at).join('')}`;
}

/** @param number of the block, which is no other's */
function blockText(block: PageBlock, number: number): string {
  switch (block.kind) {
    case 'heading': {
      const { level, text, id } = block;
      return `<h${level}${id === undefined ? '' : ` id="${escaped(id)}"`}>${escaped(text)}</h${level}>\n`;
    }
    case 'text':
      return `<p>${escaped(block.text)}</p>\n`;
    case 'tiles': {
      const tiles = block.tiles.map(
        ([count, what]) => `<li><b>${escaped(String(count))}</b> ${escaped(what)}\n`,
      );
      return `<ul class="tiles">\n${tiles.join('')}</ul>\n`;
    }
    case 'facts': {
      const facts = block.facts.map(([name, said]) => `<dt>${escaped(name)}<dd>${saidText(said)}\n`);
      return `<dl>\n${facts.join('')}</dl>\n`;
    }
    case 'findings': {
      const findings = block.findings.map(
        ({ mark, code, text, hint }) =>
          `<li><p><b class="${mark}">${mark} ${escaped(code)}</b> ${escaped(text)}</p><pre>${escaped(hint)}</pre>\n`,
      );
      return `<ol>\n${findings.join('')}</ol>\n`;
    }
    case 'table':
      return tableText(block, number);
  }
}

function saidText(said: string | readonly string[]): string {
  return typeof said === 'string'
    ? escaped(said)
    : `<ul>${said.map((each) => `<li>${escaped(each)}`).join('')}</ul>`;
}

/** It scrolls by itself where it is wider than the window, by the keyboard too. End tags that HTML can do without are left out. */
function tableText({ caption, columns, rows, named }: PageTable, number: number): string {
  const heads = columns.map((heading) => `<th scope="col">${escaped(heading)}</th>`).join('');
  const lines = rows.map(({ link, cells }) => {
    const texts = cells.map((cell) => escaped(String(cell)));
    const [head = '', ...more] = texts;
    const first = link === undefined ? head : `<a href="#${escaped(link)}">${head}</a>`;
    const start = named === true ? `<th scope="row">${first}` : `<td>${first}`;
    return `<tr>${start}${more.map((cell) => `<td>${cell}`).join('')}\n`;
  });
  return `<div class="scroll" role="region" tabindex="0" aria-labelledby="table-${number}"><table>
<caption id="table-${number}">${escaped(caption)}</caption>
<thead><tr>${heads}</tr></thead>
<tbody>
${lines.join('')}</tbody>
</table></div>
`;
}

/** As text between tags and in attributes, without what steers whoever reads it. */
function escaped(text: string): string {
  return plainText(text, 'one').replace(/[&<>"'`]/g, (each) => `&#${each.charCodeAt(0)};`);
}
