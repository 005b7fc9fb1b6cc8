import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { linkFrom } from '../../site/links-of-site.ts';
import { contentPolicy, lookOver } from '../../site/look-over.ts';
import { placeOf } from '../../site/pages.ts';
import { sidebarOf } from '../../site/sidebar.ts';
import { root } from '../architecture/source-files.ts';

const read = (path: string) => readFileSync(join(root, path), 'utf8');

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'podid-site-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const policy = `<meta http-equiv="Content-Security-Policy" content="${contentPolicy}">`;
const right = {
  'index.html': `${policy}<h1 id="top">podid</h1><a href="/podid/nmi.html#taint">x</a><a href="https://kubernetes.io/">x</a>`,
  'nmi.html': `${policy}<h2 id="taint">Taint</h2><a href="/podid/">x</a><a href="#taint">x</a>`,
  'assets/style.css': 'a{background:url("data:image/svg+xml;xmlns=\'http://www.w3.org/2000/svg\'")}',
  'assets/app.js': 'const ns="http://www.w3.org/2000/svg",base=new URL(x,"http://a.com")',
  'assets/nmi.md.Ab-1.js': 'h(`<a href="https://kubernetes.io/">x</a>`)',
  'assets/chunks/@localSearchIndexroot.js': `export default '{"index":[["403",{}],["taint",{}]]}'`,
};

async function faultsWith(change: Readonly<Record<string, string>>): Promise<string[]> {
  for (const [path, text] of Object.entries({ 'package.json': '{"type":"module"}', ...right, ...change })) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return await lookOver(folder, { base: '/podid/', wanted: ['403', 'taint'] });
}

describe('a built site', () => {
  it('passes where it asks nobody else, its links lead somewhere and its search finds', async () => {
    expect(await faultsWith({})).toEqual([]);
  });

  it('passes with the page of podid access, whose policy is stricter', async () => {
    const page = read('docs/access-example.html');
    expect(await faultsWith({ 'access-example.html': page })).toEqual([]);
  });

  it.each([
    [
      'a script of others',
      'nmi.html',
      `${right['nmi.html']}<script src="https://cdn.example/x.js"></script>`,
    ],
    ['a font of others', 'index.html', `${right['index.html']}<link rel="preload" href="//fonts.example/f">`],
    [
      'a picture of others on a page',
      'assets/nmi.md.Ab-1.js',
      'h("<img alt=\\"\\" src=\\"https://x.example/y\\">")',
    ],
    ['a style of others', 'assets/style.css', '@import "https://fonts.example/css";'],
    ['a picture of others in a style', 'assets/style.css', 'a{background:url(//x.example/y.png)}'],
    ['a request of a script', 'assets/app.js', 'fetch("https://search.example/q")'],
    ['a page without a policy', 'nmi.html', right['nmi.html'].replace(policy, '')],
    ['a link to no page', 'nmi.html', `${right['nmi.html']}<a href="/podid/gone.html">x</a>`],
    ['a link beside the base', 'nmi.html', `${right['nmi.html']}<a href="/nmi.html">x</a>`],
    ['a link to no heading', 'index.html', right['index.html'].replace('#taint', '#gone')],
    [
      'a word that the search lost',
      'assets/chunks/@localSearchIndexroot.js',
      'export default \'{"index":[["403",{}]]}\'',
    ],
  ])('is refused for %s', async (_, path, text) => {
    expect(await faultsWith({ [path]: text })).toHaveLength(1);
  });
});

describe('a link', () => {
  const where = {
    root: `${root.replaceAll('\\', '/').replace(/\/$/, '')}/`,
    repository: 'https://github.com/contoso/podid',
  };

  it.each([
    ['docs', 'nmi.md#limits', '/nmi.md#limits'],
    ['docs', 'README.md', '/index.md'],
    ['docs', '../deploy/chart/README.md', '/chart.md'],
    ['docs/commands', 'README.md#flags-of-every-command', '/commands/index.md#flags-of-every-command'],
    ['docs/commands', '../errors.md', '/errors.md'],
    ['deploy/chart', '../../docs/install.md', '/install.md'],
    ['.', 'docs/glossary.md', '/glossary.md'],
    [
      'docs',
      'schema/pod-identities.schema.json',
      'https://github.com/contoso/podid/blob/main/docs/schema/pod-identities.schema.json',
    ],
    ['docs', 'access-example.html', '/access-example.html'],
    ['docs', '../SECURITY.md', 'https://github.com/contoso/podid/blob/main/SECURITY.md'],
    // What VitePress refuses.
    ['docs', 'gone.txt', 'gone.txt'],
  ])('of a page in %s to %s leads to %s', (from, href, to) => {
    expect(linkFrom(from, href, where)).toBe(to);
  });
});

describe('the way through the site', () => {
  const links = (function below(items: ReturnType<typeof sidebarOf>): string[] {
    return items.flatMap(({ link, items: inner }) => [
      ...(link === undefined ? [] : [link]),
      ...below(inner ?? []),
    ]);
  })(sidebarOf(read));

  it('has every page of docs/, of every folder in it, and the chart', () => {
    const pages = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
      .map((path) => `docs/${path.replaceAll('\\', '/')}`)
      .filter((path) => path.endsWith('.md'));
    const missing = [...pages, 'deploy/chart/README.md'].filter(
      (path) => !links.includes(`/${placeOf(path).replace(/(index)?\.md$/, '')}`),
    );
    expect(missing).toEqual([]);
    expect(pages.length).toBeGreaterThan(80);
  });

  it('begins with what a newcomer reads', () => {
    expect(links.slice(0, 2)).toEqual(['/', '/get-podid']);
    expect(links.slice(0, 6)).toContain('/getting-started');
  });
});

describe('docs/decisions/README.md', () => {
  it('names every decision as its own page does', () => {
    const titles = readdirSync(join(root, 'docs/decisions'))
      .filter((name) => /^\d/.test(name))
      .map((name) => `| [${read(`docs/decisions/${name}`).split('\n', 1)[0]?.slice(2)}](${name}) |`);
    const rows = read('docs/decisions/README.md').match(/^\| \[.*$/gm);
    expect(rows).toEqual(titles);
  });
});

describe('the job that publishes the site', () => {
  it('publishes for the owner of package.json alone, what npm run site has built', () => {
    const { jobs } = parse(read('.github/workflows/site.yaml'));
    expect(jobs.publish).toMatchObject({
      needs: 'build',
      if: 'needs.build.outputs.owner == github.repository_owner',
    });
    const runs = jobs.build.steps.flatMap(({ run }: { run?: string }) => run ?? []);
    expect(runs.slice(0, 2)).toEqual(['npm ci', 'npm run site']);
    expect(jobs.build.steps.at(-1).with.path).toBe('site/dist');
    expect(JSON.parse(read('package.json')).scripts.site).toBe('vitepress build site');
  });
});
