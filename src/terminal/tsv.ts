/**
 * Tab-separated values as az prints them: an item a line, the members of an object or list by tabs, null empty, no header. Inside a
 * line a list shows as its length and an object as nothing. Tabs and line breaks in a text become spaces, so that a line stays one.
 */
export function tsv(value: unknown): string {
  const items = Array.isArray(value) ? value : [value];
  return items.map((item) => `${row(item)}\n`).join('');
}

function row(item: unknown): string {
  if (Array.isArray(item)) return item.map(cell).join('\t');
  if (typeof item === 'object' && item !== null) return Object.values(item).map(cell).join('\t');
  return cell(item);
}

function cell(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (Array.isArray(value)) return String(value.length);
  if (typeof value === 'object') return '';
  return String(value).replace(/[\t\r\n]+/g, ' ');
}
