import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';

const names = [
  'fake-imds',
  'stand-in-agent',
  'asker',
  'rules-alone',
  'one-request',
  'azure',
  'js-sdk',
] as const;
export type ProgramName = (typeof names)[number];

export interface BundledPrograms {
  path(name: ProgramName): string;
  remove(): void;
}

/** The test's own programs as plain JavaScript in a folder of their own, so that any Node can run them inside a namespace. */
export async function bundlePrograms(): Promise<BundledPrograms> {
  const folder = mkdtempSync(join(tmpdir(), 'podid-programs-'));
  await build({
    entryPoints: names.map((name) => join(import.meta.dirname, 'programs', `${name}.ts`)),
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
  });
  return {
    path: (name) => join(folder, `${name}.mjs`),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
