import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as passing } from 'node:timers/promises';
import { describe, expect, inject, it, vi } from 'vitest';
import { type AgentWorld, identities, inAgentWorld } from './agent-world.ts';
import { programsIn } from './bundled-programs.ts';
import type { Host } from './network.ts';
import { imdsToken, requestFrom } from './one-request.ts';

const programs = programsIn(inject('programsFolder'));

const ask = (host: Host, target = imdsToken) => requestFrom(host, programs, target, { waitMs: 15_000 });
const odd = [
  '/metadata/identity/oauth2/token/',
  '/metadata//identity/oauth2/token',
  '/metadata/./identity/oauth2/token',
  '/metadata/instance/../identity/oauth2/token',
  '/metadata/instance%2f..%2fidentity/oauth2/token',
  '/metadata/instance%252f..%252fidentity%252foauth2%252ftoken',
  '/metadata\\identity\\oauth2\\token',
  '/metadata/identity%5coauth2%5ctoken',
  '/Metadata/Identity/OAuth2/Token',
  '/metadata/identity/oauth2%00/token',
  '/metadata/instance;/../identity/oauth2/token',
  'http://169.254.169.254/metadata/identity/oauth2/token',
  '/metadata/identity/getplatformmetadata',
  '/metadata/identity/issuecredential',
  '/metadata/identity/info',
  '/metadata/scheduledevents',
  '/metadata/attested/document',
];

describe('a pod that asks for the rules of its node', () => {
  it('gets them not even where the metrics are open, and the node itself does, of one process', async () => {
    await inAgentWorld(programs, {}, async (world) => {
      await world.startAgent({ extra: ['--metrics-address=0.0.0.0', '--open-metrics'] });
      const rules = (by: Host, address: string) =>
        by.run('curl', '-sS', '-m', '10', '-w', '\\n%{http_code}', `http://${address}:9090/rules`);
      const { node } = world.network;
      await vi.waitFor(() => expect(rules(node, '127.0.0.1')).toMatch(/\n200$/), 20_000);
      expect(rules(node, '127.0.0.1')).toContain('table inet podid {');
      expect(rules(world.unbound, node.address)).toMatch(
        /^The text of the rules is for this node alone.*\n403$/,
      );
    });
  });
});

describe('a pod without an identity', () => {
  it('gets no token by any spelling of the path, and nothing of it reaches IMDS', async () => {
    await inAgentWorld(programs, {}, async (world) => {
      await world.startAgent();
      for (const target of odd) {
        for (const pod of [world.unbound, world.bound]) {
          const said = pod.run(
            ...([
              'curl',
              '-sS',
              '-m',
              '10',
              '--path-as-is',
              '-H',
              'Metadata: true',
              '-w',
              '\n%{http_code}',
            ] as const),
            ...[
              '--request-target',
              `${target}?api-version=2021-02-01&resource=r&client_id=${identities.node.clientId}`,
            ],
            'http://169.254.169.254/',
          );
          expect(said, target).not.toContain('access_token');
          expect(said, target).toMatch(/\n(301|400|403|404|405)$/);
        }
      }
      expect(world.issued()).toEqual([]);
    });
  });

  it('asks a thousand times from an address that nobody has, at the cost of two lists', async () => {
    await inAgentWorld(programs, {}, async (world) => {
      await world.startAgent({ extra: ['--hold-sec=1'] });
      const before = world.apiCalls()['list pods'] ?? 0;
      world.unbound.run('ip', 'addr', 'add', '10.244.2.1/16', 'dev', 'eth0');
      const flood = world.unbound.start('curl', [
        ...[
          '-s',
          '-Z',
          '--parallel-max',
          '100',
          '-m',
          '30',
          '--interface',
          '10.244.2.1',
          '-H',
          'Metadata: true',
        ],
        ...['-o', '/dev/null', '-w', '%{http_code}\n', `${imdsToken}&n=[1-1000]`],
      ]);
      await flood.ended;
      expect(flood.lines.filter((line) => /^\d{3}$/.test(line))).toHaveLength(1000);
      expect(flood.lines).not.toContain('200');
      expect((world.apiCalls()['list pods'] ?? 0) - before).toBeLessThanOrEqual(2);
    });
  });
});

describe.each(['bridged', 'routed'] as const)(
  'a pod, %s, whose address the CNI has given to another one',
  (kind) => {
    it('is refused, whatever the API still says, and served once both agree', async () => {
      await inAgentWorld(programs, { kind }, async (world) => {
        noteAddress(world, world.bound, 'uid-of-a-newcomer');
        await world.startAgent();
        expect(await ask(world.bound)).toMatchObject({ status: 503 });
        expect(world.issued()).toEqual([]);
        noteAddress(world, world.bound, 'uid-web-0');
        await untilStatus(world, 200);
      });
    });
  },
);

describe('a pod that loses its binding', () => {
  it('gets no further token after a second, cached or not', async () => {
    await inAgentWorld(programs, {}, async (world) => {
      await world.startAgent();
      expect(await ask(world.bound)).toMatchObject({ status: 200 });
      await world.remove('AzureIdentityBinding', 'shop', 'web-binding');
      await world.remove('AzureIdentityBinding', 'shop', 'jobs-binding');
      await passing(1000);
      expect((await ask(world.bound)).status).not.toBe(200);
    });
  });
});

describe('a pod that asks for hundreds of resources', () => {
  it('neither starves its neighbour nor uses up the quota of the machine', async () => {
    const quota = { concurrent: 5, perSecond: 20 };
    await inAgentWorld(programs, { latencyMs: 10, quota }, async (world) => {
      await world.seed({
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: {
          name: 'plain-0',
          namespace: 'shop',
          uid: 'uid-plain-0',
          labels: { aadpodidbinding: 'web' },
        },
        spec: { nodeName: 'node-1' },
        status: { phase: 'Running', podIP: world.unbound.address, podIPs: [{ ip: world.unbound.address }] },
      });
      await world.startAgent();
      const greedy = world.unbound.start('curl', [
        ...[
          '-s',
          '-Z',
          '--parallel-max',
          '200',
          '-m',
          '20',
          '-H',
          'Metadata: true',
          '-o',
          '/dev/null',
          '-w',
          '%{http_code}\n',
        ],
        imdsToken.replace('resource=r', 'resource=https://r[1-300].example'),
      ]);
      await passing(500);
      const begunMs = Date.now();
      expect(await ask(world.bound)).toMatchObject({ status: 200 });
      expect(Date.now() - begunMs).toBeLessThan(5000);
      await greedy.ended;
      expect(world.throttled()).toBe(0);
    });
  });
});

async function untilStatus(world: AgentWorld, wanted: number): Promise<void> {
  const end = performance.now() + 20_000;
  let status: number | undefined;
  while (status !== wanted) {
    if (performance.now() > end) {
      throw new Error(`the last answer was ${status}, not ${wanted}`);
    }
    status = (await ask(world.bound)).status;
  }
}

/** What the node's CNI plugin would note when it gives a pod's address to the pod of that UID. */
function noteAddress({ folder }: AgentWorld, pod: Host, podUid: string): void {
  mkdirSync(join(folder, 'results'), { recursive: true });
  const cniArgs = [
    ['K8S_POD_NAMESPACE', 'shop'],
    ['K8S_POD_NAME', 'any'],
    ['K8S_POD_UID', podUid],
  ];
  const result = { cniVersion: '1.0.0', ips: [{ address: `${pod.address}/16` }] };
  writeFileSync(
    join(folder, 'results', 'net-any-eth0'),
    JSON.stringify({ kind: 'cniCacheV1', cniArgs, result }),
  );
}
