import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';

const benchNames = ['bare-server', 'many-pods', 'storm'] as const;
const testNames = [
  'fake-imds',
  'stand-in-agent',
  'asker',
  'greedy',
  'flood',
  'rules-alone',
  'one-request',
  'azure',
  'js-sdk',
] as const;
const clusterNames = [
  'imds',
  'azure-of-machines',
  'upstream-agent',
  'large-objects',
  'identity-webhook',
  'either-way',
  'a-day-later',
] as const;
const names = [...testNames, ...benchNames, ...clusterNames];
export type ProgramName = (typeof names)[number];

export interface BundledPrograms {
  readonly folder: string;
  path(name: ProgramName): string;
  /** The built agent, copied, so that a build in another terminal does not end a test. */
  readonly agent: string;
}

/**
 * The test's own programs as plain JavaScript in a folder of their own, so that any Node can run them inside
 * a namespace.
 */
export async function bundlePrograms(
  root = join(import.meta.dirname, '../..'),
): Promise<BundledPrograms & { remove(): void }> {
  const folder = mkdtempSync(join(tmpdir(), 'podid-programs-'));
  // The agent's server runs as another user in some tests.
  chmodSync(folder, 0o755);
  await build({
    entryPoints: names.map((name) => join(root, folderOf(name), 'programs', `${name}.ts`)),
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    outdir: folder,
    entryNames: '[name]',
    outExtension: { '.js': '.mjs' },
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
  });
  for (const part of ['bin', 'dist']) {
    cpSync(join(root, part), join(folder, part), { recursive: true });
  }
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  // As in the image, on the Node that starts it here.
  execFileSync(process.execPath, [join(root, 'scripts/keep-compiled.mjs'), folder]);
  return { ...programsIn(folder), remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Those that `bundlePrograms` put into a folder: a ring has it done once, before its first file. */
export function programsIn(folder: string): BundledPrograms {
  return {
    folder,
    agent: join(folder, 'bin/podid-nmi.js'),
    path: (name) => join(folder, `${name}.mjs`),
  };
}

function folderOf(name: ProgramName): string {
  if (clusterNames.some((other) => other === name)) {
    return 'test/cluster';
  }
  return benchNames.some((other) => other === name) ? 'bench/nmi' : 'test/node';
}
