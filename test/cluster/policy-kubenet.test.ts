import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createContext } from '../../src/cli/run/context.ts';
import type { ClusterPolicies } from '../../src/domain/kubernetes/cluster-policies.ts';
import { policyManifest } from '../../src/domain/kubernetes/net-raw/policy-object.ts';
import { renderNetRawPolicy } from '../../src/domain/kubernetes/net-raw/render-net-raw-policy.ts';
import type { ConnectedCluster } from '../../src/domain/kubernetes/workloads.ts';
import { applyNetRawPolicy } from '../../src/workflows/agent/apply-net-raw-policy.ts';
import { type ApiServer, startApiServer } from './api-server.ts';

const dropsIt = { capabilities: { drop: ['NET_RAW'] } };
const clean = { name: 'clean', image: 'none', securityContext: dropsIt };
const container = (name: string, securityContext?: object) => ({ name, image: 'none', securityContext });

/** podid's own way to the server, as its command takes it. */
async function connect(api: ApiServer): Promise<ConnectedCluster> {
  const { signal } = new AbortController();
  return await createContext(signal).connectCluster({
    kubeconfigPath: api.kubeconfig,
    fetchUserKubeconfig: () => Promise.reject(new Error('nobody asks Azure')),
    fetchApiServerHosts: () => Promise.reject(new Error('nobody asks Azure')),
    warn: () => undefined,
    entraToken: () => Promise.reject(new Error('nobody expected a sign-in')),
    signal,
  });
}

describe('podid policy kubenet --apply on a real API server', () => {
  let api: ApiServer;
  let policies: ClusterPolicies;
  const { signal } = new AbortController();
  const apply = async (excluded: readonly string[], more: { force?: boolean; dryRun?: boolean } = {}) => {
    const objects = renderNetRawPolicy('vap', excluded);
    const request = { engine: 'vap', objects, force: false, dryRun: false, ...more } as const;
    const changes = await applyNetRawPolicy(policies, request, signal);
    return changes.map(({ action }) => action);
  };
  const binding = () =>
    JSON.parse(
      api.kubectl(
        ...['get', 'validatingadmissionpolicybinding', 'podid-kubenet-net-raw'],
        ...['-o', 'json', '--show-managed-fields'],
      ),
    ) as {
      metadata: { managedFields: readonly { manager: string; operation: string }[] };
      spec: { validationActions: unknown; matchResources: unknown };
    };

  beforeAll(async () => {
    api = await startApiServer('apply-policy');
    ({ policies } = await connect(api));
  });
  afterAll(() => api?.stop());

  it('creates, finds the same, and updates as the one who applied it', async () => {
    expect(await apply(['kube-system'], { dryRun: true })).toEqual(['create', 'create']);
    expect(await apply(['kube-system'])).toEqual(['create', 'create']);
    expect(await apply(['kube-system'], { dryRun: true })).toEqual(['same', 'same']);
    expect(await apply(['kube-system'])).toEqual(['same', 'same']);
    expect(await apply(['kube-system', 'mesh'], { dryRun: true })).toEqual(['same', 'update']);
    expect(await apply(['kube-system', 'mesh'])).toEqual(['same', 'update']);
    expect(await apply(['kube-system'])).toEqual(['same', 'update']);
    expect(JSON.stringify(binding().spec)).not.toContain('mesh');
    expect(binding().metadata.managedFields).toMatchObject([{ manager: 'podid', operation: 'Apply' }]);
  });

  it('does not undo what somebody else changed, unless forced', async () => {
    api.kubectl(
      ...['patch', 'validatingadmissionpolicybinding', 'podid-kubenet-net-raw', '--type=merge'],
      ...['-p', '{"spec":{"validationActions":["Audit"]}}', '--field-manager=anna'],
    );
    expect(await apply(['kube-system'])).toEqual(['same', 'foreign']);
    expect(binding().spec.validationActions).toEqual(['Audit']);
    expect(await apply(['kube-system'], { force: true })).toEqual(['same', 'update']);
    expect(binding().spec.validationActions).toEqual(['Deny']);
  });

  it("leaves another writer's objects alone, unless forced", async () => {
    api.kubectl('delete', 'validatingadmissionpolicybinding', 'podid-kubenet-net-raw');
    const file = join(mkdtempSync(join(tmpdir(), 'podid-policy-')), 'binding.json');
    const foreign = {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingAdmissionPolicyBinding',
      metadata: { name: 'podid-kubenet-net-raw' },
      spec: { policyName: 'podid-kubenet-net-raw', validationActions: ['Warn'] },
    };
    writeFileSync(file, JSON.stringify(foreign));
    api.kubectl('create', '-f', file, '--field-manager=helm');
    rmSync(dirname(file), { recursive: true });
    expect(await apply(['kube-system'])).toEqual(['same', 'foreign']);
    expect(binding().spec.validationActions).toEqual(['Warn']);
    expect(await apply(['kube-system'], { force: true })).toEqual(['same', 'update']);
    expect(binding().spec.validationActions).toEqual(['Deny']);
  });

  it('refuses Gatekeeper and Kyverno, which are not there', async () => {
    for (const engine of ['gatekeeper', 'kyverno'] as const) {
      const objects = renderNetRawPolicy(engine, ['kube-system']);
      const request = { engine, objects, force: false, dryRun: false };
      await expect(applyNetRawPolicy(policies, request, signal)).rejects.toMatchObject({
        code: 'PolicyBlocked',
      });
    }
  });
});

describe('the kubenet policy on a real API server', () => {
  let api: ApiServer;
  let folder = '';

  /** What the server says about an object that is not stored. */
  const asked = (...args: readonly string[]): string => {
    try {
      return api.kubectl(...args).trim() === '' ? '' : 'admitted';
    } catch (error) {
      return String((error as { stderr?: unknown }).stderr ?? error);
    }
  };
  const write = (object: object): string => {
    const file = join(folder, 'object.json');
    writeFileSync(file, JSON.stringify(object));
    return file;
  };
  const create = (object: object, ...more: readonly string[]) =>
    asked('create', '-f', write(object), ...more);
  const pod = (spec: object, namespace = 'shop') => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { generateName: 'asked-', namespace },
    spec: { serviceAccountName: 'plain', ...spec },
  });
  const podWith = (securityContext?: object) =>
    pod({ containers: [clean, container('loud', securityContext)] });
  const tryPod = (object: object) => create(object, '--dry-run=server');

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'podid-policy-'));
    api = await startApiServer('policy');
    for (const name of ['shop', 'trusted']) {
      api.kubectl('create', 'namespace', name);
    }
    for (const name of ['shop', 'trusted', 'kube-system']) {
      api.kubectl('create', 'serviceaccount', 'plain', '-n', name);
    }
    // From before the policy.
    create({ ...podWith(), metadata: { name: 'old', namespace: 'shop' } });
    for (const object of renderNetRawPolicy('vap', ['kube-system', 'trusted'])) {
      api.kubectl('apply', '--server-side', '--field-manager=podid', '-f', write(policyManifest(object)));
    }
    // It is enforced a moment after it is stored.
    await vi.waitFor(() => expect(tryPod(podWith())).toMatch(/denied/), { timeout: 60_000, interval: 200 });
  });
  afterAll(async () => {
    await api?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it.each([
    ['NET_RAW dropped', dropsIt],
    ['in lower case, as runtimes take it', { capabilities: { drop: ['net_raw'] } }],
    ['ALL dropped', { capabilities: { drop: ['ALL'] } }],
    ['all in lower case', { capabilities: { drop: ['all'] } }],
    [
      'ALL dropped and something harmless added',
      { capabilities: { drop: ['ALL'], add: ['NET_BIND_SERVICE'] } },
    ],
    ['another capability dropped as well', { capabilities: { drop: ['CHOWN', 'NET_RAW'] } }],
    ['not privileged, in so many words', { ...dropsIt, privileged: false }],
  ])('admits a pod with %s', (_what, securityContext) => {
    expect(tryPod(podWith(securityContext))).toBe('admitted');
  });

  it.each([
    ['no word about capabilities', undefined],
    ['an empty security context', {}],
    ['empty capabilities', { capabilities: {} }],
    ['an empty list of drops', { capabilities: { drop: [] } }],
    ['only others dropped', { capabilities: { drop: ['CHOWN'] } }],
    [
      'a drop with the prefix, of which containerd makes another name',
      { capabilities: { drop: ['CAP_NET_RAW'] } },
    ],
    ['ALL dropped and NET_RAW added', { capabilities: { drop: ['ALL'], add: ['NET_RAW'] } }],
    [
      'ALL dropped and NET_RAW added with the prefix',
      { capabilities: { drop: ['ALL'], add: ['CAP_NET_RAW'] } },
    ],
    [
      'ALL dropped and NET_RAW added in small letters',
      { capabilities: { drop: ['ALL'], add: ['Cap_net_raw'] } },
    ],
    ['NET_RAW dropped and ALL added', { capabilities: { drop: ['NET_RAW'], add: ['all'] } }],
    ['NET_ADMIN added, which changes addresses', { capabilities: { drop: ['NET_RAW'], add: ['NET_ADMIN'] } }],
    ['privilege', { ...dropsIt, privileged: true }],
  ])('refuses a pod with %s, and names the container', (_what, securityContext) => {
    const said = tryPod(podWith(securityContext));
    expect(said).toMatch(/podid-kubenet-net-raw.*denied request: Container loud may pose as another pod/);
    expect(said).toContain('securityContext.capabilities.drop');
  });

  it('looks at init containers', () => {
    const said = tryPod(
      pod({ containers: [clean], initContainers: [container('first'), container('second', dropsIt)] }),
    );
    expect(said).toMatch(/Container first may pose as another pod/);
    expect(tryPod(pod({ containers: [clean], initContainers: [container('first', dropsIt)] }))).toBe(
      'admitted',
    );
  });

  it('names every container that offends', () => {
    expect(tryPod(pod({ containers: [container('one'), clean, container('two')] }))).toMatch(
      /Container one, two may/,
    );
  });

  it('looks at ephemeral containers that come later, and at those alone', () => {
    const add = (...ephemeralContainers: readonly object[]) =>
      asked(
        ...['patch', 'pod', 'old', '-n', 'shop', '--subresource=ephemeralcontainers', '--type=strategic'],
        ...['-p', JSON.stringify({ spec: { ephemeralContainers } })],
      );
    expect(add(container('debug'))).toMatch(/Container debug may pose as another pod/);
    expect(add(container('debug', dropsIt))).toBe('admitted');
    expect(add(container('more', { capabilities: { drop: ['ALL'], add: ['NET_RAW'] } }))).toMatch(
      /Container more may/,
    );
  });

  it('lets pods from before it be, and be labelled', () => {
    expect(asked('label', 'pod', 'old', '-n', 'shop', 'seen=yes', '--overwrite')).toBe('admitted');
  });

  it.each(['kube-system', 'trusted'])('lets the excluded namespace %s alone', (namespace) => {
    expect(tryPod(pod({ containers: [container('loud')] }, namespace))).toBe('admitted');
  });

  it('lets Windows pods alone, which have no capabilities', () => {
    expect(tryPod(pod({ os: { name: 'windows' }, containers: [container('one')] }))).toBe('admitted');
  });

  it('admits the pod that podid itself gives people to try', async () => {
    const { podToTry } = await import('../../src/domain/kubernetes/pod-to-try.ts');
    const entry = { name: 'web', namespace: 'shop', bindingSelector: 'web', identity: {} } as never;
    const tried = podToTry(entry, { cloud: undefined, version: '1.2.3', image: undefined });
    expect(tryPod({ ...tried, spec: { ...tried.spec, serviceAccountName: 'plain' } })).toBe('admitted');
  });
});
