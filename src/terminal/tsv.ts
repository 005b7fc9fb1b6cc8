/**
 * Tab-separated values as az prints them: an item a line, the members of an object or list by tabs, null
 * empty, no header. Inside a line a list shows as its length and an object as nothing. Tabs and line breaks
 * in a text become spaces, so that a line stays one.
 *
 * @param withPairs an object inside a line shows as `k=v` with blanks between: for results that no query has
 * made, where az has no say
 */
export function tsv(value: unknown, withPairs = false): string {
  const items = Array.isArray(value) ? value : [value];
  return items.map((item) => `${row(item, withPairs)}\n`).join('');
}

function row(item: unknown, withPairs: boolean): string {
  const isList = typeof item === 'object' && item !== null;
  return isList
    ? Object.values(item)
        .map((each) => cell(each, withPairs))
        .join('\t')
    : cell(item, withPairs);
}

function cell(value: unknown, withPairs: boolean): string {
  if (value === null || value === undefined) {
    return '';
  }
  if (Array.isArray(value)) {
    return String(value.length);
  }
  if (typeof value === 'object') {
    return withPairs ? pairs(value) : '';
  }
  return String(value).replace(/[\t\r\n]+/g, ' ');
}

function pairs(value: object): string {
  return Object.entries(value)
    .filter(([, member]) => typeof member !== 'object')
    .map(([key, member]) => `${key}=${cell(member, false)}`)
    .join(' ');
}
