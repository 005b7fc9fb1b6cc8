import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  manifestOfShape,
  manifestOfWords,
  wordsRead,
  yamlShapes,
  yamlWords,
} from '../validate/files/go-yaml-words.ts';
import { clusterPrograms } from './cluster-programs.ts';

const kubectl = clusterPrograms().path('kubectl');

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'podid-yaml-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** As kubectl would send it; `label --local` asks no cluster. */
function read(manifest: string): { readonly spec: Record<string, unknown> } {
  const path = join(folder, 'manifest.yaml');
  writeFileSync(path, manifest);
  const words = ['label', '--local', '-f', path, 'seen=yes', '-o', 'json'];
  const env = { PATH: '/usr/bin:/bin', HOME: folder, KUBECONFIG: '/dev/null' };
  return JSON.parse(execFileSync(kubectl, words, { env, encoding: 'utf8' }));
}

// test/validate/files/go-yaml-scalar.test.ts has podid read the same.
describe('the real kubectl, beside podid', () => {
  it('reads words without quotes', () => {
    expect(wordsRead(read(manifestOfWords()))).toEqual(yamlWords);
  });

  it.each(yamlShapes)('reads %s', (_what, spec, json) => {
    expect(read(manifestOfShape(spec)).spec).toEqual(json);
  });

  it('refuses another version of YAML', () => {
    expect(() => read(`%YAML 1.2\n---\n${manifestOfShape('{a: b}')}`)).toThrow(/incompatible YAML document/);
  });
});
