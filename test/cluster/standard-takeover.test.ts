import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { programsIn } from '../node/bundled-programs.ts';
import { ownImage } from './azure-node.ts';
import { drill, expectOwnOrNothing } from './cluster-drill.ts';
import { clusterPrograms } from './cluster-programs.ts';
import { azureIdentity, binding } from './identity-objects.ts';
import { measured } from './measured.ts';
import { eventually, type OneNode, tellState } from './one-node.ts';
import { newsOf } from './pod-logs.ts';
import { demoPod } from './pods.ts';
import { type StandardNode, startStandardNode, web } from './standard-node.ts';
import { upstreamImages, upstreamInStandardMode } from './upstream-standard.ts';
import { watchEnds } from './watch-ends.ts';

const checkout = join(import.meta.dirname, '../..');
const drillPods = { namespace: 'shop', selector: 'web' };

/** Upstream's own agent and controller of 1.8.17, as pods; a pod asks for a token twenty times a second. */
describe("podid in the place of upstream's release in standard mode", () => {
  const programs = programsIn(inject('programsFolder'));
  let node: StandardNode;
  let cluster: OneNode;

  beforeAll(async () => {
    node = await startStandardNode(programs, inject('image').file);
    ({ cluster } = node);
    for (const image of upstreamImages) {
      const tag = ['-n', 'k8s.io', 'images', 'tag', 'docker.io/podid/podid:test', image];
      cluster.onNode('ctr', '-a', cluster.containerd, ...tag);
    }
    cluster.kubectl('apply', '--server-side', '-f', join(checkout, 'deploy/crds'));
    cluster.apply(azureIdentity('shop', 'web', web), binding('shop', 'web', 'web'));
    await installUpstream();
  });
  afterEach(({ task }) => {
    if (task.result?.state === 'fail') {
      tellState(cluster);
    }
  });
  afterAll(async () => {
    await node?.stop();
  });

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
    cluster.apply(...upstreamInStandardMode(node.files, node.azure()));
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
      const seen = node.assignments().filter(({ spec }) => spec.pod === 'drill-bound');
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
      // While its pods run: with the last of them upstream's MIC takes the identity off.
      expect(node.carried()).toContain('web');
    });
    expect(ends.length).toBeGreaterThan(0);
    expectOwnOrNothing(name, counted, web.clientId, ...ends);
    expect(new Set(node.azure().issued.map(({ clientId }) => clientId))).toEqual(new Set([web.clientId]));
  };

  it('comes without a refused request', async () => {
    await asking("take-over from upstream's standard mode", async () => {
      await areKept(true);
      await podid('nmi install --force --yes --timeout 3m', [
        ...['operationMode=standard', 'forceNamespaced=true'],
        ...[...ownImage, ...node.signIn()],
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
