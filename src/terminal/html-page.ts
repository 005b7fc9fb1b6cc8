import { plainText } from '../errors/plain-text.ts';
import { noColours } from './colours.ts';
import type { TableShape } from './print-result.ts';

const style =
  'body{font:14px/1.4 system-ui,sans-serif;margin:2em}table{border-collapse:collapse}th,td{border:1px solid #ccc;padding:.3em .6em;text-align:left;vertical-align:top;overflow-wrap:anywhere}th{background:#eee}pre{white-space:pre-wrap;overflow-wrap:anywhere}@media print{body{margin:0;font-size:10px}}';

/**
 * A result as one page for a browser, with all columns, and what stands below the table. It has no script, and its policy
 * lets no request leave it, whatever the names of things are: they are shown as text.
 */
export async function htmlPage(value: unknown, shape: TableShape, title: string): Promise<string> {
  const columns = shape.wideColumns ?? shape.columns;
  const rows = shape.rows(value as never).map((row) => columns.map(({ cell }) => cell(row as never)));
  const foot = (shape.foot?.(value as never, noColours) ?? '').trim();
  const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(style));
  const policy = `default-src 'none'; style-src 'sha256-${Buffer.from(hash).toString('base64')}'; base-uri 'none'; form-action 'none'`;
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="referrer" content="no-referrer">
<meta name="viewport" content="width=device-width">
<title>${escaped(title)}</title>
<style>${style}</style>
</head>
<body>
<h1>${escaped(title)}</h1>
<table>
<thead><tr>${columns.map(({ heading }) => `<th scope="col">${escaped(heading)}</th>`).join('')}</tr></thead>
<tbody>
${rows.map((cells) => `<tr>${cells.map((cell) => `<td>${escaped(String(cell ?? ''))}</td>`).join('')}</tr>\n`).join('')}</tbody>
</table>
${foot === '' ? '' : `<pre>${foot.split('\n').map(escaped).join('\n')}</pre>\n`}</body>
</html>
`;
}

/** As text between tags and in attributes, without what steers whoever reads it. */
function escaped(text: string): string {
  return plainText(text, 'one').replace(/[&<>"'`]/g, (each) => `&#${each.charCodeAt(0)};`);
}
