// Bundles the sources into dist/: the command line as split ES modules, so that `--help` parses no SDK, and
// each daemon apart from it, so that an image needs no node_modules and none of the command line. See
// docs/decisions/0003.
import { existsSync } from 'node:fs';
import { readdir, readFile, rm } from 'node:fs/promises';
import { build } from 'esbuild';

const { version } = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8'));

/** The SDKs hold CommonJS that calls `require` and reads `__dirname`; an ES module has neither. */
const banner = [
  "import { createRequire as __createRequire } from 'node:module';",
  'const require = __createRequire(import.meta.url);',
  'const __bundleDir = import.meta.dirname;',
].join(' ');

/**
 * What `podid nmi` puts into a cluster lies in deploy/, where Helm and kubectl find it too; the bundle
 * carries it along.
 */
const deploy = new URL('../deploy/', import.meta.url);
const crdFiles = (await readdir(new URL('crds/', deploy)))
  .filter((name) => name.endsWith('.yaml'))
  .toSorted();
const crds = await Promise.all(crdFiles.map((name) => readFile(new URL(`crds/${name}`, deploy), 'utf8')));
const chartValues = await readFile(new URL('chart/values.yaml', deploy), 'utf8');

const shared = {
  bundle: true,
  platform: 'node',
  // Its CommonJS entry is a wrapper that no bundler can follow; its ES modules stand beside it.
  alias: { 'jsonc-parser': 'jsonc-parser/lib/esm/main.js' },
  target: 'node20',
  format: 'esm',
  minify: true,
  keepNames: true,
  legalComments: 'linked',
  logLevel: 'warning',
  banner: { js: banner },
  define: {
    __dirname: '__bundleDir',
    PODID_VERSION: JSON.stringify(version),
    PODID_CRDS: JSON.stringify(crds.join('\n---\n')),
    PODID_CHART_VALUES: JSON.stringify(chartValues),
  },
};

const daemons = { 'podid-nmi': 'src/nmi/main.ts' };

await rm('dist', { recursive: true, force: true });
await Promise.all([
  build({
    ...shared,
    entryPoints: { podid: 'src/cli/run/main.ts' },
    outdir: 'dist',
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
  }),
  ...Object.entries(daemons)
    .filter(([, source]) => existsSync(source))
    .map(([name, source]) =>
      build({
        ...shared,
        entryPoints: { [name]: source },
        outdir: 'dist',
        splitting: true,
        chunkNames: `${name}-chunks/[name]-[hash]`,
      }),
    ),
]);
