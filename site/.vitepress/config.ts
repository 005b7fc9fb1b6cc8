/*
 * The documents as a site: `npm run site` builds it into site/dist. The pages stay as GitHub shows them; what a site
 * needs beyond that is made here: where each page stands, where its links lead, and the way through them.
 */
import { readFileSync } from 'node:fs';
import { copyFile, mkdir } from 'node:fs/promises';
import { dirname, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitepress';
import { linksOfSite } from '../links-of-site.ts';
import { contentPolicy, lookOver } from '../look-over.ts';
import { filesOfSite, headingAnchor, notPages, placeOf } from '../pages.ts';
import { sidebarOf } from '../sidebar.ts';

const root = fileURLToPath(new URL('../..', import.meta.url)).replaceAll('\\', '/');
const read = (path: string) => readFileSync(root + path, 'utf8');
const { description, homepage, config } = JSON.parse(read('package.json'));
const repository = homepage.replace(/#.*$/, '');
const schema = 'docs/schema/pod-identities.schema.json';
/** What operators look for: a status, an abbreviation, a word of Kubernetes. The search has to find them. */
const wanted = ['403', 'nmi', 'taint', 'kubenet', 'podid'];

export default defineConfig({
  title: 'podid',
  description,
  lang: 'en',
  // GitHub serves the site of OWNER/podid at OWNER.github.io/podid/.
  base: `/${posix.basename(repository)}/`,
  head: [
    ['meta', { 'http-equiv': 'Content-Security-Policy', content: contentPolicy }],
    // None, so that no browser asks for one.
    ['link', { rel: 'icon', href: 'data:,' }],
  ],
  srcDir: root,
  srcExclude: notPages,
  rewrites: placeOf,
  outDir: `${root}site/dist`,
  cacheDir: `${root}node_modules/.cache/vitepress`,
  markdown: {
    anchor: { slugify: headingAnchor },
    config: (markdown) => linksOfSite(markdown, { root, repository }),
  },
  themeConfig: {
    search: { provider: 'local' },
    outline: [2, 3],
    sidebar: sidebarOf(read),
    socialLinks: config.owner === '' ? [] : [{ icon: 'github', link: repository }],
  },
  async buildEnd({ outDir, site: { base } }) {
    // Editors read the schema where its `$id` says that it is.
    const { $id } = JSON.parse(read(schema));
    const place = `${outDir}/${new URL($id).pathname.slice(base.length)}`;
    await mkdir(dirname(place), { recursive: true });
    await copyFile(root + schema, place);
    for (const [path, at] of filesOfSite) {
      await copyFile(root + path, `${outDir}/${at}`);
    }
    // VitePress itself refuses links to pages that are not there.
    const faults = await lookOver(outDir, { base, wanted });
    if (faults.length > 0) {
      throw new Error(`The site is not what it should be:\n${faults.join('\n')}`);
    }
  },
});
