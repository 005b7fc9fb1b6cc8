import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { startEmulator } from '../../src/emulator/start-emulator.ts';
import { root } from '../architecture/source-files.ts';

interface AzLines {
  readonly documentedLines: () => { readonly signIn: string[]; readonly withExtension: string[] };
  readonly moreLines: readonly (readonly [line: string, said: string])[];
}

const { documentedLines, moreLines } = (await import(
  pathToFileURL(join(root, 'scripts/az-lines.mjs')).href
)) as AzLines;
const { signIn, withExtension } = documentedLines();

describe('what docs/emulator.md has people type with az', () => {
  it('signs in, step by step, and then reads', () => {
    expect(signIn.map((line) => line.split(' ').slice(0, 3).join(' ').replace(/=.*/, ''))).toEqual([
      'export AZURE_CONFIG_DIR',
      'az cloud register',
      'az cloud set',
      'az login --service-principal',
      'az aks show',
    ]);
    expect(
      withExtension.filter((line) => /^az aks (pod-identity|update .*pod-identity)/.test(line)),
    ).toHaveLength(4);
  });

  it('explains each setting of the first line', () => {
    const [first = ''] = signIn;
    const page = readFileSync(join(root, 'docs/emulator.md'), 'utf8');
    const settings = [...first.matchAll(/(\w+)=/g)].map(([, name = '']) => name);
    expect(settings).toHaveLength(3);
    for (const name of settings) {
      expect(page).toMatch(new RegExp(`^\\| \`${name}\\b.*\` \\| \\S`, 'm'));
    }
  });

  it('is what npm run test:az types, with names that an emulator with --tls gives', async () => {
    const script = readFileSync(join(root, 'scripts/test-az.mjs'), 'utf8');
    expect(script).toContain("import { documentedLines, moreLines } from './az-lines.mjs';");
    expect(script).toMatch(/\.\.\.signIn\b/);
    expect(script).toMatch(/withExtension\.map\b/);
    await using emulator = await startEmulator({ tls: true });
    const lines = [...signIn, ...withExtension, ...moreLines.map(([line]) => line)];
    const names = lines.flatMap((line) => [...line.matchAll(/\$(\w+)/g)].map(([, name = '']) => name));
    expect(names.filter((name) => emulator.environment[name] === undefined)).toEqual([]);
    expect(new Set(names)).toContain('AZURE_CLIENT_SECRET');
  });
});
