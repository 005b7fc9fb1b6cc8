import { posix } from 'node:path';
import type { DefaultTheme } from 'vitepress';
import { placeOf } from './pages.ts';

type Item = DefaultTheme.SidebarItem;
interface Link {
  readonly text: string;
  /** In the repository. */
  readonly path: string;
  readonly link: string;
}

/**
 * The way through the site, which is that of docs/README.md: its headings with tables, and the links in the first
 * column of each. Commands and decisions stand below their own pages in the same way.
 *
 * @param read gives the text of a file of the repository
 */
export function sidebarOf(read: (path: string) => string): Item[] {
  const groups = read('docs/README.md')
    .split(/^## /m)
    .slice(1)
    .map((section) => ({
      text: section.split('\n', 1)[0] ?? '',
      items: linksOfTables(section, 'docs').map((link) => withPagesBelow(link, read)),
    }));
  return [{ text: 'Overview', link: '/' }, ...groups.filter(({ items }) => items.length > 0)];
}

function withPagesBelow({ text, path, link }: Link, read: (path: string) => string): Item {
  if (!/^docs\/\w+\/README\.md$/.test(path)) {
    return { text, link };
  }
  const items = linksOfTables(read(path), posix.dirname(path)).map((below) => ({
    text: below.text,
    link: below.link,
  }));
  return { text, link, collapsed: true, items };
}

function linksOfTables(markdown: string, folder: string): Link[] {
  const cells = [...markdown.matchAll(/^\| (.*?) \|/gm)].map(([, cell = '']) => cell);
  return cells.flatMap((cell) =>
    [...cell.matchAll(/\[([^\]]+)\]\(([^)#]+)(#[^)]*)?\)/g)].map(([, text = '', href = '', anchor = '']) => {
      const path = posix.join(folder, href);
      const place = placeOf(path).replace(/(index)?\.md$/, '');
      return { text: text.replaceAll('`', ''), path, link: `/${place}${anchor}` };
    }),
  );
}
