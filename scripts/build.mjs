// Bundles the sources into dist/: the command line as split ES modules, so that `--help` parses no SDK, and
// each daemon apart from it as one CommonJS file with few beside it, so that an image needs no node_modules and none of
// the command line. See docs/decisions/0003.
//   node scripts/build.mjs [--development] [--out FOLDER]
//   node scripts/build.mjs --one-file FILE    all three programs as one CommonJS module, for build-binary.mjs
// A development build has source maps and is not minified: to debug it, run node --enable-source-maps.
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { buildDaemon } from './build-daemon.mjs';
import { buildOf } from './build-facts.mjs';
import { withImage } from './chart-image.mjs';
import { keepTogether } from './keep-together.mjs';
import { writeThirdParty } from './third-party.mjs';

const { values: options } = parseArgs({
  options: {
    development: { type: 'boolean', default: false },
    out: { type: 'string', default: 'dist' },
    'one-file': { type: 'string' },
  },
});

const root = fileURLToPath(new URL('..', import.meta.url));
const manifest = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8'));
const { version, config } = manifest;
const { commit, builtAt } = buildOf(root, process.env);

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
const observe = Object.fromEntries(
  await Promise.all(
    ['agent-alerts.yaml', 'controller-alerts.yaml', 'dashboard.json'].map(async (name) => [
      name,
      await readFile(new URL(`chart/observe/${name}`, deploy), 'utf8'),
    ]),
  ),
);
const chartValues = withImage(await readFile(new URL('chart/values.yaml', deploy), 'utf8'), config.image);

/**
 * Of client-node podid takes the kubeconfig's credentials and TLS (`dist/config.js`), and asks the API by
 * itself. What that file imports for the rest stays out of the bundle: the generated client of every API, and
 * node-fetch, whose whatwg-url warns of `punycode` on each start with Node 22 and 24; and its YAML reader,
 * since podid reads kubeconfigs itself.
 */
const clientNodeParts = {
  name: 'client-node-parts',
  setup({ onResolve, onLoad }) {
    const unused = /^(\.\/gen\/index\.js|node-fetch|js-yaml)$/;
    onResolve({ filter: unused }, ({ path, importer }) =>
      /client-node[\\/]dist[\\/]config\.js$/.test(importer) ? { path, namespace: 'unused' } : undefined,
    );
    onLoad({ filter: /./, namespace: 'unused' }, () => ({
      contents: `
        const unused = class { constructor() { throw new Error('podid asks the API server by itself.'); } };
        export { unused as Headers, unused as ServerConfiguration, unused as createConfiguration, unused as default };`,
    }));
  },
};

/** The groups of operations that src/arm uses of Azure's SDKs. */
const usedOperations = ['ManagedClusters', 'VirtualMachineScaleSets', 'VirtualMachines'];

/** The same of the older kind of SDK, whose client makes an object of each group. */
const usedImplementations = ['RoleAssignmentsImpl', 'RoleDefinitionsImpl'];

/**
 * What packages carry along and podid never asks for: inquirer's editor prompt brings character sets of half
 * a megabyte, commander brings Node's child processes (and with them its network) to each start for commands
 * that are programs of their own, the clients of Azure's SDKs bring every group of operations there is, and the metrics
 * library brings summaries, a gateway to push to, a cluster of processes and numbers of Node's own, with Node's zlib and
 * the whole of OpenTelemetry's API: to each start of a daemon.
 */
const unusedParts = {
  name: 'unused-parts',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^@inquirer\/editor$/ }, ({ path }) => ({ path, namespace: 'unused-prompt' }));
    onLoad({ filter: /./, namespace: 'unused-prompt' }, () => ({ contents: 'export default undefined;' }));
    onResolve({ filter: /^node:child_process$/ }, ({ path, importer }) =>
      /[\\/]commander[\\/]/.test(importer) ? { path, namespace: 'unused-module' } : undefined,
    );
    onResolve({ filter: /^\.\/lib\/(summary|pushgateway|cluster|defaultMetrics)$/ }, ({ path, importer }) =>
      /[\\/]prom-client[\\/]index\.js$/.test(importer) ? { path, namespace: 'unused-module' } : undefined,
    );
    onLoad({ filter: /./, namespace: 'unused-module' }, () => ({ contents: 'module.exports = {};' }));
    onLoad(
      { filter: /@azure[\\/]arm-[a-z]+[\\/]dist[\\/]esm[\\/]classic[\\/].*index\.js$/ },
      async ({ path }) => {
        const text = await readFile(path, 'utf8');
        const [, name, group] = /^export function (_get(\w+)Operations)\b/m.exec(text) ?? [];
        const isUsed = name === undefined || usedOperations.includes(group);
        return isUsed ? undefined : { contents: `export function ${name}() {}` };
      },
    );
    onLoad(
      { filter: /@azure[\\/]arm-authorization[\\/]dist-esm[\\/]src[\\/]operations[\\/]\w+\.js$/ },
      async ({ path }) => {
        const text = await readFile(path, 'utf8');
        const [, name] = /^export class (\w+Impl)\b/m.exec(text) ?? [];
        const isUsed = name === undefined || usedImplementations.includes(name);
        return isUsed ? undefined : { contents: `export class ${name} {}` };
      },
    );
  },
};

/**
 * Costs of a start that nobody asked for. Node fills a module `node:process` by reading every member of
 * process, among them the list of all its options, which takes it 2 ms; the global holds the same. The agents
 * for proxies, and the logger that they bring, are made where a proxy is set.
 */
const lateParts = {
  name: 'late-parts',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^(node:)?process$/ }, ({ path }) => ({ path, namespace: 'global-process' }));
    onLoad({ filter: /./, namespace: 'global-process' }, () => ({
      contents: 'module.exports = globalThis.process;',
    }));
    onLoad(
      { filter: /ts-http-runtime[\\/]dist[\\/]esm[\\/]policies[\\/]proxyPolicy\.js$/ },
      async ({ path }) => {
        const text = await readFile(path, 'utf8');
        const imported = /^import \{ (Https?ProxyAgent) \} from "(https?-proxy-agent)";$/gm;
        const late = text
          .replace(imported, '')
          .replace(
            /new (Https?)ProxyAgent\b/g,
            (_, protocol) => `new (require("${protocol.toLowerCase()}-proxy-agent").${protocol}ProxyAgent)`,
          );
        if (late.match(/require\(/g)?.length !== 2) {
          throw new Error(`${path} makes its agents in another way than this build knows.`);
        }
        return { contents: late };
      },
    );
  },
};

const shared = {
  bundle: true,
  plugins: [clientNodeParts, unusedParts, lateParts],
  platform: 'node',
  // Their CommonJS entries are a wrapper that no bundler can follow, and one file; their ES modules stand beside it.
  alias: {
    'jsonc-parser': 'jsonc-parser/lib/esm/main.js',
    '@azure/arm-authorization': '@azure/arm-authorization/dist-esm/src/index.js',
  },
  target: 'node20',
  format: 'esm',
  minify: !options.development,
  sourcemap: options.development,
  keepNames: true,
  legalComments: 'linked',
  logLevel: 'warning',
  banner: { js: banner },
  define: {
    __dirname: '__bundleDir',
    // Azure's HTTP library asks of each body whether it is a form. None of podid's is, and to name that class
    // makes Node load the whole of its own fetch, which podid list has no use for.
    FormData: 'undefined',
    PODID_VERSION: JSON.stringify(version),
    PODID_COMMIT: JSON.stringify(commit),
    PODID_BUILT_AT: JSON.stringify(builtAt),
    PODID_IMAGE: JSON.stringify(config.image),
    PODID_CRDS: JSON.stringify(crds.join('\n---\n')),
    PODID_OBSERVE: JSON.stringify(observe),
    PODID_CHART_VALUES: JSON.stringify(chartValues),
  },
};

const daemons = [
  {
    name: 'podid-nmi',
    source: 'src/nmi/main.ts',
    soon: [
      'src/nmi/run-nmi.ts',
      'src/nmi/rules/run-rules.ts',
      'src/nmi/rules/run-tool.ts',
      'src/nmi/rules/after-server.ts',
      'src/nmi/rules/text/rules-text.ts',
    ],
  },
  { name: 'podid-mic', source: 'src/mic/main.ts', soon: [] },
];

if (options['one-file'] !== undefined) {
  await buildOneFile(options['one-file']);
} else {
  await buildFolder();
}

/** The module that Node carries inside of its own executable: it can load nothing that lies beside it. */
async function buildOneFile(outfile) {
  const { define, ...rest } = shared;
  await build({
    ...rest,
    entryPoints: [join(root, 'scripts/one-file.mjs')],
    outfile,
    format: 'cjs',
    // An executable that has its module inside knows no import() at run time, of Node's own modules neither.
    supported: { 'dynamic-import': false },
    legalComments: 'none',
    banner: {},
    define: { ...define, __dirname: '""', 'import.meta.url': '"file:///"', PODID_IN_ONE_FILE: 'true' },
  });
}

async function buildFolder() {
  const podid = {
    ...shared,
    entryPoints: { podid: 'src/cli/run/main.ts' },
    outdir: options.out,
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
  };
  const { metafile } = await build({ ...podid, metafile: true, write: false });
  const together = keepTogether(metafile.inputs, podid.entryPoints.podid, 8);

  await rm(options.out, { recursive: true, force: true });
  const built = await Promise.all([
    build({ ...podid, metafile: true, plugins: [...podid.plugins, together] }).then((done) => done.metafile),
    ...daemons.map((daemon) => {
      const { __dirname: _inEsModules, ...define } = shared.define;
      return buildDaemon({ ...shared, outdir: options.out, banner: {}, define }, daemon);
    }),
  ]);
  writeThirdParty(built, { root, out: options.out, manifest });
}
