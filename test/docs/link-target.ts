import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../architecture/source-files.ts';

/** A file, and where the link says which, a heading of it, by the anchor that GitHub makes. @param from folder of the page */
export function isLinkThere(from: string, link: string): boolean {
  const [page = '', anchor] = link.split('#');
  const path = join(root, from, page);
  if (!existsSync(path)) {
    return false;
  }
  return anchor === undefined || anchorsOf(readFileSync(path, 'utf8')).has(anchor);
}

/** Of the headings of a page; a heading that comes again has a number behind it. */
export function anchorsOf(markdown: string): ReadonlySet<string> {
  const anchors = new Set<string>();
  const text = markdown.replace(/^```[\s\S]*?^```$/gm, '');
  for (const [, heading = ''] of text.matchAll(/^#+ (.*)$/gm)) {
    const anchor = heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-');
    let free = anchor;
    for (let again = 1; anchors.has(free); again += 1) {
      free = `${anchor}-${again}`;
    }
    anchors.add(free);
  }
  return anchors;
}
