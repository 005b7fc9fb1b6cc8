import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/**
 * A browser that reads the site asks nobody but the place that serves it: no fonts, no scripts, no counters. The scripts
 * of VitePress stand in the pages themselves.
 */
export const contentPolicy = [
  "default-src 'self'",
  "script-src 'self' 'unsafe-inline'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "object-src 'none'",
].join('; ');

/** Of the example of `podid access -o html`, which loads nothing at all. */
const strictestPolicy = `<meta http-equiv="Content-Security-Policy" content="default-src 'none';`;

/** Names of things, and a base for parsing: no browser fetches them. */
const names = /^http:\/\/(www\.w3\.org\/|a\.com$)|^https:\/\/vuejs\.org\/error-reference\//;

/** The text of each file by its path. */
type Files = ReadonlyMap<string, string>;

/**
 * What is wrong with a built site, one line for each fault.
 *
 * @param base the path under which it is served, with slashes around it
 * @param wanted words, in small letters, that its search has to find
 */
export async function lookOver(
  folder: string,
  { base, wanted }: { readonly base: string; readonly wanted: readonly string[] },
): Promise<string[]> {
  const paths = (await readdir(folder, { recursive: true })).map((path) => path.replaceAll('\\', '/'));
  const read = async (ending: string): Promise<Files> =>
    new Map(
      await Promise.all(
        paths
          .filter((path) => path.endsWith(ending))
          .map(async (path) => [path, await readFile(join(folder, path), 'utf8')] as const),
      ),
    );
  const [pages, styles, scripts] = await Promise.all([read('.html'), read('.css'), read('.js')]);
  return [
    ...[...pages].flatMap(([path, html]) => [
      ...(html.includes(contentPolicy) || html.includes(strictestPolicy)
        ? []
        : [`${path}: no policy of what a browser may load`]),
      ...loadedFromOthers(html).map((url) => `${path}: loads ${url}`),
    ]),
    ...[...styles].flatMap(([path, css]) => foreignIn(css).map((url) => `${path}: names ${url}`)),
    ...[...scripts].flatMap(([path, script]) =>
      foreignInScript(path, script).map((url) => `${path}: names ${url}`),
    ),
    ...deadAnchors(pages, base),
    ...(await missingWords(folder, paths, wanted)),
  ];
}

/** @returns addresses elsewhere of what a browser loads by itself; links wait for the reader */
function loadedFromOthers(html: string): string[] {
  const loading =
    /<(?:script|link|img|source|iframe|video|audio|embed)\b[^>]*?\s(?:src|href|srcset)=\\?["']?((?:https?:)?\/\/[^\s"'\\>]+)/g;
  return [...html.matchAll(loading)].map(([, url = '']) => url);
}

/** The text of a page stands in a script, too, links and all. */
function foreignInScript(path: string, script: string): string[] {
  if (/\.md\.[\w-]+(\.lean)?\.js$/.test(path)) {
    return loadedFromOthers(script);
  }
  if (path.includes('@localSearchIndex')) {
    return [];
  }
  return foreignIn(script);
}

function foreignIn(text: string): string[] {
  return [...text.matchAll(/(?:https?:|(?<=["'(`]))\/\/[\w-]+\.[\w.-]+[^\s"'`\\)]*/g)]
    .map(([url]) => url)
    .filter((url) => !names.test(url));
}

function deadAnchors(pages: Files, base: string): string[] {
  const anchors = new Map(
    [...pages].map(([path, html]) => [
      path,
      new Set([...html.matchAll(/\sid="([^"]+)"/g)].map(([, id = '']) => id)),
    ]),
  );
  return [...pages].flatMap(([path, html]) =>
    [...html.matchAll(/<a\b[^>]*\shref="([^"]+)"/g)].flatMap(([, href = '']) => {
      const url = new URL(href, `http://site${base}${path}`);
      if (url.host !== 'site') {
        return [];
      }
      const target = url.pathname.slice(base.length).replace(/^$|\/$/, '$&index.html');
      const anchor = decodeURIComponent(url.hash.slice(1));
      if (!url.pathname.startsWith(base) || !anchors.has(target)) {
        return [`${path}: there is no page ${href}`];
      }
      return anchor === '' || anchors.get(target)?.has(anchor)
        ? []
        : [`${path}: there is no heading ${href}`];
    }),
  );
}

async function missingWords(
  folder: string,
  paths: readonly string[],
  wanted: readonly string[],
): Promise<string[]> {
  const chunk = paths.find((path) => path.includes('@localSearchIndex') && path.endsWith('.js'));
  if (chunk === undefined) {
    return ['there is no index for the search'];
  }
  const { default: text } = await import(pathToFileURL(join(folder, chunk)).href);
  // As MiniSearch writes it: pairs of a word and where it stands.
  const words = new Set(JSON.parse(text).index.map(([word]: [string]) => word));
  return wanted.filter((word) => !words.has(word)).map((word) => `the search does not find "${word}"`);
}
