import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  parseAgentDaemonSet,
  parseAgentPod,
  parseNetworkPolicy,
  parseNode,
  parseSeenPod,
  parseWorkload,
} from '../../../src/validate/kubernetes/workloads.ts';

const metadata = { namespace: 'kube-system', name: 'nmi' };

describe('an agent', () => {
  it.each([
    ['component', { component: 'nmi' }, true],
    ['app.kubernetes.io/component', { 'app.kubernetes.io/component': 'nmi' }, true],
    ['another component', { component: 'mic' }, false],
  ])('is known by the label %s of its pods', (_, labels, known) => {
    const spec = { selector: { matchLabels: { a: 'b' } }, template: { metadata: { labels } } };
    const expected = known ? { ...metadata, selector: { a: 'b' } } : undefined;
    expect(parseAgentDaemonSet({ metadata, spec })).toEqual(expected);
  });

  it.each([
    [['--http-probe-port=8085', '--prometheus-port=9999'], 8085, 9999],
    [['--http-probe-port', '8085'], 8085, 9090],
    [['-http-probe-port=8085'], 8085, 9090],
    [['--http-probe-port=many'], 8080, 9090],
    [[], 8080, 9090],
  ])('with %j listens on %i and %i', (args, probePort, metricsPort) => {
    const containers = [{ name: 'nmi', command: ['nmi'], args }];
    expect(parseAgentPod({ metadata, spec: { nodeName: 'n', containers } }, 'nmi')).toMatchObject({
      probePort,
      metricsPort,
      container: 'nmi',
      nodeName: 'n',
      ready: false,
    });
  });

  it.each([
    [{ hostNetwork: true, serviceAccountName: 'nmi' }, true, 'nmi'],
    [{ hostNetwork: 'true' }, false, 'default'],
  ])('with %j says whether it is on the network of its node, and as whom', (spec, hostNetwork, account) => {
    const found = parseAgentPod({ metadata, spec }, 'nmi');
    expect(found).toMatchObject({ hostNetwork, serviceAccount: account });
  });

  it('is the container that serves, not the one that keeps the rules', () => {
    const containers = [
      { name: 'rules', command: ['podid-nmi'], args: ['rules'] },
      { name: 'serve', command: ['podid-nmi'], args: ['serve', '--http-probe-port=8085'] },
    ];
    const status = { conditions: [{ type: 'Ready', status: 'True' }] };
    expect(parseAgentPod({ metadata, spec: { containers }, status }, 'podid')).toMatchObject({
      container: 'serve',
      probePort: 8085,
      ready: true,
      daemonSet: 'podid',
      provesReadiness: false,
    });
  });
});

describe('the mode of an agent', () => {
  const upstream = { component: 'nmi' };
  const aks = { ...upstream, 'kubernetes.azure.com/managedby': 'aks' };
  const podid = { 'app.kubernetes.io/name': 'podid', 'app.kubernetes.io/component': 'nmi' };
  it.each([
    ["upstream's, by default", upstream, [], { needsMic: true, ofAddon: false }],
    ["upstream's in managed mode", upstream, ['--operation-mode=managed'], { needsMic: false }],
    ['the same in two words', upstream, ['--operation-mode', 'managed'], { needsMic: false }],
    ["upstream's in standard mode", upstream, ['--operation-mode=standard'], { needsMic: true }],
    ["the add-on's", aks, [], { needsMic: true, ofAddon: true }],
    ["podid's, by default", podid, [], { needsMic: true, ofAddon: false }],
    ["podid's in managed mode", podid, ['--operation-mode=managed'], { needsMic: false }],
  ])('is read of %s', (_, labels, args, expected) => {
    const home = { ...metadata, namespace: 'kube-system' };
    const pod = { metadata: { ...home, labels }, spec: { containers: [{ name: 'nmi', args }] } };
    expect(parseAgentPod(pod, 'nmi')).toMatchObject(expected);
  });

  it("is not the add-on's where a tenant has marked a pod of theirs so", () => {
    const pod = { metadata: { ...metadata, namespace: 'a-team', labels: aks }, spec: {} };
    expect(parseAgentPod(pod, 'nmi')).toMatchObject({ ofAddon: false });
  });
});

describe('a node', () => {
  it('is virtual and of an operating system by its labels, and by its status without them', () => {
    expect(parseNode({ metadata: { name: 'a', labels: { type: 'virtual-kubelet' } } })).toMatchObject({
      os: 'linux',
      virtual: true,
    });
    const status = { nodeInfo: { operatingSystem: 'Windows' } };
    expect(parseNode({ metadata: { name: 'a' }, status })).toMatchObject({ os: 'windows', virtual: false });
  });
});

describe('whatever a cluster answers', () => {
  it('is read or left out, and never ends in a fault', () => {
    const parsers = [
      (json: unknown) => parseWorkload('CronJob', json),
      parseSeenPod,
      parseNode,
      parseNetworkPolicy,
      parseAgentDaemonSet,
    ];
    const shaped = fc.record(
      {
        metadata: fc.oneof(fc.constant(metadata), fc.jsonValue()),
        spec: fc.jsonValue(),
        status: fc.jsonValue(),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), shaped), (json) => {
        for (const parse of parsers) {
          expect(() => parse(json)).not.toThrow();
        }
        expect(() => parseAgentPod(json, 'nmi')).not.toThrow();
      }),
    );
  });
});

describe('a workload', () => {
  const template = { metadata: { labels: { a: 'b' } } };
  it.each(['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet', 'Job'] as const)(
    'of kind %s has the labels of its pods in its template',
    (kind) => {
      expect(parseWorkload(kind, { metadata, spec: { template } })).toMatchObject({
        ...{ kind, owned: false, templateLabels: { a: 'b' } },
      });
    },
  );

  it('of kind CronJob has them in the template of its Jobs', () => {
    const spec = { jobTemplate: { spec: { template } } };
    expect(parseWorkload('CronJob', { metadata, spec })?.templateLabels).toEqual({ a: 'b' });
  });

  it('that another one has made is known by its owner', () => {
    const owned = { ...metadata, ownerReferences: [{ kind: 'Deployment', name: 'web' }] };
    expect(parseWorkload('ReplicaSet', { metadata: owned, spec: {} })?.owned).toBe(true);
  });
});

describe('the client ids that containers are given', () => {
  const given = (name: string, value?: string) => ({ name, ...(value === undefined ? {} : { value }) });
  it.each([
    ['of every container, once', [[given('AZURE_CLIENT_ID', 'a')], [given('AZURE_CLIENT_ID', ' a ')]], ['a']],
    ['of several containers', [[given('AZURE_CLIENT_ID', 'a')], [given('AZURE_CLIENT_ID', 'b')]], ['a', 'b']],
    ['not from where they are not written', [[given('AZURE_CLIENT_ID')], [given('OTHER', 'a')]], []],
    ...[
      'AZURE_FEDERATED_TOKEN_FILE',
      'AZURE_CLIENT_SECRET',
      'AZURE_CLIENT_CERTIFICATE_PATH',
      'AZURE_PASSWORD',
    ].map((name) => [`not beside ${name}`, [[given('AZURE_CLIENT_ID', 'a'), given(name, 'x')]], []] as const),
  ] as const)('are read %s', (_what, envs, expected) => {
    const containers = envs.map((env) => ({ env }));
    const pod = { metadata: { ...metadata, uid: 'u' }, spec: { containers } };
    expect(parseSeenPod(pod)?.clientIds).toEqual(expected);
  });
});
