import axe from 'axe-core';
import type { Chromium } from './headless-chromium.ts';

/** Window widths and colour schemes in which a page is looked at: a phone and a desk, by day and by night. */
export const views = [390, 1280].flatMap((width) =>
  ['light', 'dark'].map((scheme) => ({ width, scheme }) as const),
);

/** A rule that a page breaks, with the elements that do. */
interface Violation {
  readonly rule: string;
  readonly elements: readonly string[];
}

/**
 * What axe-core, the engine behind most checks of accessibility, finds in the page that is open: rules of WCAG 2 and good
 * practice. It is put in from outside, where the page's own policy has no say.
 */
export async function axeViolations(
  browser: Chromium,
  { width, scheme }: (typeof views)[number],
): Promise<readonly Violation[]> {
  await browser.send('Emulation.setDeviceMetricsOverride', {
    ...{ width, height: 900, deviceScaleFactor: 1, mobile: false },
  });
  await browser.send('Emulation.setEmulatedMedia', {
    media: 'screen',
    features: [{ name: 'prefers-color-scheme', value: scheme }],
  });
  await browser.evaluate(`${axe.source}; 0`);
  return (await browser.evaluate(
    `axe.run(document, { preload: false, resultTypes: ['violations'] }).then(({ violations, passes }) =>
      (passes.length > 10 ? [] : [{ rule: 'axe looked at next to nothing', elements: [] }])
        .concat(violations.map(({ id, help, nodes }) => ({ rule: id + ': ' + help, elements: nodes.map(({ html }) => html) }))))`,
  )) as readonly Violation[];
}
