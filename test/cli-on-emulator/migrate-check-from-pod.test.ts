import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { Context } from '../../src/cli/run/context.ts';
import { PodidError } from '../../src/errors/podid-error.ts';
import type { EmulatedPodid } from './emulated-podid.ts';
import { lastCommand, ownedWorld } from './migration-worlds.ts';
import { type CheckPods, playCheckPods } from './played-check-pods.ts';
import { typeOthers } from './type-others.ts';

const line =
  'migrate check --rounds 3 --over 30ms -o json --namespace demo --workload deployment/web --from-pod';

interface Checked {
  readonly result: string;
  readonly passed: number;
  readonly refused: number;
  readonly reason?: string;
}

async function trustedWorld(own: Partial<Context> = {}): Promise<EmulatedPodid> {
  const podid = await ownedWorld(own);
  const { workloads } = (await podid.json('migrate plan -o json')) as { workloads: { next: string }[] };
  await typeOthers(podid, lastCommand(workloads[0]?.next));
  return podid;
}

async function checkOf(podid: EmulatedPodid, more = ''): Promise<readonly [number, Checked]> {
  const { exitCode, stdout, stderr } = await podid.run(`${line}${more}`);
  const [checked] = JSON.parse(stdout || '[]') as readonly Checked[];
  return [exitCode, checked ?? { result: stderr, passed: 0, refused: 0 }];
}

/** Nothing of podid's is left, whatever came of it. */
function podsLeft({ emulator }: EmulatedPodid): readonly string[] {
  return emulator.kube
    .list('Pod', 'demo')
    .map(({ metadata }) => metadata.name)
    .filter((name) => name.startsWith('podid-check-'));
}

async function failureOf(
  as: Parameters<typeof playCheckPods>[1],
  podid: EmulatedPodid,
  more = '',
): Promise<string> {
  await using pods = playCheckPods(podid, as);
  const [exitCode, { result, reason }] = await checkOf(podid, more);
  expect([exitCode, result]).toEqual([10, 'fail']);
  expect(podsLeft(podid)).toEqual([]);
  expectNoToken(pods, reason ?? '');
  return reason ?? '';
}

function expectNoToken({ played, made }: CheckPods, printed: string): void {
  for (const { token, output, message } of played) {
    expect(output).toBe('');
    for (const text of [JSON.stringify(made), message, printed]) {
      expect(text).not.toContain(token.slice(0, 40));
      expect(text).not.toContain(token.split('.')[2]);
      expect(text).not.toContain('eyJ');
    }
  }
}

/** A proxy that lets through who signs in as `app:secret`. */
async function proxyOnLoopback(): Promise<{ readonly server: Server; readonly host: string }> {
  const server = createServer();
  server.on('connect', (request, socket) => {
    const wanted = `Basic ${Buffer.from('app:secret').toString('base64')}`;
    if (request.headers['proxy-authorization'] !== wanted) {
      socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
      return;
    }
    const [host = '', port] = (request.url ?? '').split(':');
    const other = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      other.pipe(socket).pipe(other);
    });
    for (const each of [socket, other]) {
      each.on('error', () => each.destroy());
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, host: `127.0.0.1:${(server.address() as AddressInfo).port}` };
}

function withProxy({ emulator: { kube } }: EmulatedPodid, value: string): void {
  const web = structuredClone(kube.get('deployments', 'demo', 'web')) as never as {
    spec: { template: { spec: { containers: { env?: object[] }[]; nodeSelector?: object } } };
  };
  const { spec } = web.spec.template;
  spec.nodeSelector = { pool: 'apps' };
  spec.containers = spec.containers.map((each) => ({ ...each, env: [{ name: 'HTTP_PROXY', value }] }));
  kube.seed(web as never);
}

describe('podid migrate check --from-pod on the emulator', () => {
  it("passes by a pod like the workload's, leaves no token and no pod, and makes no token itself", async () => {
    await using podid = await trustedWorld();
    const before = podid.emulator.kube.requests.length;
    await using pods = playCheckPods(podid);
    expect(await checkOf(podid)).toMatchObject([0, { result: 'pass', passed: 3, refused: 0 }]);
    const verbs = podid.emulator.kube.requests
      .slice(before)
      .map(({ verb, resource }) => `${verb} ${resource}`)
      .filter((each) => !/^(?:list|get) /.test(each));
    // The played kubelet's own is the one for a token.
    expect(verbs).toEqual(['create pods', 'create serviceaccounts/token', 'delete pods']);
    expect(podsLeft(podid)).toEqual([]);
    expectNoToken(pods, '');
    const account = podid.emulator.kube.get('ServiceAccount', 'demo', 'web')?.metadata;
    const [pod] = pods.made;
    expect(pod?.metadata).toMatchObject({
      namespace: 'demo',
      labels: { app: 'web' },
      ownerReferences: [{ kind: 'ServiceAccount', name: 'web', uid: account?.uid }],
    });
    expect(pod?.metadata.labels).not.toHaveProperty('aadpodidbinding');
    expect(pod?.['spec']).toMatchObject({
      serviceAccountName: 'web',
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true },
      readinessGates: [{}],
      volumes: [
        { projected: { sources: [{ serviceAccountToken: { audience: 'api://AzureADTokenExchange' } }] } },
      ],
      containers: [{ securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } } }],
    });
  });

  it("names Entra's refusal by its code and sentence, asked as often as SDKs do", async () => {
    await using podid = await trustedWorld();
    const error_description = 'AADSTS700213: No matching federated identity record found. Trace ID: 1';
    podid.emulator.faults.add({
      match: { operation: 'entra.token' },
      effect: { status: 401, body: { error: 'invalid_client', error_description } },
    });
    expect(await failureOf({}, podid)).toBe(
      'AADSTS700213: AADSTS700213: No matching federated identity record found.',
    );
    expect(podid.count('entra.token')).toBe(3);
  });

  it.each<[string, (port: number) => Readonly<Record<string, unknown>>, RegExp]>([
    [
      'nothing listens',
      () => ({ url: 'http://127.0.0.1:1/t' }),
      /^EgressBlocked: .* does not reach 127\.0\.0\.1:1 \(ECONNREFUSED\)/,
    ],
    [
      'the name is not known',
      () => ({ url: 'https://entra.invalid/t' }),
      /^NameUnknown: .* cannot look up entra\.invalid/,
    ],
    [
      'the authority is not known',
      (port) => ({ url: `https://127.0.0.1:${port}/t` }),
      /^TlsFailed: .* comes from 127\.0\.0\.1:\d+ is not one that podid's image trusts/,
    ],
    [
      'another issuer signs',
      () => ({ issuer: 'https://other/' }),
      /^OtherIssuer: the pod's token is of the issuer http/,
    ],
    ['there is no token', () => ({ token: '/nowhere' }), /^PodFailed: the pod could not ask: ENOENT/],
  ])('says in words why nothing came where %s', async (_, order, reason) => {
    await using podid = await trustedWorld();
    const port = Number(new URL(podid.emulator.url).port);
    expect(await failureOf({ order: order(port) }, podid)).toMatch(reason);
  });

  it('goes through the proxy that the containers name, and says where that lets nothing through', async () => {
    await using podid = await trustedWorld();
    const { server, host } = await proxyOnLoopback();
    try {
      withProxy(podid, `http://app:secret@${host}`);
      await using pods = playCheckPods(podid);
      expect(await checkOf(podid)).toMatchObject([0, { result: 'pass', passed: 3 }]);
      expect(pods.made[0]?.['spec']).toMatchObject({ nodeSelector: { pool: 'apps' } });
      withProxy(podid, `http://app:wrong@${host}`);
      const [exitCode, { reason }] = await checkOf(podid);
      expect([exitCode, reason]).toEqual([
        10,
        expect.stringContaining(
          `ProxyRefused: the proxy http://${host}, which HTTP_PROXY of its containers names`,
        ),
      ]);
      expect(reason).toContain('HTTP 407');
      expect(reason).not.toContain('wrong');
    } finally {
      server.close();
      server.closeAllConnections();
    }
  });

  it('ends within its limit where the pod never runs, with the reason', async () => {
    await using podid = await trustedWorld();
    const waiting = { reason: 'ImagePullBackOff', message: 'Back-off pulling image' };
    const status = { phase: 'Pending', containerStatuses: [{ name: 'probe', state: { waiting } }] };
    expect(await failureOf({ status }, podid, ' --timeout 300ms')).toBe(
      'PodNotStarted: the pod did not run within 0.3 s: container probe: ImagePullBackOff: Back-off pulling image',
    );
  });

  it("hands on the API server's sentence where pods may not be made", async () => {
    await using podid = await trustedWorld();
    const { kube } = podid.emulator;
    kube.faults = { ...kube.faults, deny: [{ verb: 'create', resource: 'pods' }] };
    expect(await failureOf({}, podid)).toMatch(
      /^Forbidden: The cluster does not let you create pods in namespace demo: pods .*is forbidden: user /,
    );
  });

  it('believes no other pod of its name, and does not delete it', async () => {
    await using podid = await trustedWorld();
    const { kube } = podid.emulator;
    const names: string[] = [];
    await using _pods = playCheckPods(podid, {
      status: { phase: 'Pending' },
      onMade({ metadata: { name, labels = {} } }) {
        const { 'podid.io/migrate-check': _own, ...others } = labels;
        const message = JSON.stringify({ passed: 3, refused: 0, answer: { kind: 'token' } });
        const terminated = { exitCode: 0, message };
        kube.remove('Pod', 'demo', name);
        kube.seed({
          apiVersion: 'v1',
          kind: 'Pod',
          metadata: { namespace: 'demo', name, labels: others },
          spec: { containers: [{ name: 'probe', image: 'registry.example.net/tenant' }] },
          status: { phase: 'Succeeded', containerStatuses: [{ name: 'probe', state: { terminated } }] },
        });
        names.push(name);
      },
    });
    const [exitCode, { reason }] = await checkOf(podid);
    expect([exitCode, reason]).toEqual([10, expect.stringContaining('PodGone')]);
    expect(podsLeft(podid)).toEqual(names);
  });

  it('takes the pod away on Ctrl-C', async () => {
    const stop = new AbortController();
    await using podid = await trustedWorld({ signal: stop.signal });
    await using pods = playCheckPods(podid, {
      status: { phase: 'Running' },
      onMade: () => stop.abort(new PodidError('Interrupted', 'Interrupted.')),
    });
    const ran = await podid.run(line);
    expect(ran.exitCode).toBe(130);
    expect(pods.made).toHaveLength(1);
    expect(podsLeft(podid)).toEqual([]);
  });

  it('needs an image, by the agent or by --image, and its flags go with it', async () => {
    await using podid = await trustedWorld();
    podid.emulator.kube.remove('DaemonSet', 'kube-system', 'podid-nmi');
    const without = await podid.run(line);
    expect(without.exitCode).toBe(5);
    expect(without.stderr).toContain('--from-pod --image REGISTRY/podid:TAG');
    await using pods = playCheckPods(podid);
    const ran = await podid.run(`${line} --image registry.example.net/podid:1`);
    expect(ran.exitCode, ran.stderr).toBe(0);
    expect(pods.made[0]?.['spec']).toMatchObject({ containers: [{ image: 'registry.example.net/podid:1' }] });
    const alone = await podid.run('migrate check --image registry.example.net/podid:1 --timeout 1m');
    expect([alone.exitCode, alone.stderr]).toEqual([
      2,
      expect.stringContaining('--image is of the pod of --from-pod'),
    ]);
    expect(alone.stderr).toContain('--timeout is of the pod of --from-pod');
  });
});
