import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { scaleSetId } from '../../src/emulator/scenarios/machine-parts.ts';
import { identityId } from '../../src/emulator/scenarios/scenario-parts.ts';
import { programsIn } from '../node/bundled-programs.ts';
import { drill, expectOwnOrNothing } from './cluster-drill.ts';
import { clusterPrograms } from './cluster-programs.ts';
import { azureIdentity, binding, namespaceObject } from './identity-objects.ts';
import { measured } from './measured.ts';
import { eventually, type OneNode, startOneNode, tellState } from './one-node.ts';
import { newsOf } from './pod-logs.ts';
import { demoPod } from './pods.ts';
import { type MachineWorld, writeAzureFiles } from './standard-mode-azure.ts';
import { upstreamImages, upstreamInStandardMode } from './upstream-standard.ts';
import { watchEnds } from './watch-ends.ts';

const checkout = join(import.meta.dirname, '../..');
const web = {
  resourceId: identityId('web'),
  clientId: '00000000-0000-4000-8000-0000c11e0001',
  objectId: '00000000-0000-4000-8000-00000b1e0001',
};
const drillPods = { namespace: 'shop', selector: 'web' };
const ownImage = ['podid.image.repository=docker.io/podid/podid', 'podid.image.tag=test'];

/** Upstream's own agent and controller of 1.8.17, as pods; a pod asks for a token twenty times a second. */
describe("podid in the place of upstream's release in standard mode", () => {
  const programs = programsIn(inject('programsFolder'));
  const files = writeAzureFiles();
  let cluster: OneNode;

  beforeAll(async () => {
    const { certificate, key } = files;
    cluster = await startOneNode(programs, { program: 'azure-of-machines', options: { certificate, key } });
    cluster.importImage(inject('image').file);
    for (const image of upstreamImages) {
      const tag = ['-n', 'k8s.io', 'images', 'tag', 'docker.io/podid/podid:test', image];
      cluster.onNode('ctr', '-a', cluster.containerd, ...tag);
    }
    const providerID = `azure://${scaleSetId('nodepool1')}/virtualMachines/0`;
    cluster.kubectl('patch', 'node', cluster.nodeName, '-p', JSON.stringify({ spec: { providerID } }));
    cluster.kubectl('apply', '--server-side', '-f', join(checkout, 'deploy/crds'));
    const ca = `--from-file=ca.crt=${certificate}`;
    cluster.kubectl('create', 'configmap', 'private-cloud', '-n', 'kube-system', ca);
    cluster.apply(namespaceObject('shop'));
    cluster.apply(azureIdentity('shop', 'web', web), binding('shop', 'web', 'web'));
    await installUpstream();
  });
  afterEach(({ task }) => {
    if (task.result?.state === 'fail') {
      tellState(cluster);
    }
  });
  afterAll(async () => {
    await cluster?.stop();
    files.remove();
  });

  const azure = (): MachineWorld =>
    JSON.parse(cluster.onNode('curl', '-sS', '-m', '10', 'http://10.1.0.1:8099/'));
  /** While the test goes on: what comes and goes meanwhile is seen when it does. */
  const meanwhile = (...words: readonly string[]) =>
    promisify(execFile)('nsenter', [
      ...[`--net=/var/run/netns/${cluster.nodeName}`, ...words],
      ...['--kubeconfig', cluster.kubeconfig],
    ]);
  const kubectl = (...words: readonly string[]) =>
    meanwhile(clusterPrograms().path('kubectl'), '--namespace', 'kube-system', ...words);
  const podid = async (line: string, set: readonly string[]) => {
    const begunMs = Date.now();
    const program = [process.execPath, join(checkout, 'bin/podid.js')];
    await meanwhile(...program, ...line.split(' '), '--set', set.join(','));
    measured(`podid ${line}, standard`, `${((Date.now() - begunMs) / 1000).toFixed(1)} s`);
  };
  /** Until its agent listens and has its chain, and its controller runs. */
  const installUpstream = async () => {
    cluster.apply(...upstreamInStandardMode(files, azure()));
    for (const workload of ['daemonset/nmi', 'deployment/mic']) {
      await kubectl('rollout', 'status', workload, '--timeout=120s');
    }
    await eventually(() => {
      expect(cluster.onNode('ss', '-Hltn', 'sport', '=', ':2579')).toContain('2579');
      expect(cluster.onNode('iptables', '-w', '-t', 'nat', '-S')).toContain(
        '--to-destination 127.0.0.1:2579',
      );
    });
  };
  const assignments = () =>
    JSON.parse(cluster.kubectl('get', 'azureassignedidentities', '-A', '-o', 'json')).items as readonly {
      readonly metadata: { readonly finalizers?: readonly string[] };
      readonly spec: { readonly pod: string };
      readonly status: { readonly status: string };
    }[];
  /** Of a pod that comes now. */
  const getsToken = async (name: string) => {
    cluster.apply(demoPod(name, { labels: { aadpodidbinding: 'web' } }));
    await eventually(() =>
      expect(newsOf(cluster, 'shop', name).at(-1)).toMatchObject({ clientId: web.clientId }),
    );
    cluster.kubectl('-n', 'shop', 'delete', 'pod', name, '--grace-period=0', '--force');
  };
  /** Each assignment has been there since before, and still says so. */
  const areKept = (isUpstreams: boolean) =>
    eventually(() => {
      const seen = assignments().filter(({ spec }) => spec.pod === 'drill-bound');
      expect(seen.map(({ status }) => status.status)).toEqual(['Assigned']);
      expect(seen.every(({ metadata }) => (metadata.finalizers ?? []).length > 0)).toBe(isUpstreams);
    });
  /** @param change ends once the other release serves */
  const asking = async (name: string, change: () => Promise<void>) => {
    let ends: readonly number[] = [];
    const counted = await drill(cluster, programs, drillPods, async () => {
      const watched = watchEnds(cluster, /\/upstream\/nmi|podid-nmi\S* serve/);
      await change();
      ends = watched.stop();
    });
    expect(ends.length).toBeGreaterThan(0);
    expectOwnOrNothing(name, counted, web.clientId, ...ends);
    expect(new Set(azure().issued.map(({ clientId }) => clientId))).toEqual(new Set([web.clientId]));
    expect(azure().carried[scaleSetId('nodepool1').toLowerCase()]).toContain('web');
  };

  it('comes without a refused request', async () => {
    await asking("take-over from upstream's standard mode", async () => {
      await areKept(true);
      const { tenantId, clientId } = azure();
      await podid('nmi install --force --yes --timeout 3m', [
        ...['operationMode=standard', 'forceNamespaced=true', ...ownImage],
        ...[`podid.mic.clientId=${clientId}`, `podid.mic.tenantId=${tenantId}`],
        ...['podid.mic.cloud=AzureStackCloud', 'mic.customCloud.enabled=true'],
        ...[`mic.customCloud.configPath=${files.cloud}`, 'podid.extraCa.configMap=private-cloud'],
      ]);
      await areKept(false);
    });
    await getsToken('after-podid');
  });

  it('goes back without one', async () => {
    await asking("back to upstream's standard mode", async () => {
      // As docs/install.md has it.
      const own = ['--selector', 'app.kubernetes.io/name=podid', '--cascade=foreground'];
      await kubectl('delete', 'daemonset,deployment', ...own);
      await installUpstream();
      await podid('nmi uninstall --yes --timeout 3m', ownImage);
    });
    await getsToken('after-upstream');
  });
});
