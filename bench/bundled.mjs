// The frame of every bench that is written in TypeScript and uses the tests' own worlds.
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('../', import.meta.url));

/**
 * Bundles a file of bench/, imports it and lets `use` call it; what was written goes away afterwards.
 * @param seenAs where a module that finds files from its own place takes itself to be, from the repository's root
 */
export async function bundled(entry, use, { seenAs } = {}) {
  const define =
    seenAs === undefined ? {} : { 'import.meta.url': JSON.stringify(pathToFileURL(join(root, seenAs)).href) };
  await withBundle(entry, { packages: 'external', define }, async (path) => {
    await use(await import(pathToFileURL(path)), root);
  });
}

/** As `bundled`, for a program that runs by itself, with all its packages in one file. */
export async function withProgram(entry, use) {
  await withBundle(entry, {}, use);
}

async function withBundle(entry, options, use) {
  const folder = await mkdtemp(join(root, 'node_modules', '.podid-bench-'));
  try {
    const outfile = join(folder, 'measure.mjs');
    await build({
      entryPoints: [join(root, 'bench', entry)],
      bundle: true,
      platform: 'node',
      target: 'node20',
      format: 'esm',
      outfile,
      ...options,
    });
    await use(outfile);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What `--NAME=VALUE` says, or `usual`; a number where `usual` is one. */
export function flagsIn(argv) {
  return (name, usual) => {
    const given = argv.find((word) => word.startsWith(`--${name}=`))?.slice(name.length + 3);
    return given === undefined ? usual : typeof usual === 'number' ? Number(given) : given;
  };
}
