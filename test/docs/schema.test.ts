import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { fileSchemaLine, fileSchemaUrl } from '../../src/domain/entries/file-schema.ts';
import { root } from '../architecture/source-files.ts';

const read = (path: string) => JSON.parse(readFileSync(join(root, path), 'utf8'));
const entry = read('docs/schema/schemastore.json');

/** What schemastore's catalogue takes, by its schema-catalog.json and by the checks of its cli.js (2026-11). */
const text = z
  .string()
  .min(1)
  .regex(/^[^\n]*[^\n,. \t-]$/, 'ends with a mark or has several lines')
  .refine((value) => !/schema/i.test(value), 'says "schema", which all of them are');
const catalogueEntry = z.strictObject({
  name: text,
  description: text,
  fileMatch: z
    .array(z.string().refine((glob) => !glob.includes('/') || glob.startsWith('**/'), 'a folder without **/'))
    .refine((globs) => new Set(globs).size === globs.length, 'twice the same')
    .optional(),
  url: z.url().startsWith('https://'),
  versions: z.record(z.string(), z.url().startsWith('https://')).optional(),
});

describe('the entry for schemastore', () => {
  it('is one that its catalogue takes', () => {
    expect(catalogueEntry.parse(entry)).toEqual(entry);
  });

  it.each([
    ['a word that means nothing there', { description: 'The schema of podid' }],
    ['a full stop', { description: 'Pod identities.' }],
    ['a folder of the root alone', { fileMatch: ['deploy/podid.yaml'] }],
    ['plain http', { url: 'http://contoso.github.io/podid' }],
    ['a member of its own', { author: 'podid' }],
  ])('would be refused with %s', (_, change) => {
    expect(catalogueEntry.safeParse({ ...entry, ...change }).success).toBe(false);
  });

  it('names the schema where it is published, which is its own id', () => {
    expect(entry.url).toBe(fileSchemaUrl);
    expect(read('docs/schema/pod-identities.schema.json').$id).toBe(fileSchemaUrl);
  });

  it('leaves the files of others alone', () => {
    for (const glob of entry.fileMatch) {
      expect(glob).toMatch(/^(\*\.)?podid\.(yaml|yml|json)$/);
    }
  });
});

describe('the line for editors', () => {
  it('is not written while the place of the schema bears no owner', () => {
    expect(fileSchemaLine('https://OWNER.github.io/podid/schema/v1/pod-identities.schema.json')).toBe('');
    expect(fileSchemaLine('https://contoso.github.io/x.json')).toBe(
      '# yaml-language-server: $schema=https://contoso.github.io/x.json\n',
    );
  });
});
