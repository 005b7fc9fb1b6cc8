import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { root } from '../architecture/source-files.ts';

const { notesOf } = await import(pathToFileURL(join(root, 'scripts/release-notes.mjs')).href);

const changelog = [
  '# podid',
  '',
  '## 1.10.0',
  '',
  '### Minor Changes',
  '',
  '- Newest.',
  '',
  '## 1.1.0',
  '',
  '### Patch Changes',
  '',
  '- Older, as `## 1.0.0` was.',
  '',
  '## 1.0.0',
  '',
].join('\n');

describe('the notes of a release', () => {
  it('are what the changelog says about that version alone', () => {
    expect(notesOf(changelog, '1.10.0')).toBe('### Minor Changes\n\n- Newest.\n');
    expect(notesOf(changelog, '1.1.0')).toBe('### Patch Changes\n\n- Older, as `## 1.0.0` was.\n');
  });

  it('are missing where it says nothing', () => {
    expect(notesOf(changelog, '1.1')).toBeUndefined();
    expect(notesOf(changelog, '1.0.0')).toBeUndefined();
  });
});
