import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { axeViolations, views } from './axe-on-page.ts';
import { emulatedPodid } from './emulated-podid.ts';
import { type Chromium, hasChromium, headlessChromium } from './headless-chromium.ts';

describe.skipIf(!hasChromium).each(['way-out', 'standard-mode'])(
  'the page of podid migrate plan in a browser, of scenario %s,',
  (scenario) => {
    let folder: string;
    let browser: Chromium;

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'podid-page-'));
      await using podid = await emulatedPodid({ scenario });
      const { stdout, exitCode, stderr } = await podid.run('migrate plan -o html');
      expect(exitCode, stderr).toBe(0);
      const path = join(folder, 'migrate.html');
      await writeFile(path, stdout);
      browser = await headlessChromium();
      await browser.send('Page.enable');
      await browser.send('Page.navigate', { url: pathToFileURL(path).href });
      await vi.waitFor(() => expect(browser.events('Page.loadEventFired')).not.toEqual([]), 20_000);
    }, 60_000);

    afterAll(async () => {
      await browser?.[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    });

    it.each(views)('breaks no rule of axe, $width pixels wide, $scheme', async (view) => {
      expect(await axeViolations(browser, view)).toEqual([]);
    });

    it('is no wider than its window', async () => {
      await browser.send('Emulation.setDeviceMetricsOverride', {
        ...{ width: 390, height: 900, deviceScaleFactor: 1, mobile: false },
      });
      expect(await browser.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(390);
    });
  },
);
