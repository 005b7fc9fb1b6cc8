// Which modules of the command line lie in one file of dist/. To find and open a file costs Node more than to read a
// few kilobytes of it.
//
// esbuild puts those modules into one file that the same entry points reach, and each `import()` is an entry point. So
// what is loaded at the start, and some commands import as well, would lie in many small files: podid list would read
// fifty. Here each entry point is made to reach all that is loaded before it in any case, and those small modules, too,
// that many share; esbuild then has no reason to keep them apart.
import { readFile } from 'node:fs/promises';
import { relative, resolve, sep } from 'node:path';

/**
 * A plugin of esbuild for the same build once more.
 *
 * @param inputs of the metafile of a build without it
 * @param root the program's own entry point
 * @param many modules that so many entry points share lie in one file, unless they bring a package
 */
export function keepTogether(inputs, root, many) {
  const graph = readGraph(inputs);
  const together = loadedBefore(graph, root);
  const common = commonFiles(graph, root, [...together.keys()], many);
  for (const [entry, files] of together) {
    if (common.some((file) => graph.reached(entry).has(file))) {
      together.set(entry, new Set([...files, ...common]));
    }
  }
  return {
    name: 'keep-together',
    setup({ onLoad }) {
      onLoad({ filter: /[\\/]src[\\/].*\.ts$/ }, async ({ path }) => {
        const entry = relative(process.cwd(), path).replaceAll(sep, '/');
        const files = together.get(entry) ?? new Set();
        // What is loaded before itself is no entry point but in name.
        if (files.size === 0 || files.has(entry)) {
          return undefined;
        }
        // At the end, so that whatever the module imports itself runs first, as before.
        const imports = [...files].filter(isOurs).map((file) => `import ${JSON.stringify(resolve(file))};`);
        return { contents: `${await readFile(path, 'utf8')}\n${imports.join(' ')}\n`, loader: 'ts' };
      });
    },
  };
}

const isOurs = (file) => file.startsWith('src/');

function readGraph(inputs) {
  const imports = (file, kinds) =>
    (inputs[file]?.imports ?? [])
      .filter(({ kind, external }) => kinds.includes(kind) && !external)
      .map(({ path }) => path);
  const known = new Map();
  const reach = (entry) => {
    const found = new Set([entry]);
    for (const file of found) {
      for (const next of imports(file, ['import-statement', 'require-call'])) {
        found.add(next);
      }
    }
    return found;
  };
  return {
    /** The file, and all that is loaded with it. */
    reached(entry) {
      known.set(entry, known.get(entry) ?? reach(entry));
      return known.get(entry);
    },
    importedLater: (file) => imports(file, ['dynamic-import']),
  };
}

/** For each entry point but the root, what is loaded before it whoever imports it. */
function loadedBefore({ reached, importedLater }, root) {
  const before = new Map();
  const queue = [root];
  for (const from of queue) {
    const loaded = new Set([...(before.get(from) ?? []), ...reached(from)]);
    for (const entry of [...reached(from)].flatMap(importedLater)) {
      const others = before.get(entry);
      const now = [...loaded].filter((file) => others === undefined || others.has(file));
      if (others === undefined || now.length < others.size) {
        before.set(entry, new Set(now));
        queue.push(entry);
      }
    }
  }
  before.delete(root);
  return before;
}

function commonFiles({ reached }, root, entries, many) {
  const counts = new Map();
  for (const file of entries.flatMap((entry) => [...reached(entry)])) {
    counts.set(file, (counts.get(file) ?? 0) + 1);
  }
  return [...counts]
    .filter(([, count]) => count >= many)
    .map(([file]) => file)
    .filter((file) => !reached(root).has(file) && [...reached(file)].every(isOurs));
}
