// A daemon as one CommonJS file, with what it loads late, or never, in files beside it. One file, since to find and to
// link forty ES modules costs each start 20 ms; the rest apart, since what is never run would be parsed and held in
// memory all the same. esbuild splits ES modules only, so it does that first, and then makes CommonJS of the pieces:
// those of a start in one scope, each other one as a file that takes what it shares with a start from there. So each
// module exists once, whoever loads it.
import { dirname, posix, resolve } from 'node:path';
import { build } from 'esbuild';

/**
 * @param {object} settings esbuild's, as of every bundle; `outdir` is where the files go
 * @param {{name: string, source: string, soon: readonly string[]}} daemon `source` exports `main`; `soon` names the
 *   sources that it imports by import() and that a start needs in any case
 * @returns esbuild's metafile, of which third-party.mjs reads whose code is in the bundle
 */
export async function buildDaemon(settings, { name, source, soon }) {
  const { metafile, outputFiles } = await build({
    ...settings,
    entryPoints: { [name]: source },
    chunkNames: `${name}-chunks/[name]-[hash]`,
    splitting: true,
    // The second step minifies, and would take a name that the first made short for the name itself.
    minify: false,
    minifySyntax: settings.minify,
    sourcemap: settings.sourcemap && 'inline',
    legalComments: 'inline',
    metafile: true,
    write: false,
  });
  const pieces = readPieces(metafile, outputFiles, settings.outdir);
  const early = reachable(pieces, [source, ...soon]);
  const late = [...pieces.keys()].filter((path) => !early.has(path));
  const shared = [...early].filter((path) => late.some((other) => pieces.get(other).imports.includes(path)));

  const common = {
    ...settings,
    plugins: [],
    // A module of the first step has its names already.
    keepNames: false,
    format: 'cjs',
    // What is loaded by vm.Script knows no import().
    supported: { 'dynamic-import': false },
    outExtension: { '.js': '.cjs' },
  };
  const withPieces = (isInside, inFolder) => piecesAsModules(pieces, { name, shared, isInside, inFolder });
  await build({
    ...common,
    entryPoints: { [name]: 'podid:start' },
    plugins: [withPieces((path) => early.has(path), '.')],
  });
  await Promise.all(
    late.map((path) =>
      build({
        ...common,
        entryPoints: { [path.replace(/\.js$/, '')]: `podid:${path}` },
        ...(pieces.get(path).text.includes('import.meta.url') ? ownUrl : {}),
        plugins: [withPieces((other) => other === path, `${name}-chunks`)],
      }),
    ),
  );
  return metafile;
}

/** For the one package that looks for files beside its own. */
const ownUrl = {
  banner: { js: "const __ownUrl = require('node:url').pathToFileURL(__filename).href;" },
  define: { 'import.meta.url': '__ownUrl' },
};

/** By path within the output, with the paths that each imports, of its own and by import(). */
function readPieces(metafile, outputFiles, outdir) {
  const relative = (path) => posix.relative(outdir.replaceAll('\\', '/'), path);
  const texts = outputFiles.map(({ path, text }) => [
    path.replaceAll('\\', '/'),
    withFullSources(text, dirname(path)),
  ]);
  const textOf = (path) => texts.find(([full]) => full.endsWith(`/${path}`))?.[1];
  return new Map(
    Object.entries(metafile.outputs).map(([path, { imports, entryPoint }]) => [
      relative(path),
      {
        text: textOf(relative(path)),
        entryPoint,
        imports: imports.filter(({ external }) => !external).map((each) => relative(each.path)),
        atOnce: imports
          .filter(({ external, kind }) => !external && kind === 'import-statement')
          .map((each) => relative(each.path)),
      },
    ]),
  );
}

/** A development build's map names its sources from where the piece would lie, and it lies nowhere. */
function withFullSources(text, folder) {
  const before = '//# sourceMappingURL=data:application/json;base64,';
  const at = text.lastIndexOf(before);
  if (at === -1) {
    return text;
  }
  const map = JSON.parse(Buffer.from(text.slice(at + before.length), 'base64').toString());
  const sources = map.sources.map((source) => (source.startsWith('<') ? source : resolve(folder, source)));
  return text.slice(0, at) + before + Buffer.from(JSON.stringify({ ...map, sources })).toString('base64');
}

/** What runs when these sources are loaded. */
function reachable(pieces, sources) {
  const found = new Set();
  const visit = (path) => {
    if (!found.has(path)) {
      found.add(path);
      pieces.get(path).atOnce.forEach(visit);
    }
  };
  for (const source of sources) {
    const [path] = [...pieces].find(([, { entryPoint }]) => entryPoint === source) ?? [];
    if (path === undefined) {
      throw new Error(`${source} is not loaded by import(), so that there is nothing to keep early.`);
    }
    visit(path);
  }
  return found;
}

/** How one of the files finds the pieces: in itself, in the start's file, or in a file of their own. */
function piecesAsModules(pieces, { name, shared, isInside, inFolder }) {
  return {
    name: 'pieces-as-modules',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^podid:/ }, ({ path }) => ({
        path: path.slice('podid:'.length),
        namespace: 'piece',
      }));
      onResolve({ filter: /^\.\.?\// }, ({ path, importer, namespace }) => {
        if (namespace === 'of-start') {
          return { path, external: true };
        }
        const found = posix.join(posix.dirname(importer === 'start' ? '.' : importer), path);
        if (isInside(found)) {
          return { path: found, namespace: 'piece' };
        }
        return shared.includes(found)
          ? { path: found, namespace: 'of-start' }
          : { path: `./${posix.relative(inFolder, found).replace(/\.js$/, '.cjs')}`, external: true };
      });
      onLoad({ filter: /^start$/, namespace: 'piece' }, () => ({
        contents: `
          export { main } from './${name}.js';
          export const shared = { ${shared.map((path) => `${JSON.stringify(path)}: () => require('./${path}')`).join()} };`,
      }));
      onLoad({ filter: /./, namespace: 'piece' }, ({ path }) => ({ contents: pieces.get(path).text }));
      onLoad({ filter: /./, namespace: 'of-start' }, ({ path }) => ({
        contents: `module.exports = require('../${name}.cjs').shared[${JSON.stringify(path)}]();`,
      }));
    },
  };
}
