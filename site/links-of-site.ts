import { existsSync } from 'node:fs';
import { posix } from 'node:path';
import type { MarkdownRenderer } from 'vitepress';
import { filesOfSite, isPage, placeOf } from './pages.ts';

export interface Repository {
  /** The folder, with a slash at its end. */
  readonly root: string;
  /** Its page on GitHub. */
  readonly repository: string;
}

/** Has links of pages, which are written for GitHub, lead where they lead on the site. */
export function linksOfSite(markdown: MarkdownRenderer, where: Repository): void {
  markdown.core.ruler.push('links-of-site', ({ tokens, env }) => {
    const folder = posix.dirname(env.realPath ?? env.path).slice(where.root.length);
    for (const token of tokens.flatMap(({ children }) => children ?? [])) {
      const href = token.attrGet('href');
      if (token.type === 'link_open' && href !== null && !/^([a-z]+:|#|\/)/.test(href)) {
        token.attrSet('href', linkFrom(folder, href, where));
        if (filesOfSite.has(posix.join(folder, href))) {
          // Else VitePress looks for a page of its own there, and so does its script in the browser.
          token.attrSet('target', '_blank');
        }
      }
    }
  });
}

/**
 * Where the site has the page that is meant; on GitHub, if it is another file of the repository. What is not there
 * stays as it is, and VitePress refuses it.
 *
 * @param folder of the page, in the repository
 */
export function linkFrom(folder: string, href: string, { root, repository }: Repository): string {
  const [path = '', anchor] = href.split('#');
  const target = posix.join(folder, path);
  const behind = anchor === undefined ? '' : `#${anchor}`;
  if (isPage(target)) {
    return `/${placeOf(target)}${behind}`;
  }
  const file = filesOfSite.get(target);
  if (file !== undefined) {
    return `/${file}`;
  }
  return existsSync(root + target) ? `${repository}/blob/main/${target}${behind}` : href;
}
