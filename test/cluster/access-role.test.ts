import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { scaleSetId } from '../../src/emulator/scenarios/machine-parts.ts';
import { nodeName } from '../../src/emulator/scenarios/nodes.ts';
import { type EmulatedPodid, emulatedPodid, identityId } from '../cli-on-emulator/emulated-podid.ts';
import { type AgentsRecord, serveRecord } from './agents-record.ts';
import { type ApiServer, apiServers, startApiServer } from './api-server.ts';
import { azureIdentity, binding, namespaceObject } from './identity-objects.ts';
import { podObject } from './pods.ts';
import { runPodid } from './run-podid.ts';

interface Role {
  readonly apiVersion: string;
  readonly kind: 'ClusterRole' | 'Role';
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly rules: readonly { readonly resources: readonly string[]; readonly verbs: readonly string[] }[];
}

interface Report {
  readonly unread: readonly { readonly what: string; readonly why: string }[];
  readonly identities: readonly { readonly name: string; readonly lastAsked: string | null }[];
}

const node = nodeName(0);
const kinds = 'the objects of pod identity, for which the entries of the add-on stand';
const agents = 'node agents, by which standard mode and unguarded nodes are recognised';
const roles = 'roles of Kubernetes, and who has them';
const seen = "what the agents saw of pods' requests";
const machines = 'the machines behind the nodes, and which identities they carry';

const workloads = (kind: string) => `workloads without pods: ${kind}`;

/** By resource: what is unknown to whoever lacks that right alone. */
const unknownWithout: Readonly<Record<string, readonly string[]>> = {
  pods: [agents, 'pods', seen],
  nodes: [machines, 'nodes'],
  serviceaccounts: ['service accounts'],
  daemonsets: [agents, seen, workloads('DaemonSet')],
  deployments: [workloads('Deployment')],
  replicasets: [workloads('ReplicaSet')],
  statefulsets: [workloads('StatefulSet')],
  cronjobs: [workloads('CronJob')],
  jobs: [workloads('Job')],
  replicationcontrollers: [workloads('ReplicationController')],
  rollouts: [workloads('Rollout')],
  roles: [roles],
  clusterroles: [roles],
  rolebindings: [roles],
  clusterrolebindings: [roles],
  azureidentities: [kinds],
  azureidentitybindings: [kinds],
  azurepodidentityexceptions: [kinds],
  'pods/proxy': [`what the agent of node ${node} saw`],
};

const forwarding = ['create pods/portforward', 'get pods/portforward'];

/** Azure is the emulator's; the cluster's API a real one, so that rights are what they are in a cluster. */
describe.each(apiServers)('the roles of docs/access.md, on Kubernetes $version', ({ version, program }) => {
  const folder = mkdtempSync(join(tmpdir(), 'podid-access-role-'));
  const documented = documentedRoles();
  let api: ApiServer;
  let podid: EmulatedPodid;
  let record: AgentsRecord;
  beforeAll(async () => {
    [api, podid, record] = await Promise.all([
      startApiServer('access-role', [], program),
      emulatedPodid({ scenario: 'in-use' }),
      serveRecord(),
    ]);
    // Which a controller makes where there are any.
    api.kubectl('create', 'serviceaccount', 'default', '-n', 'kube-system');
    const line = `nmi install --no-wait --set nmi.prometheusPort=${record.port}`;
    const installed = await runPodid(api.kubeconfig, line);
    expect(installed.exitCode, installed.stderr).toBe(0);
    apply([
      namespaceObject('demo'),
      account('default'),
      {
        apiVersion: 'v1',
        kind: 'Node',
        metadata: { name: node, labels: { 'kubernetes.io/os': 'linux' } },
        spec: { providerID: `azure://${scaleSetId('nodepool1')}/virtualMachines/0` },
      },
      ...['', ...Object.keys(unknownWithout), ...forwarding].flatMap(auditor),
    ]);
    apply([
      agentPod(),
      podObject('web-1', { namespace: 'demo', labels: { aadpodidbinding: 'web' }, command: ['true'] }),
      azureIdentity('demo', 'web', {
        clientId: '00000000-0000-4000-8000-0000c11e0001',
        objectId: '',
        resourceId: identityId('web'),
      }),
      binding('demo', 'web', 'web'),
    ]);
    const podIP = { podIP: record.address, hostIP: record.address };
    const ready = { conditions: [{ type: 'Ready', status: 'True' }] };
    status('kube-system', 'podid-nmi-1', {
      ...podIP,
      ...ready,
      podIPs: [{ ip: record.address }],
      hostIPs: [{ ip: record.address }],
    });
    status('demo', 'web-1', ready);
  });
  afterAll(async () => {
    await Promise.all([api?.stop(), podid?.[Symbol.asyncDispose](), record?.stop()]);
    rmSync(folder, { recursive: true, force: true });
  });

  function apply(items: readonly object[]): void {
    const path = join(folder, 'objects.json');
    writeFileSync(path, JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
    api.kubectl('apply', '-f', path);
  }

  function status(namespace: string, name: string, more: object): void {
    const patch = JSON.stringify({ status: { phase: 'Running', ...more } });
    api.kubectl('patch', 'pod', name, '-n', namespace, '--subresource=status', '-p', patch);
  }

  /** As the controller of DaemonSets would make it. */
  function agentPod(): object {
    const text = api.kubectl('get', 'daemonset', 'podid-nmi', '-n', 'kube-system', '-o', 'json');
    const { template } = JSON.parse(text).spec;
    const metadata = { ...template.metadata, name: 'podid-nmi-1', namespace: 'kube-system' };
    return { apiVersion: 'v1', kind: 'Pod', metadata, spec: { ...template.spec, nodeName: node } };
  }

  /** A service account that has what is documented but for one resource, or one verb of it. */
  function auditor(without: string): readonly object[] {
    const name = nameOf(without);
    return [
      account(name),
      ...documented.flatMap((role) => {
        const metadata = { ...role.metadata, name };
        const rules = role.rules
          .map(({ resources, verbs, ...rule }) => ({
            ...rule,
            resources: resources.filter((each) => each !== without),
            verbs: verbs.filter((verb) => !resources.some((each) => `${verb} ${each}` === without)),
          }))
          .filter(({ resources }) => resources.length > 0);
        const granted = {
          apiVersion: role.apiVersion,
          kind: `${role.kind}Binding`,
          metadata,
          roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: role.kind, name },
          subjects: [{ kind: 'ServiceAccount', name, namespace: 'demo' }],
        };
        return [{ ...role, metadata, rules }, granted];
      }),
    ];
  }

  function kubeconfigOf(name: string): string {
    const token = api.kubectl('create', 'token', name, '-n', 'demo').trim();
    const config = JSON.parse(readFileSync(api.kubeconfig, 'utf8'));
    const path = join(folder, `${name}.kubeconfig`);
    writeFileSync(path, JSON.stringify({ ...config, users: [{ name: 'admin', user: { token } }] }), {
      mode: 0o600,
    });
    return path;
  }

  async function report(kubeconfig: string): Promise<Report> {
    const ran = await podid.run(`access -o json --kubeconfig ${kubeconfig}`);
    expect(ran.exitCode, ran.stderr).toBe(0);
    const { at: _at, ...rest } = JSON.parse(ran.stdout);
    return rest;
  }

  it('are all that podid access takes: nothing is unknown, and an administrator gets the same', async () => {
    const kubeconfig = kubeconfigOf(nameOf(''));
    await expect.poll(async () => (await report(kubeconfig)).unread, { timeout: 60_000 }).toEqual([]);
    const whole = await report(kubeconfig);
    expect(whole.identities.find(({ name }) => name === 'web')?.lastAsked).toBe('2026-11-30');
    expect(whole).toEqual(await report(api.kubeconfig));
  });

  it.each(Object.entries(unknownWithout))(
    'have %s not in vain: what that says is unknown',
    async (resource, unknown) => {
      const { unread } = await report(kubeconfigOf(nameOf(resource)));
      expect(unread.map(({ what }) => what)).toEqual(unknown.toSorted());
      for (const { why } of unread) {
        expect(why).toMatch(new RegExp(`^The cluster does not let you (list|get) ${resource}(\\.\\S+)? in `));
      }
    },
  );

  it('lead to an agent that only its own kubelet reaches, by pods/portforward', async () => {
    await record.stop();
    const whyOf = async (name: string) => (await report(kubeconfigOf(name))).unread.map(({ why }) => why);
    // The kubelet is not there, and the server asks for it only for whoever may.
    expect(await whyOf(nameOf(''))).toEqual([expect.not.stringContaining('403')]);
    const refused = await Promise.all(forwarding.map((each) => whyOf(nameOf(each))));
    const sentence = expect.stringContaining('(403), since it takes create and get of pods/portforward');
    // The oldest asks for less.
    expect(refused).toEqual([
      [version === '1.34' ? expect.not.stringContaining('403') : sentence],
      [sentence],
    ]);
  });
});

function nameOf(without: string): string {
  return without === '' ? 'auditor' : `auditor-without-${without.replace(/[ /]/g, '-')}`;
}

function account(name: string): object {
  return { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace: 'demo' } };
}

/** Those to be copied from the page. */
function documentedRoles(): readonly Role[] {
  const page = readFileSync(join(import.meta.dirname, '../../docs/access.md'), 'utf8');
  const [, text = ''] = /^```yaml\n(.*?)^```$/ms.exec(page) ?? [];
  return parseAllDocuments(text).map((document) => document.toJS() as Role);
}
