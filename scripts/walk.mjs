// The files of src that a run enters: those of which a function ran.
//
//   npm run walk -- add -g demo-rg -c demo …      podid, with an emulator unless PODID_ARM_ENDPOINT is set
//   npm run walk -- --agent serve --node=n …      podid-nmi, until Ctrl-C
//   npm run walk -- --token                       a request for a token that the agent's cache answers
//
// It makes a development build in a temporary folder and runs it with V8's coverage; source maps lead back to
// the files.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { Agent, get } from 'node:http';
import { SourceMap } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** A copy of podid that can be walked: `bin/`, a development build and a package.json. */
export async function buildForWalks() {
  const kept = process.env.PODID_WALK_BUILD || undefined;
  const folder = kept ?? (await mkdtemp(join(tmpdir(), 'podid-walk-')));
  if (!existsSync(join(folder, 'dist'))) {
    await cp(join(root, 'bin'), join(folder, 'bin'), { recursive: true });
    await writeFile(join(folder, 'package.json'), '{"type": "module"}');
    await end(start([join(root, 'scripts/build.mjs'), '--development', '--out', join(folder, 'dist')]));
  }
  return {
    program: (name) => join(folder, 'bin', `${name}.js`),
    /** A folder for the coverage of one run. */
    async coverage() {
      return await mkdtemp(join(folder, 'coverage-'));
    },
    remove: async () => {
      if (kept === undefined) {
        await rm(folder, { recursive: true, force: true });
      }
    },
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
  const child = start([program, 'emulator', '--shell', 'sh'], { stdio: ['ignore', 'pipe', 'ignore'] });
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

/** As podid's own emulated pod: loopback may have no other address. */
const pod = { address: '127.0.0.1', name: 'web' };
const identity =
  '/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/demo-rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/web';

/** What the agent enters between a request and its answer, when the token is in its cache. */
async function walkToken() {
  const build = await buildForWalks();
  const emulator = await startEmulator(build.program('podid'));
  const coverage = await build.coverage();
  const env = { ...process.env, ...emulator.env, PODID_COVERAGE: coverage };
  let agent;
  try {
    const add = ['add', '-g', 'demo-rg', '-c', 'demo', '--namespace', 'demo', '--name', pod.name];
    const added = [
      build.program('podid'),
      ...add,
      '--identity-resource-id',
      identity,
      '--poll-interval',
      '50ms',
    ];
    await end(start(added, { env, stdio: 'ignore' }));
    await createPod(emulator.env);
    const { port: imds } = new URL(emulator.env.PODID_ARM_ENDPOINT);
    const port = await freePort();
    const flags = [
      ...['--node=node-1', '--operation-mode=managed', '--forceNamespaced', `--nmi-port=${port}`],
      ...['--http-probe-port=0', '--prometheus-port=0', '--metadata-ip=127.0.0.1', `--metadata-port=${imds}`],
      ...['--allow-loopback-pods', '--redirected-by-others'],
    ];
    const preload = pathToFileURL(join(root, 'scripts/coverage-between.mjs')).href;
    agent = start(['--import', preload, build.program('podid-nmi'), 'serve', ...flags], {
      env,
      stdio: 'ignore',
    });
    await until(async () => (await askForToken(port)) === 200);
    // The first answer of its kind is logged, and those after it are counted.
    await askForToken(port);
    await takeCoverage(agent, join(coverage, '1.json'));
    const status = await askForToken(port);
    await takeCoverage(agent, join(coverage, '2.json'));
    await rm(join(coverage, '1.json'));
    const files = await enteredFiles(coverage);
    console.log([...files, `${files.length} files of src entered; status ${status}`].join('\n'));
  } finally {
    keptConnection.destroy();
    agent?.kill('SIGKILL');
    await emulator.stop();
    await build.remove();
  }
}

async function createPod(env) {
  const anHourAgo = new Date(Date.now() - 3_600_000).toISOString();
  const { address: ip, name } = pod;
  const item = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'demo', labels: { aadpodidbinding: name }, creationTimestamp: anHourAgo },
    spec: { nodeName: 'node-1', containers: [{ name: 'app', image: 'app' }] },
    status: { phase: 'Running', startTime: anHourAgo, podIP: ip, podIPs: [{ ip }] },
  };
  await fetch(`${env.PODID_ARM_ENDPOINT}/_podid/world`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json', 'podid-emulator-key': env.PODID_EMULATOR_KEY },
    body: JSON.stringify({ kubernetes: [item] }),
  });
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

/** As the SDKs have it, so that a walk does not count how a connection is accepted. */
const keptConnection = new Agent({ keepAlive: true });

/** @returns the status; 0 while nobody listens */
function askForToken(port) {
  const path =
    '/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https%3A%2F%2Fvault.azure.net';
  const request = { host: '127.0.0.1', port, path, headers: { Metadata: 'true' } };
  return new Promise((answered) => {
    get({ ...request, agent: keptConnection }, (response) => {
      response.resume().on('end', () => answered(response.statusCode));
    }).on('error', () => answered(0));
  });
}

async function takeCoverage(child, file) {
  child.kill('SIGUSR2');
  await until(() =>
    readFile(file, 'utf8').then(
      (text) => text.endsWith('}'),
      () => false,
    ),
  );
}

async function until(isTrue) {
  for (let tries = 0; tries < 600; tries += 1) {
    if (await isTrue()) {
      return;
    }
    await sleep(50);
  }
  throw new Error('nothing came of it in half a minute');
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
  const args = process.argv.slice(2);
  await (args[0] === '--token' ? walkToken() : walk(args));
}
