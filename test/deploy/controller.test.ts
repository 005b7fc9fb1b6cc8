import { describe, expect, it } from 'vitest';
import {
  controllerFlags,
  type ProgramFlags,
  rulesFlags,
  serverFlags,
} from '../../src/domain/kubernetes/program-flags.ts';
import type { FlagSpec } from '../../src/flags/flag-table.ts';
import {
  type Container,
  containersOf,
  golden,
  goldens,
  type KubeObject,
  podOf as podOfAgent,
  read,
} from './renders.ts';

const inStandardMode = goldens.filter((name) => name.startsWith('standard'));
const inManagedMode = goldens.filter((name) => !name.startsWith('standard'));

interface Volume {
  readonly name: string;
  readonly hostPath?: { readonly path: string; readonly type: string };
}

const isOfController = ({ metadata }: KubeObject) => metadata.name.endsWith('-mic');
const deploymentOf = (objects: readonly KubeObject[]) => {
  const found = objects.find(({ kind }) => kind === 'Deployment');
  expect(found).toBeDefined();
  return found as KubeObject;
};
const podOf = (objects: readonly KubeObject[]) => {
  const { spec } = deploymentOf(objects).spec.template;
  return spec as { containers: [Container]; volumes: Volume[]; hostNetwork?: boolean } & Record<
    string,
    unknown
  >;
};
const rulesOf = (objects: readonly KubeObject[], kind: string) =>
  objects.find((each) => each.kind === kind && isOfController(each))?.rules;

describe('the controller in managed mode', () => {
  it.each(inManagedMode)('is not there: %s', (name) => {
    expect(golden(name).filter(isOfController)).toEqual([]);
  });
});

describe('pods, by forceNameSpaced of the charts before 3.0,', () => {
  it('stay in their namespace, by the agent and by the controller', () => {
    const objects = golden('standard-old-names');
    expect(podOf(objects).containers[0].args).toContain('--forceNamespaced=true');
    const agent = containersOf(objects).find((container) => container.name === 'serve');
    expect(agent?.args).toContain('--forceNamespaced');
  });
});

describe.each(inStandardMode)('the controller of %s', (name) => {
  const objects = golden(name);
  const everything = name === 'standard-everything';

  it('runs twice unless it is set, on several nodes where there are some, and not all of it is drained', () => {
    const { spec } = deploymentOf(objects);
    expect(spec.replicas).toBe(everything ? 3 : 2);
    const [spread] = podOf(objects)['topologySpreadConstraints'] as { topologyKey: string }[];
    expect(spread?.topologyKey).toBe(everything ? 'topology.kubernetes.io/zone' : 'kubernetes.io/hostname');
    const budget = objects.find(({ kind }) => kind === 'PodDisruptionBudget');
    expect(budget?.spec).toEqual({
      ...(everything ? { minAvailable: 1 } : { maxUnavailable: 1 }),
      selector: spec.selector,
    });
  });

  it('selects its own pods, and not the agents', () => {
    const { spec } = deploymentOf(objects);
    expect(spec.selector.matchLabels['app.kubernetes.io/component']).toBe('mic');
    expect(spec.template.metadata.labels).toMatchObject(spec.selector.matchLabels);
  });

  it('has the rights that it uses, and no other', () => {
    const [group, kinds] = ['aadpodidentity.k8s.io', ['azureidentities', 'azureidentitybindings']];
    const written = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete'];
    const lock = everything ? 'mic-lock' : 'aad-pod-identity-mic';
    expect(rulesOf(objects, 'ClusterRole')).toEqual([
      { apiGroups: [''], resources: ['pods', 'nodes'], verbs: ['list', 'watch'] },
      { apiGroups: [group], resources: kinds, verbs: ['list', 'watch'] },
      { apiGroups: [group], resources: ['azureassignedidentities'], verbs: written },
      { apiGroups: [''], resources: ['events'], verbs: ['get', 'create', 'patch'] },
      { apiGroups: [''], resources: ['endpoints'], resourceNames: [lock], verbs: ['get'] },
    ]);
    const role = objects.find((each) => each.kind === 'Role' && isOfController(each));
    expect(role?.metadata.namespace).toBe('kube-system');
    expect(role?.rules).toEqual([
      {
        apiGroups: ['coordination.k8s.io'],
        resources: ['leases'],
        resourceNames: ['podid-mic'],
        verbs: ['get', 'update'],
      },
      {
        apiGroups: [''],
        resources: ['configmaps'],
        resourceNames: ['podid-mic-ledger'],
        verbs: ['get', 'update'],
      },
      { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['create'] },
      { apiGroups: [''], resources: ['configmaps'], verbs: ['create'] },
    ]);
  });

  it('is no root, and sees no file of the node, but where it was told to read one', () => {
    const pod = podOf(objects);
    const files = pod.volumes.flatMap(({ hostPath }) => (hostPath ? [hostPath] : []));
    const expected: Record<string, string[]> = {
      standard: ['/etc/kubernetes/azure.json'],
      'standard-monitored': ['/etc/kubernetes/azure.json'],
      'standard-old-names': ['/etc/kubernetes/azure.json'],
      'standard-secret': ['/etc/kubernetes/akscustom.json'],
    };
    expect(files.map(({ path }) => path)).toEqual(expected[name] ?? []);
    expect(files.every(({ type }) => type === 'File')).toBe(true);
    const [{ securityContext, volumeMounts = [] }] = pod.containers;
    expect(securityContext).toEqual({
      runAsNonRoot: files.length === 0,
      runAsUser: files.length === 0 ? 10_001 : 0,
      runAsGroup: files.length === 0 ? 10_001 : 0,
      capabilities: { drop: ['ALL'] },
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    expect(volumeMounts.every(({ readOnly }) => readOnly)).toBe(true);
    expect(pod.hostNetwork).toBeUndefined();
    expect(pod['automountServiceAccountToken']).toBe(false);
  });

  it('trusts the authorities that the agent trusts', () => {
    const [{ env = [], volumeMounts = [] }] = podOf(objects).containers;
    const agent = podOfAgent(objects);
    const named = (list: readonly { name: string }[] | undefined, name: string) =>
      list?.filter((each) => each.name === name) ?? [];
    const serve = agent.containers.find((container) => container.name === 'serve');
    expect(named(env, 'NODE_EXTRA_CA_CERTS')).toEqual(named(serve?.env, 'NODE_EXTRA_CA_CERTS'));
    expect(named(volumeMounts, 'extra-ca')).toEqual(named(serve?.volumeMounts, 'extra-ca'));
    expect(named(podOf(objects).volumes, 'extra-ca')).toEqual(named(agent.volumes, 'extra-ca'));
  });

  it('is excepted from the agent where it may ask IMDS, and only there', () => {
    const exceptions = objects.filter(
      (each) => each.kind === 'AzurePodIdentityException' && isOfController(each),
    );
    const asking = ['standard', 'standard-everything', 'standard-monitored', 'standard-old-names'];
    const expected = asking.includes(name) ? 1 : 0;
    expect(exceptions).toHaveLength(expected);
    const { labels } = deploymentOf(objects).spec.template.metadata;
    for (const { spec } of exceptions) {
      expect(labels).toMatchObject(spec.podLabels);
    }
  });

  it('keeps a secret in a Secret alone, and where one was given', () => {
    const secrets = objects.filter(({ kind }) => kind === 'Secret') as unknown as {
      data: { 'azure.json': string };
    }[];
    const expected: Record<string, object> = {
      'standard-secret': {
        cloud: 'AzureStackCloud',
        tenantId: '00000000-0000-4000-8000-0000000000aa',
        aadClientId: '00000000-0000-4000-8000-000000000042',
        aadClientSecret: 'not~a~secret&<only>a.test',
      },
      'standard-everything': {
        cloud: 'AzurePublicCloud',
        aadClientId: 'msi',
        aadClientSecret: 'msi',
        useManagedIdentityExtension: true,
        userAssignedIdentityID: '00000000-0000-4000-8000-000000000043',
      },
    };
    const found = secrets.map(({ data }) => JSON.parse(Buffer.from(data['azure.json'], 'base64').toString()));
    const own = expected[name];
    expect(found).toEqual(own === undefined ? [] : [own]);
    const others = objects.filter(({ kind }) => kind !== 'Secret');
    expect(JSON.stringify(others)).not.toContain('not~a~secret');
  });

  it('is waited for by agents that judge namespaces as it does', () => {
    const [{ args }] = podOf(objects).containers;
    const agent = objects.find(({ kind }) => kind === 'DaemonSet');
    const containers: Container[] = agent?.spec.template.spec.containers ?? [];
    const serve = containers.find((each) => each.name === 'serve');
    expect(serve?.args).toContain('--operation-mode=standard');
    const crosses = name === 'standard-secret';
    expect(args).toContain(`--forceNamespaced=${!crosses}`);
    expect(serve?.args.includes('--forceNamespaced')).toBe(!crosses);
    const rights = objects.find((each) => each.kind === 'ClusterRole' && each.metadata.name.endsWith('-nmi'));
    expect(
      rights?.rules?.find(({ resources }) => resources.includes('azureassignedidentities'))?.verbs,
    ).toEqual(['list', 'watch']);
  });
});

describe("every value of upstream's MIC", () => {
  it('reaches podid-mic', () => {
    const objects = golden('standard-everything');
    const [container] = podOf(objects).containers;
    expect(container.args).toEqual([
      '--cloudconfig=/etc/podid/azure/azure.json',
      '--forceNamespaced=true',
      '--http-probe-port=8090',
      '--prometheus-port=8890',
      '--leader-election-instance=one',
      '--leader-election-namespace=identity',
      '--leader-election-name=mic-lock',
      '--leader-election-duration=20s',
      '--immutable-user-msis=00000000-0000-4000-8000-000000000044,00000000-0000-4000-8000-000000000045',
      '--createDeleteBatch=20',
      '--clientQps=5',
      '--identity-assignment-reconcile-interval=5m',
      '--removal-delay=never',
      '--node-resource-groups=MC_one,MC_two',
      '--custom-user-agent=contoso/7',
      '--log-format=text',
      '-v=5',
      '--metrics-address=127.0.0.1',
    ]);
    expect(container.resources.limits).toEqual({ cpu: '200m', memory: '1024Mi' });
    const pod = podOf(objects);
    expect(pod).toMatchObject({
      priorityClassName: 'system-node-critical',
      nodeSelector: { 'kubernetes.azure.com/mode': 'system', 'kubernetes.io/os': 'linux' },
      tolerations: [{ effect: 'NoSchedule', operator: 'Exists' }],
    });
    const { labels, annotations } = deploymentOf(objects).spec.template.metadata;
    expect(labels).toMatchObject({ team: 'platform', 'app.kubernetes.io/component': 'mic' });
    expect(annotations).toEqual({ 'prometheus.io/scrape': 'true' });
  });

  it('signs in by a token of its own account, without root and without a file of the node', () => {
    const pod = podOf(golden('standard-federated'));
    expect(pod.volumes.find(({ name }) => name === 'azure-token')).toMatchObject({
      projected: { sources: [{ serviceAccountToken: { audience: 'api://AzureADTokenExchange' } }] },
    });
    const [{ args }] = pod.containers;
    expect(args.some((each) => each.startsWith('--cloudconfig'))).toBe(false);
  });

  it('is a flag that podid-mic takes', async () => {
    const { micSettings } = await import('../../src/mic/mic-settings.ts');
    for (const name of inStandardMode) {
      const [{ args }] = podOf(golden(name)).containers;
      expect(micSettings(args, {}).word).toBe('control');
    }
  });
});

describe('the flags that values may name', () => {
  const chart = read('deploy/chart/templates/_flags.tpl');
  const tableOf = (name: string) =>
    new RegExp(`define "podid.${name}" -}}\\n(.*?)\\n{{- end`, 's').exec(chart)?.[1]?.split('\n');
  const lines = ({ rules }: ProgramFlags) => Object.entries(rules).map(([flag, rule]) => `${flag} ${rule}`);

  it('are the same in chart and command', () => {
    expect(tableOf('controllerFlags')).toEqual(lines(controllerFlags));
    expect(tableOf('agentFlags')).toEqual(lines(rulesFlags));
    expect(lines(serverFlags)).toEqual([
      ...lines(rulesFlags),
      'remove-startup-taint @podid.startupTaint.key',
      'event-namespaces @podid.eventNamespaces',
    ]);
  });

  it.each([
    ['podid-mic', controllerFlags],
    ['podid-nmi serve', serverFlags],
    ['podid-nmi rules', rulesFlags],
  ])('are all of %s, with the values that each takes', async (_what, { program, without, rules }) => {
    const flags: Record<string, FlagSpec> =
      program === 'podid-mic'
        ? (await import('../../src/mic/mic-flags.ts')).micFlags
        : (await import('../../src/nmi/nmi-flags.ts')).nmiFlags;
    expect([...Object.keys(rules), ...without].sort()).toEqual(Object.keys(flags).sort());
    for (const [name, rule] of Object.entries(rules).filter(([, each]) => !each.startsWith('@'))) {
      const { kind, choices, least = 0, most = '' } = flags[name] as FlagSpec;
      const [isWords, isNumber] = [rule.includes('|'), /^\d/.test(rule)];
      expect([name, rule === 'switch', isNumber, isWords]).toEqual([
        name,
        kind === 'switch',
        kind === 'integer',
        choices !== undefined,
      ]);
      expect([name, isNumber ? rule : '']).toEqual([name, isNumber ? `${least}-${most}` : '']);
      expect([name, isWords ? rule : '']).toEqual([name, isWords ? choices?.join('|') : '']);
    }
  });
});
