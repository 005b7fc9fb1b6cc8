import { readFileSync } from 'node:fs';
import { createServer, request as plainRequest, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { root } from '../architecture/source-files.ts';
import type { Program } from '../node/program.ts';
import { type ApiServer, adminToken, startApiServer } from './api-server.ts';
import { measured } from './measured.ts';
import { createMemoryLimit, type MemoryLimit } from './memory-limit.ts';
import { binding, eachOf, identity, largeText, object, objectWriter, podOn } from './tenant-objects.ts';

/** The limit that the chart gives the container that serves. */
const chartMegabytes = 256;
const ports = { nmi: 12_579, probe: 18_080, metrics: 19_090 };

describe("one tenant's objects, on a real API server and at the chart's own limit of memory", () => {
  let api: ApiServer;
  let write: ReturnType<typeof objectWriter>;
  let imds: Server;
  let limit: MemoryLimit;
  let agent: Program | undefined;

  beforeAll(async () => {
    api = await startApiServer('cost');
    write = objectWriter(api.url, adminToken);
    // Upstream's definitions know no lengths, and what was stored under them stays.
    api.kubectl('apply', '--server-side', '-f', join(root, 'test/cluster/fixtures/upstream-crds.yaml'));
    api.kubectl('wait', '--for=condition=Established', '--timeout=60s', 'crd', '--all');
    for (const namespace of ['team', 'hostile']) {
      api.kubectl('create', 'namespace', namespace);
      // Pods are refused without it, and no controller makes it here.
      api.kubectl('create', 'serviceaccount', 'default', '-n', namespace);
    }
    imds = await startImds();
    limit = createMemoryLimit(chartMegabytes);
    await write(identity('team', 'web'));
    await write(binding('team', 'web'));
    await write(podOn('n1', 'team', 'app'));
    status(api, 'team', 'app', '127.0.0.5');
  });
  afterAll(async () => {
    await agent?.stop('SIGKILL');
    imds?.close();
    limit?.remove();
    await api?.stop();
  });

  const start = async () => {
    await agent?.stop('SIGTERM');
    const beganMs = Date.now();
    agent = limit.start(process.execPath, agentWords(api, imds), {});
    await untilTrue(async () => (await get(ports.probe, '/readyz')).status === 200, agent);
    return Date.now() - beganMs;
  };
  const token = async (from: string) => {
    const answer = await get(
      ports.nmi,
      '/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https%3A%2F%2Fvault.azure.net',
      from,
    );
    return { status: answer.status, json: JSON.parse(answer.text) as Record<string, string> };
  };
  const expectServed = async () => {
    expect(await token('127.0.0.5')).toMatchObject({ status: 200, json: { client_id: 'client-of-web' } });
  };

  it('cost the agent nothing to begin with', async () => {
    measured('start without them', `${await start()} ms, ${residentMegabytes(agent)} MB`);
    await expectServed();
  });

  it('are 200 AzureIdentities of 1.4 MB (S3), written while it runs', async () => {
    await eachOf(200, (index) =>
      write(identity('hostile', `i${index}`, { resourceID: largeText(1_400_000) })),
    );
    await write(binding('hostile', 'i0'));
    await write(podOn('n1', 'hostile', 'app', { aadpodidbinding: 'i0' }));
    status(api, 'hostile', 'app', '127.0.0.6');
    await untilTrue(async () => (await leftOut('azureidentities')) === 200, agent);
    await expectServed();
    measured('200 identities of 1.4 MB, watched', `${residentMegabytes(agent)} MB`);
  });

  it('are told to the tenant', async () => {
    await untilTrue(async () => (await token('127.0.0.6')).status !== 503, agent, 120_000);
    const { status: answered, json } = await token('127.0.0.6');
    expect(answered).toBe(400);
    expect(json['error_description']).toContain(
      "Objects of namespace hostile are beyond the agent's limits and left out: azureidentities/i",
    );
    expect(agent?.lines.filter((line) => line.includes('beyond the limits'))).not.toEqual([]);
  });

  it('are the same 200 at each of its starts', async () => {
    for (let count = 0; count < 3; count += 1) {
      measured('start with 200 identities of 1.4 MB', `${await start()} ms, ${residentMegabytes(agent)} MB`);
      expect(await leftOut('azureidentities')).toBe(200);
      await expectServed();
    }
  });

  it('are 110 pods of 1.35 MB (S2), and five exceptions of 20,000 labels (S9)', async () => {
    const env = [{ name: 'LARGE', value: largeText(1_350_000) }];
    await eachOf(110, (index) => write(podOn('n1', 'hostile', `p${index}`, {}, env)));
    const podLabels = Object.fromEntries(
      Array.from({ length: 20_000 }, (_, index) => [`label-${index}`, 'some-value']),
    );
    await eachOf(5, (index) =>
      write(object('AzurePodIdentityException', 'hostile', `e${index}`, { podLabels })),
    );
    await untilTrue(async () => (await leftOut('azurepodidentityexceptions')) === 5, agent);
    await expectServed();
    measured('110 pods of 1.35 MB, watched', `${residentMegabytes(agent)} MB`);
    for (let count = 0; count < 3; count += 1) {
      measured('start with all of them', `${await start()} ms, ${residentMegabytes(agent)} MB`);
      await expectServed();
    }
  });

  it('never had the kernel kill the agent', () => {
    measured('the most memory of the agent', `${limit.peakMegabytes} of ${chartMegabytes} MB`);
    expect(limit.kills).toBe(0);
  });
});

function status(api: ApiServer, namespace: string, name: string, ip: string): void {
  const patch = JSON.stringify({ status: { phase: 'Running', podIP: ip, podIPs: [{ ip }] } });
  api.kubectl('patch', 'pod', name, '-n', namespace, '--subresource=status', '--type=merge', '-p', patch);
}

function agentWords(api: ApiServer, imds: Server): string[] {
  const { port } = imds.address() as AddressInfo;
  return [
    join(root, 'bin/podid-nmi.js'),
    'serve',
    '--redirected-by-others',
    '--allow-loopback-pods',
    '--operation-mode=managed',
    '--forceNamespaced',
    '--node=n1',
    '--metadata-ip=127.0.0.1',
    `--metadata-port=${port}`,
    `--nmi-port=${ports.nmi}`,
    `--http-probe-port=${ports.probe}`,
    `--prometheus-port=${ports.metrics}`,
    `--kubeconfig=${api.kubeconfig}`,
  ];
}

function startImds(): Promise<Server> {
  const server = createServer((request, response) => {
    const clientId = new URL(request.url ?? '/', 'http://imds').searchParams.get('client_id') ?? '';
    const now = Math.floor(Date.now() / 1000);
    response.setHeader('content-type', 'application/json').end(
      JSON.stringify({
        access_token: `token-of-${clientId}`,
        client_id: clientId,
        expires_in: '86400',
        expires_on: String(now + 86_400),
        ext_expires_in: '86400',
        not_before: String(now),
        resource: 'https://vault.azure.net',
        token_type: 'Bearer',
      }),
    );
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

function get(port: number, path: string, from = '127.0.0.1'): Promise<{ status: number; text: string }> {
  return new Promise((resolve) => {
    const options = { host: '127.0.0.1', port, path, localAddress: from, headers: { Metadata: 'true' } };
    const request = plainRequest(options, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
    });
    request.on('error', (error) => resolve({ status: 0, text: String(error) })).end();
  });
}

async function leftOut(resource: string): Promise<number> {
  const { text } = await get(ports.metrics, '/metrics');
  const lines = text.matchAll(
    new RegExp(`^podid_nmi_objects_left_out\\{resource="${resource}",.*\\} (\\d+)$`, 'gm'),
  );
  return [...lines].reduce((sum, [, count]) => sum + Number(count), 0);
}

function residentMegabytes(program: Program | undefined): number {
  const text = readFileSync(`/proc/${program?.pid ?? 'self'}/status`, 'utf8');
  return Math.round(Number(/^VmRSS:\s+(\d+) kB$/m.exec(text)?.[1] ?? 0) / 1024);
}

async function untilTrue(holds: () => Promise<boolean>, program?: Program, mostMs = 60_000): Promise<void> {
  const giveUpMs = performance.now() + mostMs;
  const over = { yes: false };
  void program?.ended.then(() => {
    over.yes = true;
  });
  while (!(await holds())) {
    if (over.yes || performance.now() > giveUpMs) {
      const what = over.yes ? 'The agent ended' : 'It did not come true in time';
      throw new Error(`${what}: ${holds}\n${program?.lines.slice(-20).join('\n')}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
