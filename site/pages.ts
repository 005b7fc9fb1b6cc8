/** What below the repository's root is no page of the site: all but docs/ and three pages elsewhere. */
export const notPages = ['!(docs|deploy)/**/*', '!(CONTRIBUTING|CHANGELOG).md'];

/** Whether the site has a page of a file. @param path in the repository, with slashes */
export function isPage(path: string): boolean {
  return /^(docs\/.*|deploy\/chart\/README|CONTRIBUTING|CHANGELOG)\.md$/.test(path);
}

/** What the site has beside its pages, as it is: where it stands there, by its path in the repository. */
export const filesOfSite: ReadonlyMap<string, string> = new Map([
  ['docs/access-example.html', 'access-example.html'],
]);

/** Where the site has a page. @param path in the repository, with slashes */
export function placeOf(path: string): string {
  const place = path === 'deploy/chart/README.md' ? 'chart.md' : path.replace(/^docs\//, '');
  return place.toLowerCase().replace(/(^|\/)readme\.md$/, '$1index.md');
}

/** The anchor that GitHub makes of a heading, so that one link fits both. */
export function headingAnchor(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
}
