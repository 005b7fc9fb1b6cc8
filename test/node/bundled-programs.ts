import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
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
  /** The built agent, copied, so that a build in another terminal does not end a test. */
  readonly agent: string;
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
  const root = join(import.meta.dirname, '../..');
  for (const part of ['bin/podid-nmi.js', 'dist/podid-nmi.js', 'dist/podid-nmi-chunks']) {
    cpSync(join(root, part), join(folder, part), { recursive: true });
  }
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  return {
    agent: join(folder, 'bin/podid-nmi.js'),
    path: (name) => join(folder, `${name}.mjs`),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
