// The files of src that a run enters: those of which a function ran.
//   npm run walk -- add -g demo-rg -c demo …     podid, with an emulator of its own unless PODID_ARM_ENDPOINT is set
//   npm run walk -- --agent serve --node=n …     podid-nmi, until Ctrl-C
// A development build in a temporary folder, run with V8's coverage; source maps lead back to the files.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { SourceMap } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** A copy of podid that can be walked: `bin/`, a development build and a package.json. */
export async function buildForWalks() {
  const folder = await mkdtemp(join(tmpdir(), 'podid-walk-'));
  await cp(join(root, 'bin'), join(folder, 'bin'), { recursive: true });
  await writeFile(join(folder, 'package.json'), '{"type": "module"}');
  await end(start([join(root, 'scripts/build.mjs'), '--development', '--out', join(folder, 'dist')]));
  return {
    program: (name) => join(folder, 'bin', `${name}.js`),
    /** A folder for the coverage of one run. */
    async coverage() {
      return await mkdtemp(join(folder, 'coverage-'));
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/** The files of src that the runs with this NODE_V8_COVERAGE entered, by name. */
export async function enteredFiles(coverage) {
  const entered = new Set();
  for (const name of await readdir(coverage)) {
    const { result } = JSON.parse(await readFile(join(coverage, name), 'utf8'));
    for (const script of result.filter(({ url }) => url.startsWith('file:') && /\/dist\//.test(url))) {
      for (const file of await filesOf(script)) {
        entered.add(file);
      }
    }
  }
  return [...entered].sort();
}

async function filesOf({ url, functions }) {
  const path = fileURLToPath(url);
  const map = new SourceMap(JSON.parse(await readFile(`${path}.map`, 'utf8')));
  const lineStarts = startsOfLines(await readFile(path, 'utf8'));
  const sources = functions
    // The function at 0 is the module itself, which runs whenever it is loaded.
    .filter(({ ranges: [whole] }) => whole.count > 0 && whole.startOffset > 0)
    .map(({ ranges: [{ startOffset }] }) => {
      const line = lineStarts.findLastIndex((start) => start <= startOffset);
      return map.findEntry(line, startOffset - lineStarts[line]).originalSource;
    });
  return [...new Set(sources)]
    .filter((source) => source !== undefined)
    .map((source) => relative(root, resolve(dirname(path), source)).replaceAll(sep, '/'))
    .filter((file) => file.startsWith('src/'));
}

function startsOfLines(text) {
  return [0, ...[...text.matchAll(/\n/g)].map(({ index }) => index + 1)];
}

export function start(args, options = {}) {
  return spawn(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit'], ...options });
}

/** @returns the exit code */
export async function end(child) {
  const [code] = await once(child, 'exit');
  return code;
}

/** The variables that point podid at an emulator of its own, and its end. */
export async function startEmulator(program) {
  const child = start([program, 'emulator'], { stdio: ['ignore', 'pipe', 'ignore'] });
  let text = '';
  for await (const chunk of child.stdout.setEncoding('utf8')) {
    text += chunk;
    if (/^export KUBECONFIG=.*\n/m.test(text)) {
      break;
    }
  }
  const env = Object.fromEntries(
    [...text.matchAll(/^export (\w+)='?([^'\n]*)'?$/gm)].map(([, name, value]) => [name, value]),
  );
  const stop = async () => {
    child.kill();
    await end(child);
  };
  return { env, stop };
}

async function walk([first, ...rest]) {
  const build = await buildForWalks();
  const isAgent = first === '--agent';
  const hasAzure = isAgent || process.env.PODID_ARM_ENDPOINT !== undefined;
  const emulator = hasAzure ? undefined : await startEmulator(build.program('podid'));
  const coverage = await build.coverage();
  // Ctrl-C ends the run and not the count.
  process.on('SIGINT', () => {});
  try {
    const words = isAgent ? rest : [first, ...rest].filter((word) => word !== undefined);
    const child = start([build.program(isAgent ? 'podid-nmi' : 'podid'), ...words], {
      stdio: 'inherit',
      env: { ...process.env, ...emulator?.env, NODE_V8_COVERAGE: coverage },
    });
    const code = await end(child);
    const files = await enteredFiles(coverage);
    console.log([...files, `${files.length} files of src entered; exit code ${code}`].join('\n'));
  } finally {
    await emulator?.stop();
    await build.remove();
  }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  await walk(process.argv.slice(2));
}
