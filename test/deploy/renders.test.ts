import { describe, expect, it } from 'vitest';
import { containersOf, golden, goldens, podOf } from './renders.ts';

describe.each(goldens)('the render of %s', (name) => {
  const objects = golden(name);

  it('gives the token of the service account to the server alone', () => {
    const pod = podOf(objects);
    expect(pod.automountServiceAccountToken).toBe(false);
    const holders = containersOf(objects).filter(({ volumeMounts = [] }) =>
      volumeMounts.some((mount) => mount.name === 'token'),
    );
    expect(holders.map((container) => container.name)).toEqual(['serve']);
    const accounts = objects.filter(({ kind }) => kind === 'ServiceAccount') as unknown as {
      automountServiceAccountToken: boolean;
    }[];
    expect(accounts.map((account) => account.automountServiceAccountToken)).not.toContain(true);
    expect(accounts.length).toBeGreaterThan(0);
  });

  it('lets nobody have more than it uses', () => {
    for (const { name: container, securityContext: context } of containersOf(objects)) {
      expect(context).toMatchObject({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        seccompProfile: { type: 'RuntimeDefault' },
      });
      expect(context.privileged).toBeUndefined();
      expect(context.capabilities.drop).toEqual(['ALL']);
      const capabilities = name === 'everything' ? ['NET_ADMIN', 'NET_RAW'] : ['NET_ADMIN'];
      expect(context.capabilities.add).toEqual(container.startsWith('rules') ? capabilities : undefined);
      expect(context.runAsUser).toBe(container === 'serve' ? 10_001 : 0);
    }
    expect(podOf(objects).hostPID).toBeUndefined();
  });

  it('opens no folder of the node for writing but the boot guard', () => {
    const ofHost = podOf(objects)
      .volumes.filter(({ hostPath }) => hostPath)
      .map((volume) => volume.name);
    const writable = containersOf(objects)
      .flatMap(({ volumeMounts = [] }) => volumeMounts)
      .filter((mount) => ofHost.includes(mount.name) && mount.readOnly !== true)
      .map((mount) => mount.name);
    const expected = name === 'everything' ? ['xtables-lock', 'kubelet-drop-in', 'boot-guard'] : [];
    expect([...new Set(writable)]).toEqual(expected);
  });

  it('installs the rules before anything is served', () => {
    const { initContainers = [], containers } = podOf(objects);
    if (name === 'cilium') {
      expect(initContainers).toEqual([]);
      expect(containers.map((container) => container.name)).toEqual(['serve']);
      expect(containers[0]?.args).toContain('--redirected-by-others');
      return;
    }
    expect(initContainers[0]?.args.slice(0, 2)).toEqual(['rules', '--once']);
    expect(containers.map((container) => container.name)).toEqual(['rules', 'serve']);
  });

  it('probes on loopback, and claims its port so that no pod can', () => {
    const serve = podOf(objects).containers.find((container) => container.name === 'serve');
    expect(serve?.readinessProbe?.httpGet).toMatchObject({ host: '127.0.0.1', path: '/readyz' });
    expect(serve?.livenessProbe?.httpGet?.host).toBe('127.0.0.1');
    expect(serve?.args).toContain('--probe-address=127.0.0.1');
    const port = name === 'alongside' ? 2580 : 2579;
    expect(serve?.args).toContain(`--nmi-port=${port}`);
    expect(serve?.ports?.[0]).toMatchObject({ containerPort: port, hostPort: port });
  });

  it('limits memory and not the processor, unless it is set', () => {
    for (const { name: container, resources } of containersOf(objects)) {
      expect(resources.limits['memory']).toBeDefined();
      const told = name === 'upstream-retail' && container === 'serve';
      expect(resources.limits['cpu']).toBe(told ? '200m' : undefined);
    }
  });

  it('excepts what AKS runs, and cleans up after itself', () => {
    const exceptions = objects.filter(({ kind }) => kind === 'AzurePodIdentityException');
    expect(exceptions.filter(({ metadata }) => !metadata.name.endsWith('-mic'))).toMatchObject([
      {
        metadata: { name: 'aks-addon-exception', namespace: 'kube-system' },
        spec: { podLabels: { 'kubernetes.azure.com/managedby': 'aks' } },
      },
    ]);
    const job = objects.find(({ kind }) => kind === 'Job');
    expect(job?.metadata.annotations?.['helm.sh/hook']).toBe('post-delete');
    expect(job?.spec.template.spec.containers[0].args).toContain('--clean-up-only');
  });

  it('trusts further authorities only where they are set, and the server alone needs them', () => {
    const trusting = containersOf(objects).filter(({ env = [] }) =>
      env.some((each) => each.name === 'NODE_EXTRA_CA_CERTS' && each.value === '/etc/podid/ca/ca.crt'),
    );
    const mounting = containersOf(objects).filter(({ volumeMounts = [] }) =>
      volumeMounts.some((mount) => mount.mountPath === '/etc/podid/ca' && mount.readOnly),
    );
    const expected: Record<string, { name: string; key: string }> = {
      everything: { name: 'company-authorities', key: 'bundle.pem' },
      'standard-federated': { name: 'private-cloud', key: 'ca.crt' },
    };
    const own = expected[name];
    const names = own === undefined ? [] : ['serve'];
    expect(trusting.map((container) => container.name)).toEqual(names);
    expect(mounting.map((container) => container.name)).toEqual(names);
    const volumes = podOf(objects).volumes.filter((volume) => volume.name === 'extra-ca');
    expect(volumes.map(({ configMap }) => configMap)).toEqual(
      own === undefined ? [] : [{ name: own.name, items: [{ key: own.key, path: 'ca.crt' }] }],
    );
  });

  it('reads secrets only where it is set', () => {
    const readers = objects
      .filter(({ rules }) => rules?.some((rule) => rule.resources.includes('secrets')))
      .map(({ kind, metadata }) => `${kind} ${metadata.namespace ?? ''}`.trim());
    const expected: Record<string, string[]> = {
      'secrets-allowed': ['ClusterRole'],
      'upstream-bank': ['ClusterRole'],
      'upstream-principals': ['Role orders'],
      'secrets-by-namespace': ['Role payments', 'Role billing'],
      everything: ['Role billing'],
    };
    expect(readers).toEqual(expected[name] ?? []);
  });

  it('may never write an identity, nor everything', () => {
    const agents = objects.filter(
      ({ kind, metadata }) => kind.endsWith('Role') && /-nmi$|-secrets$|-events$/.test(metadata.name),
    );
    const rules = agents.flatMap((role) => role.rules ?? []);
    expect(
      rules.flatMap(({ verbs, resources, apiGroups }) => [...verbs, ...resources, ...apiGroups]),
    ).not.toContain('*');
    const writing = rules.filter(({ verbs }) =>
      verbs.some((verb) => !['get', 'list', 'watch'].includes(verb)),
    );
    const taint = { apiGroups: [''], resources: ['nodes'], verbs: ['get', 'patch'] };
    const events = { apiGroups: [''], resources: ['events'], verbs: ['create'] };
    expect(writing).toEqual(name === 'everything' ? [taint, events, events] : []);
    expect(objects.some(({ kind }) => kind === 'ValidatingAdmissionPolicy')).toBe(name === 'everything');
  });
});
