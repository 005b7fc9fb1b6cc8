// 100 Deployments on 100 identities, each with a service account of its own, planned against the emulator, beside the
// plan of a cluster with one, and brought to trusted: by the throttles of Azure, which the emulator keeps to the second, and
// with the proof of two minutes that podid takes by itself. The emulator answers at once: what Azure and a cluster take for an
// answer comes on top.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { controlOf, environmentOf } from '../emulated.mjs';

const podid = fileURLToPath(new URL('../../bin/podid.js', import.meta.url));
const count = 100;
const rounds = 5;

export async function bench() {
  const one = await planned(1);
  const all = await planned(count);
  const perWorkload = (all.seconds - one.seconds) / (count - 1);
  console.log('| workloads | planned | requests to Azure | requests to Kubernetes | seconds |');
  console.log('|---|---|---|---|---|');
  for (const { workloads, ready, azure, kubernetes, seconds } of [one, all]) {
    console.log(`| ${workloads} | ${ready} | ${azure} | ${kubernetes} | ${seconds.toFixed(2)} |`);
  }
  console.log(
    `\nThe median of ${rounds} runs; ${(perWorkload * 1000).toFixed(1)} ms for each further workload.`,
  );
  if (all.ready !== count) {
    throw new Error(`${all.ready} of ${count} workloads were planned.`);
  }
  const { trusted, seconds, credentials, again } = await brought(count);
  console.log(
    `\n${trusted} of ${count} workloads trusted in ${seconds.toFixed(0)} s, by ${credentials} writes of federated credentials; the same command again wrote ${again} times.`,
  );
}

async function brought(workloads) {
  return await onEmulator(workloads, async (control, env) => {
    const settings = { credentialLimits: 'documented', credentialWriteMs: 1000, credentialLagMs: 5000 };
    await control('world', 'PUT', { settings });
    const command = ['migrate', 'apply', '--namespace', 'bulk', '--until', 'trusted', '--yes', '-o', 'json'];
    const start = performance.now();
    const rows = JSON.parse(await run(command, env));
    const seconds = (performance.now() - start) / 1000;
    const written = async () =>
      (await control('requests')).filter(
        ({ method, path }) => method === 'PUT' && path.startsWith('/subscriptions'),
      ).length;
    const credentials = await written();
    await control('requests', 'DELETE');
    await run([...command, '--rounds', '1', '--over', '1s'], env);
    const trusted = rows.filter(({ state }) => state === 'trusted').length;
    return { trusted, seconds, credentials, again: await written() };
  });
}

async function planned(workloads) {
  return await onEmulator(workloads, async (control, env) => {
    const command = ['migrate', 'plan', '--namespace', 'bulk', '-o', 'json'];
    const seconds = [];
    let plan = '';
    for (let round = 0; round < rounds; round += 1) {
      await control('requests', 'DELETE');
      const start = performance.now();
      plan = await run(command, env);
      seconds.push((performance.now() - start) / 1000);
    }
    const requests = await control('requests');
    const azure = requests.filter(({ path }) => path.startsWith('/subscriptions')).length;
    const ready = JSON.parse(plan).workloads.filter(({ state }) => state === 'planned').length;
    const sorted = seconds.toSorted((a, b) => a - b);
    return {
      workloads,
      ready,
      azure,
      kubernetes: requests.length - azure,
      seconds: sorted[Math.floor(rounds / 2)],
    };
  });
}

async function onEmulator(workloads, work) {
  const words = ['emulator', '--only-show-errors', '--scenario', 'oidc-issuer'];
  const emulator = spawn(process.execPath, [podid, ...words], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    const env = await environmentOf(emulator);
    const control = controlOf(env);
    const [known] = (await control('world')).identities;
    const numbers = Array.from({ length: workloads }, (_, at) => at);
    await control('world', 'PUT', {
      identities: numbers.map((at) => identity(at, env, known.properties.tenantId)),
      kubernetes: numbers.flatMap((at) => objects(at, env)),
    });
    return await work(control, env);
  } finally {
    const exit = new Promise((resolve) => emulator.once('exit', resolve));
    emulator.kill();
    await exit;
  }
}

function idOf(at, env) {
  const scope = `/subscriptions/${env['AZURE_SUBSCRIPTION_ID']}/resourceGroups/${env['PODID_RESOURCE_GROUP']}`;
  return `${scope}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/bulk-${at}`;
}

function clientIdOf(at) {
  return `10000000-0000-4000-8000-${String(at).padStart(12, '0')}`;
}

function identity(at, env, tenantId) {
  const principalId = `20000000-0000-4000-8000-${String(at).padStart(12, '0')}`;
  const properties = { clientId: clientIdOf(at), principalId, tenantId };
  return { id: idOf(at, env), name: `bulk-${at}`, location: 'westeurope', properties };
}

function objects(at, env) {
  const name = `bulk-${at}`;
  const metadata = { namespace: 'bulk', name };
  const labels = { app: name, aadpodidbinding: name };
  const apiVersion = 'aadpodidentity.k8s.io/v1';
  const template = {
    metadata: { labels },
    spec: { serviceAccountName: name, containers: [{ name, image: name }] },
  };
  return [
    ...(at === 0 ? [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'bulk' } }] : []),
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata,
      spec: { selector: { matchLabels: { app: name } }, template },
    },
    {
      apiVersion,
      kind: 'AzureIdentity',
      metadata,
      spec: { type: 0, resourceID: idOf(at, env), clientID: clientIdOf(at) },
    },
    { apiVersion, kind: 'AzureIdentityBinding', metadata, spec: { azureIdentity: name, selector: name } },
  ];
}

function run(args, env) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [podid, ...args, '--only-show-errors'], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const text = { stdout: '', stderr: '' };
    for (const stream of ['stdout', 'stderr']) {
      child[stream].setEncoding('utf8').on('data', (part) => {
        text[stream] += part;
      });
    }
    child.once('error', reject);
    child.once('close', (code) =>
      code === 0 ? resolve(text.stdout) : reject(new Error(`podid exited ${code}: ${text.stderr}`)),
    );
  });
}
