// The main job of podid from start to end, on loopback: an emulated Azure and cluster, the real command line,
// the real node agent. Each step says what it does and checks that it did; the exit code is 0 only if every
// step held.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { get } from 'node:http';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import chalk from 'chalk';

const bin = (name) => fileURLToPath(new URL(`../bin/${name}`, import.meta.url));
const cluster = ['-g', 'demo-rg', '-c', 'demo'];
const identityId = (name) =>
  `/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/demo-rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${name}`;
const resource = 'https://vault.azure.net';
const labels = { web: { aadpodidbinding: 'web' }, stranger: {}, legacy: { app: 'legacy' } };
const running = [];

try {
  await report();
  console.log(chalk.bold.green('\nEvery step did what it says.'));
} catch (error) {
  console.error(chalk.bold.red(`\nThe demo failed: ${error.message}`));
  process.exitCode = 1;
} finally {
  for (const child of running.reverse()) {
    await end(child);
  }
}

async function report() {
  say(
    'Pods on AKS can get Azure tokens for a managed identity without holding any secret. This is how, on a small Azure of our own: nothing leaves this machine, and the pods are simulated on loopback.',
  );
  step('An emulated Azure starts on loopback: a subscription, a cluster, two managed identities.');
  const environment = await startEmulator();

  step('The add-on, which lets a cluster use pod identity, is off. It is turned on once for each cluster.');
  await podid(environment, ['status', ...cluster, '-o', 'table'], (out) =>
    check(/add-on\s+off/.test(out), 'the add-on is off'),
  );
  await podid(environment, ['enable', ...cluster, '--poll-interval', '200ms']);
  await podid(
    environment,
    ['status', ...cluster, '-o', 'json', '--query', '{enabled: enabled, identities: identities}'],
    (out) => check(JSON.parse(out).enabled === true, 'the add-on is on'),
  );

  step(
    'Pods of the namespace demo may use the identity web: podid checks it, grants the role, writes it, waits for Azure.',
  );
  const add = [
    'add',
    ...cluster,
    '--namespace',
    'demo',
    '--name',
    'web',
    '--identity-resource-id',
    identityId('web'),
  ];
  await podid(environment, [...add, '--poll-interval', '200ms', '-o', 'table'], (out) =>
    check(/Assigned/.test(out), 'Azure has assigned the identity'),
  );
  step('The same command again changes nothing.');
  await podid(environment, [...add, '-o', 'json', '--query', 'provisioningState'], (out) =>
    check(JSON.parse(out) === 'Assigned', 'nothing to do, exit code 0'),
  );
  step('Pods labelled app=legacy bring an identity of their own and are left alone.');
  const exception = [
    'exception',
    'add',
    ...cluster,
    '--namespace',
    'demo',
    '--name',
    'legacy',
    '--pod-labels',
    'app=legacy',
  ];
  await podid(environment, [...exception, '--poll-interval', '200ms', '-o', 'table']);
  await podid(environment, ['list', ...cluster, '-o', 'table'], (out) =>
    check(/web\s+demo/.test(out), 'the cluster holds the entry'),
  );

  step('The same is in the cluster now, as objects that the agent on each node watches.');
  const api = `${environment.PODID_ARM_ENDPOINT}/apis/aadpodidentity.k8s.io/v1/namespaces/demo`;
  for (const [kind, name] of [
    ['azureidentities', 'web'],
    ['azureidentitybindings', 'web-binding'],
    ['azurepodidentityexceptions', 'legacy'],
  ]) {
    const response = await fetch(`${api}/${kind}/${name}`, { headers: await kubeHeaders(environment) });
    check(response.status === 200, `${kind}/${name} is there`);
  }

  const pods = await placePods();
  const nodes = [...new Set(Object.values(pods).map(({ node }) => node))];
  step(
    `The node agent starts. Three pods run, ${nodes.length === 1 ? 'on its node' : 'each on a node of its own, since loopback has one address here'}: one labelled aadpodidbinding=web (the label by which a pod asks for the entry web), one with no label, one labelled app=legacy. Each asks for a token for a resource, which is the service that the token opens: here Azure Key Vault.`,
  );
  await createPods(environment, pods);
  const agents = await startAgents(environment, nodes);
  const of = (name) => ({ address: pods[name].address, port: agents[pods[name].node] });
  const web = await askForToken(of('web'), 'the pod "web"');
  check(web.status === 200, 'it gets a token');
  check(
    web.body.client_id === (await clientIdOf(environment)),
    `and it is the identity web's (client id ${web.body.client_id})`,
  );
  const stranger = await askForToken(of('stranger'), 'the pod without a label');
  check(stranger.status === 400 && stranger.body.access_token === undefined, 'it gets none, and the reason:');
  say(`    ${stranger.body.error_description}`);

  const legacy = await askForToken(of('legacy'), 'the pod "legacy", which is excepted,');
  check(
    legacy.status === 400 && /Multiple/i.test(legacy.body.error_description),
    'it is not served by pod identity but answered as the node itself would be: the node has several identities, so the pod has to say which one it wants',
  );

  step('The entry is removed, and with it the right to tokens.');
  await podid(environment, [
    'delete',
    ...cluster,
    '--namespace',
    'demo',
    '--name',
    'web',
    '--poll-interval',
    '200ms',
    '-o',
    'none',
  ]);
  const revoked = await until(
    () => askOnce(of('web')),
    (answer) => answer.status !== 200,
  );
  check(revoked.status === 400, `the pod "web" gets no more tokens: ${revoked.body.error_description}`);
  const wrong = await podid(
    environment,
    ['delete', ...cluster, '--namespace', 'demo', '--name', 'web', '-o', 'none'],
    undefined,
    4,
  );
  check(wrong === 4, 'deleting it again ends with exit code 4');
}

async function startEmulator() {
  const child = start(['emulator', '--scenario', 'first-time', '--shell', 'sh']);
  const environment = {};
  for await (const line of createInterface({ input: child.stdout })) {
    const [, name, value] = /^export (\w+)=(.*)$/.exec(line) ?? [];
    if (name) {
      environment[name] = value.replaceAll(/^'|'$/g, '');
    }
    if (name === 'KUBECONFIG') {
      break;
    }
  }
  check(environment.KUBECONFIG !== undefined, `it listens at ${environment.PODID_ARM_ENDPOINT}`);
  return environment;
}

function start(args, environment = {}, program = 'podid.js') {
  const child = spawn(process.execPath, ['--', bin(program), ...args], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.stderr.resume();
  running.push(child);
  return child;
}

async function podid(environment, args, judge, expected = 0) {
  console.log(chalk.cyan(`\n  $ podid ${args.map(quoted).join(' ')}`));
  const child = spawn(process.execPath, ['--', bin('podid.js'), ...args], {
    env: { ...process.env, ...environment },
  });
  let out = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    out += text;
  });
  let told = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    told += text;
  });
  const [code] = await once(child, 'close');
  print(chalk.dim(told));
  print(out);
  if (code !== expected) {
    throw new Error(`podid ${args[0]} exited ${code} instead of ${expected}.`);
  }
  judge?.(out);
  return code;
}

async function kubeHeaders(environment) {
  const { readFile } = await import('node:fs/promises');
  const token = /token: *"?([^"\s]+)/.exec(await readFile(environment.KUBECONFIG, 'utf8'))?.[1];
  return { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) };
}

/**
 * An agent knows the pods of its node by their addresses. Where loopback has 127.0.0.1 alone, as on macOS, each pod has
 * that one on a node of its own.
 */
async function placePods() {
  const names = Object.keys(labels);
  const addresses = names.map((_, at) => `127.0.0.${11 + at}`);
  const areThere = (await Promise.all(addresses.map(canBeBound))).every(Boolean);
  const place = (at) =>
    areThere ? { address: addresses[at], node: 'node-1' } : { address: '127.0.0.1', node: `node-${at + 1}` };
  return Object.fromEntries(names.map((name, at) => [name, place(at)]));
}

async function canBeBound(address) {
  const { createServer } = await import('node:net');
  const server = createServer().listen(0, address);
  try {
    await once(server, 'listening');
  } catch {
    return false;
  }
  server.close();
  return true;
}

async function createPods(environment, pods) {
  const anHourAgo = new Date(Date.now() - 3_600_000).toISOString();
  const items = Object.entries(pods).map(([name, { address, node }]) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'demo', labels: labels[name], creationTimestamp: anHourAgo },
    spec: { nodeName: node, containers: [{ name: 'app', image: 'app' }] },
    status: { phase: 'Running', startTime: anHourAgo, podIP: address, podIPs: [{ ip: address }] },
  }));
  const response = await fetch(`${environment.PODID_ARM_ENDPOINT}/_podid/world`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json', 'podid-emulator-key': environment.PODID_EMULATOR_KEY },
    body: JSON.stringify({ kubernetes: items }),
  });
  check(response.ok, 'the pods are running');
}

/** @returns the port of each node's agent */
async function startAgents(environment, nodes) {
  const ports = await Promise.all(nodes.map((node) => startAgent(environment, node)));
  console.log(`  ${chalk.green('✓')} ${nodes.length === 1 ? 'the agent is' : 'the agents are'} ready`);
  return Object.fromEntries(nodes.map((node, at) => [node, ports[at]]));
}

async function startAgent(environment, node) {
  const { port: imdsPort } = new URL(environment.PODID_ARM_ENDPOINT);
  const port = await freePort();
  const probe = await freePort();
  const flags = {
    node,
    'operation-mode': 'managed',
    'nmi-port': port,
    'http-probe-port': probe,
    'prometheus-port': 0,
  };
  const imds = { 'metadata-ip': '127.0.0.1', 'metadata-port': imdsPort };
  const args = Object.entries({ ...flags, ...imds }).map(([name, value]) => `--${name}=${value}`);
  start(
    ['serve', '--forceNamespaced', '--allow-loopback-pods', '--redirected-by-others', ...args],
    environment,
    'podid-nmi.js',
  );
  const ready = await until(
    () => probeOnce(probe),
    (status) => status === 200,
  );
  if (ready !== 200) {
    throw new Error(`The agent of ${node} should be ready.`);
  }
  return port;
}

async function freePort() {
  const { createServer } = await import('node:net');
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

function probeOnce(port) {
  return fetch(`http://127.0.0.1:${port}/readyz`).then(
    (response) => response.status,
    () => 0,
  );
}

async function askForToken(pod, who) {
  console.log(
    `\n  ${who} asks the metadata address 169.254.169.254 for a token for ${resource}; its node brings the request to the agent`,
  );
  return until(
    () => askOnce(pod),
    (answer) => answer.status !== 503,
  );
}

function askOnce({ address: localAddress, port }) {
  const path = `/metadata/identity/oauth2/token?api-version=2018-02-01&resource=${encodeURIComponent(resource)}`;
  return new Promise((resolve, reject) => {
    const request = get(
      { host: '127.0.0.1', port, path, localAddress, agent: false, headers: { Metadata: 'true' } },
      async (response) => {
        let text = '';
        for await (const chunk of response.setEncoding('utf8')) {
          text += chunk;
        }
        resolve({ status: response.statusCode, body: JSON.parse(text) });
      },
    );
    request.on('error', reject);
  });
}

async function clientIdOf(environment) {
  const response = await fetch(
    `${environment.PODID_ARM_ENDPOINT}${identityId('web')}?api-version=2023-01-31`,
    {
      headers: { authorization: `Bearer ${environment.PODID_ARM_TOKEN}` },
    },
  );
  return (await response.json()).properties.clientId;
}

async function until(look, wanted) {
  const endsAt = performance.now() + 30_000;
  for (;;) {
    const seen = await look();
    if (wanted(seen) || performance.now() > endsAt) {
      return seen;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function end(child) {
  if (child.exitCode !== null || child.signalCode !== null) {
    return;
  }
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}

function say(text) {
  console.log(text);
}

function step(text) {
  step.number = (step.number ?? 0) + 1;
  console.log(chalk.bold(`\n${step.number}. ${text}`));
}

/** As a shell takes it, so that the line can be pasted. */
function quoted(word) {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

function print(text) {
  for (const line of text.split('\n')) {
    if (line !== '') {
      console.log(`    ${line}`);
    }
  }
}

function check(held, what) {
  if (!held) {
    throw new Error(`It should hold that ${what}.`);
  }
  console.log(`  ${chalk.green('✓')} ${what}`);
}
