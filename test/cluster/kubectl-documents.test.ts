import { dirname } from 'node:path';
import { describe, expect, it } from 'vitest';
import { documents, needsKubectl, pageToRun, runPage } from '../docs-run/run-page.ts';
import { clusterPrograms } from './cluster-programs.ts';

const kubectl = clusterPrograms().path('kubectl');
const pages = documents
  .map((path) => ({ path, page: pageToRun(path) }))
  .filter(({ page }) => needsKubectl(page));

describe('the documents that use kubectl', () => {
  it.each(pages)(
    '$path shows commands that work, one after the other, on a fresh emulator',
    async ({ page }) => {
      const { code, text } = await runPage(page, [dirname(kubectl)]);
      expect(code, text).toBe(0);
    },
  );
});
