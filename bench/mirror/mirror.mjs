// 200 identities and 200 exceptions (600 objects) mirrored into a real API server, beside `kubectl apply
// --server-side` of the same objects in the same run, in turns. Wants the programs of
// test/cluster/one-node/build.sh (etcd, kube-apiserver, kubectl) and openssl.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('../../', import.meta.url));
const podid = join(root, 'bin/podid.js');
const group = 'aadpodidentity.k8s.io';
const kinds = ['azureidentities', 'azureidentitybindings', 'azurepodidentityexceptions'];
const rounds = 3;

export async function bench() {
  const programs =
    process.env.ONENODE_BIN ??
    join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'onenode/v1.36.3');
  const folder = await mkdtemp(join(tmpdir(), 'podid-bench-'));
  const api = await startApiServer();
  const emulator = spawn(process.execPath, [podid, 'emulator', '--only-show-errors', '--scenario', 'full'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const environment = await environmentOf(emulator);
    await addExceptions(environment);
    const kubectl = (...args) =>
      execFileSync(join(programs, 'kubectl'), ['--kubeconfig', api.kubeconfig, ...args], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'inherit'],
        maxBuffer: 64 * 1024 * 1024,
      });
    installDefinitions(kubectl);
    kubectl('create', 'namespace', 'demo');
    const env = { ...process.env, ...environment, KUBECONFIG: api.kubeconfig };
    const mirror = () => run(process.execPath, [podid, 'mirror', '--only-show-errors'], env);
    await mirror();
    const file = join(folder, 'objects.json');
    await writeFile(file, objectsOf(kubectl('get', kinds.join(','), '-n', 'demo', '-o', 'json')));
    const apply = () =>
      run(join(programs, 'kubectl'), ['apply', '--server-side', '--field-manager=bench', '-f', file], env);
    const times = { first: [], again: [], kubectl: [], kubectlAgain: [] };
    for (let round = 0; round < rounds; round += 1) {
      deleteAll(kubectl);
      times.first.push(await seconds(mirror));
      times.again.push(await seconds(mirror));
      deleteAll(kubectl);
      times.kubectl.push(await seconds(apply));
      times.kubectlAgain.push(await seconds(apply));
    }
    print(times);
  } finally {
    emulator.kill();
    if (emulator.exitCode === null) {
      await once(emulator, 'close');
    }
    await api.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

function print({ first, again, kubectl, kubectlAgain }) {
  const row = (name, own, peer) =>
    console.log(
      `| ${name} | ${middle(own).toFixed(2)} s | ${middle(peer).toFixed(2)} s | ${(middle(own) / middle(peer)).toFixed(2)} |`,
    );
  console.log('| 600 objects | podid mirror | kubectl apply --server-side | ratio |\n|---|---|---|---|');
  row('none there yet', first, kubectl);
  row('all there', again, kubectlAgain);
  console.log(`\nThe middle of ${rounds} rounds each, in turns, process start included.`);
}

function middle(numbers) {
  return [...numbers].sort((one, other) => one - other)[Math.floor(numbers.length / 2)];
}

async function seconds(work) {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

/** The one of the cluster's tests, so that both are the same API server. */
async function startApiServer() {
  const folder = await mkdtemp(join(root, 'node_modules', '.podid-bench-'));
  const outfile = join(folder, 'api-server.mjs');
  try {
    await build({
      entryPoints: [join(root, 'test/cluster/api-server.ts')],
      ...{ bundle: true, platform: 'node', target: 'node20', format: 'esm', outfile },
    });
    return await (await import(pathToFileURL(outfile).href)).startApiServer('bench');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function run(program, args, env) {
  const child = spawn(program, args, { env, stdio: ['ignore', 'ignore', 'inherit'] });
  const [code] = await once(child, 'close');
  if (code !== 0) {
    throw new Error(`${program} ${args[0]} ended with ${code}`);
  }
}

function deleteAll(kubectl) {
  for (const kind of kinds) {
    kubectl('delete', '--raw', `/apis/${group}/v1/namespaces/demo/${kind}`);
  }
}

function objectsOf(json) {
  const items = JSON.parse(json).items.map(({ apiVersion, kind, metadata, spec }) => {
    const { name, namespace, labels, annotations } = metadata;
    return { apiVersion, kind, metadata: { name, namespace, labels, annotations }, spec };
  });
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
}

function installDefinitions(kubectl) {
  kubectl('apply', '--server-side', '-f', join(root, 'deploy/crds'));
  kubectl('wait', '--for=condition=Established', ...kinds.map((kind) => `crd/${kind}.${group}`));
}

async function environmentOf(emulator) {
  let text = '';
  emulator.stdout.on('data', (chunk) => {
    text += chunk;
  });
  while (!text.includes('export KUBECONFIG=')) {
    await sleep(20);
  }
  return Object.fromEntries(
    [...text.matchAll(/^export (\w+)=(\S+)$/gm)].map(([, name, value]) => [name, value]),
  );
}

async function addExceptions(environment) {
  const url = `${environment.PODID_ARM_ENDPOINT}/_podid/world`;
  const headers = { 'podid-emulator-key': environment.PODID_EMULATOR_KEY };
  const { clusters } = await (await fetch(url, { headers })).json();
  const profile = clusters[0].properties.podIdentityProfile;
  profile.userAssignedIdentityExceptions = Array.from({ length: 200 }, (_, at) => {
    return { namespace: 'demo', name: `legacy-${at}`, podLabels: { app: `legacy-${at}` } };
  });
  const answer = await fetch(url, { method: 'PUT', headers, body: JSON.stringify({ clusters }) });
  if (!answer.ok) {
    throw new Error(`the emulator took no exceptions: ${await answer.text()}`);
  }
}
