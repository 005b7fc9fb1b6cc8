import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { everyWay } from './access-world.ts';
import { axeViolations, views } from './axe-on-page.ts';
import { type Chromium, hasChromium, headlessChromium } from './headless-chromium.ts';

/** What somebody may call things where Kubernetes lets anything be called: the keys of a label, a subject of RBAC. */
const hostile = `<script>document.title='seized'</script><img src=http://127.0.0.1:9/x onerror=alert(1)>\u202eevil`;

/**
 * Contrast of each text against what is behind it, by WCAG 2: the worst there is. Runs in the page, and so is text.
 */
const worstContrast = `(() => {
  const channel = (value) => { const part = value / 255; return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4; };
  const light = ([red, green, blue]) => 0.2126 * channel(red) + 0.7152 * channel(green) + 0.0722 * channel(blue);
  const numbers = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const behind = (element) => {
    for (let each = element; each !== null; each = each.parentElement) {
      const colour = numbers(getComputedStyle(each).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) { return colour; }
    }
    return [255, 255, 255];
  };
  const ratios = [...document.querySelectorAll('main *')]
    .filter((element) => [...element.childNodes].some((child) => child.nodeType === 3 && child.data.trim() !== ''))
    .map((element) => {
      const pair = [light(numbers(getComputedStyle(element).color)), light(behind(element))].sort((a, b) => b - a);
      return (pair[0] + 0.05) / (pair[1] + 0.05);
    });
  return Math.min(...ratios);
})()`;

/** What a screen reader would stumble over. */
const faults = `(() => {
  const found = [];
  const levels = [...document.querySelectorAll('h1,h2,h3,h4')].map((each) => Number(each.tagName[1]));
  levels.forEach((level, at) => { if (level > (levels[at - 1] ?? 0) + 1) { found.push('heading ' + at + ' skips a level'); } });
  if (levels.filter((level) => level === 1).length !== 1) { found.push('not one h1'); }
  for (const table of document.querySelectorAll('table')) {
    if ((table.caption?.textContent ?? '') === '') { found.push('a table without a caption'); }
    if ([...table.querySelectorAll('th')].some((each) => each.scope === '')) { found.push('a heading cell without a scope'); }
    const columns = table.tHead.rows[0].cells.length;
    if ([...table.tBodies[0].rows].some((row) => row.cells.length !== columns)) { found.push('a row of another length'); }
  }
  for (const each of document.querySelectorAll('[tabindex]')) {
    if (document.getElementById(each.getAttribute('aria-labelledby'))?.textContent === '') { found.push('a stop of the keyboard without a name'); }
  }
  const ids = [...document.querySelectorAll('[id]')].map((each) => each.id);
  if (new Set(ids).size !== ids.length) { found.push('an id twice'); }
  for (const link of document.querySelectorAll('a')) {
    if (link.textContent.trim() === '' || document.getElementById(link.hash.slice(1)) === null) { found.push('a link to nowhere: ' + link.hash); }
  }
  if (document.documentElement.lang === '' || document.title === '') { found.push('no language or title'); }
  if (document.querySelectorAll('main').length !== 1) { found.push('not one main part'); }
  return found;
})()`;

describe.skipIf(!hasChromium)('the page of podid access in a browser', () => {
  let folder: string;
  let url: string;
  let browser: Chromium;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'podid-page-'));
    await using podid = await everyWay();
    podid.emulator.kube.seed({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name: 'x'.repeat(253) },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'all' },
      subjects: [{ kind: 'User', name: hostile }],
    });
    const { stdout, exitCode, stderr } = await podid.run('access -o html');
    expect(exitCode, stderr).toBe(0);
    const path = join(folder, 'access.html');
    await writeFile(path, stdout);
    url = pathToFileURL(path).href;
    browser = await headlessChromium();
    for (const domain of ['Page', 'Network', 'Log', 'Runtime']) {
      await browser.send(`${domain}.enable`);
    }
    await browser.send('Page.navigate', { url });
    await vi.waitFor(() => expect(browser.events('Page.loadEventFired')).not.toEqual([]), 20_000);
  }, 60_000);

  afterAll(async () => {
    await browser?.[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  it('asks nobody for anything, runs nothing, and says nothing on the console', async () => {
    const asked = browser.events('Network.requestWillBeSent') as {
      readonly request: { readonly url: string };
    }[];
    expect(asked.map(({ request }) => request.url)).toEqual([url]);
    expect(browser.events('Log.entryAdded')).toEqual([]);
    expect(browser.events('Runtime.exceptionThrown')).toEqual([]);
    expect(await browser.evaluate('[document.scripts.length, document.images.length]')).toEqual([0, 0]);
    expect(await browser.evaluate('document.title')).toBe('Who can get which identity: demo');
  });

  it('shows a hostile name as text', async () => {
    const text = (await browser.evaluate('document.body.textContent')) as string;
    expect(text).toContain("User <script>document.title='seized'</script><img src=");
    expect(text).toContain('\\u202eevil');
    expect(text).not.toContain('\u202e');
    expect(text).toContain('x'.repeat(253));
  });

  it('has nothing that a screen reader or a keyboard stumbles over', async () => {
    expect(await browser.evaluate(faults)).toEqual([]);
  });

  it.each(['light', 'dark'])('can be read where the reader has it %s', async (value) => {
    await browser.send('Emulation.setEmulatedMedia', { features: [{ name: 'prefers-color-scheme', value }] });
    const ground = (await browser.evaluate('getComputedStyle(document.body).backgroundColor')) as string;
    expect(ground === 'rgb(255, 255, 255)').toBe(value === 'light');
    expect(await browser.evaluate(worstContrast)).toBeGreaterThan(4.5);
  });

  it.each([390, 1280])('is no wider than a window of %i pixels', async (width) => {
    await browser.send('Emulation.setDeviceMetricsOverride', {
      width,
      height: 900,
      deviceScaleFactor: 1,
      mobile: false,
    });
    expect(await browser.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
    const { data } = await browser.send('Page.captureScreenshot', { captureBeyondViewport: true });
    expect(String(data).length).toBeGreaterThan(10_000);
  });

  it.each(views)('breaks no rule of axe, $width pixels wide, $scheme', async (view) => {
    expect(await axeViolations(browser, view)).toEqual([]);
    expect(browser.events('Network.requestWillBeSent')).toHaveLength(1);
  });

  it('goes on paper, all of it, in the colours of paper', async () => {
    await browser.send('Emulation.setEmulatedMedia', {
      media: 'print',
      features: [{ name: 'prefers-color-scheme', value: 'dark' }],
    });
    expect(await browser.evaluate('getComputedStyle(document.body).backgroundColor')).toBe(
      'rgb(255, 255, 255)',
    );
    expect(await browser.evaluate("getComputedStyle(document.querySelector('nav')).display")).toBe('none');
    const { data } = await browser.send('Page.printToPDF', {});
    expect(Buffer.from(String(data), 'base64').subarray(0, 5).toString()).toBe('%PDF-');
  });
});
