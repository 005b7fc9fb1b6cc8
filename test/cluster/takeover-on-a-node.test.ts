import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { programsIn } from '../node/bundled-programs.ts';
import { type AzureNode, ownImage, startAzureNode } from './azure-node.ts';
import { drill, expectOwnOrNothing } from './cluster-drill.ts';
import { namespaceObject } from './identity-objects.ts';
import { measured } from './measured.ts';
import { type OneNode, tellState } from './one-node.ts';
import { web } from './standard-node.ts';
import { watchEnds } from './watch-ends.ts';

const checkout = join(import.meta.dirname, '../..');

/** A pod asks for a token twenty times a second while the add-on leaves, with all that it may take away. */
describe("podid in the place of AKS's add-on, on a real node", () => {
  const programs = programsIn(inject('programsFolder'));
  let node: AzureNode;
  let cluster: OneNode;

  beforeAll(async () => {
    node = await startAzureNode({ programs, image: inject('image').file, scenario: 'oidc-issuer' });
    ({ cluster } = node);
    cluster.kubectl('apply', '--server-side', '-f', join(checkout, 'deploy/crds'));
    cluster.apply(namespaceObject('demo'), addon);
    await podid('mirror');
  });
  afterEach(({ task }) => {
    if (task.result?.state === 'fail') {
      tellState(cluster);
    }
  });
  afterAll(async () => {
    await node?.stop();
  });

  const podid = async (line: string) => {
    const variables = Object.entries(node.environment()).map(([name, value]) => `${name}=${value}`);
    const begunMs = Date.now();
    const { stdout } = await promisify(execFile)('nsenter', [
      ...[`--net=/var/run/netns/${cluster.nodeName}`, 'env', ...variables],
      ...[
        process.execPath,
        join(checkout, 'bin/podid.js'),
        ...line.split(' '),
        '-g',
        'demo-rg',
        '-c',
        'demo',
      ],
      ...['--kubeconfig', cluster.kubeconfig, '-o', 'json'],
    ]);
    measured(`podid ${line.split(' --')[0]}, on a node`, `${((Date.now() - begunMs) / 1000).toFixed(1)} s`);
    return JSON.parse(stdout);
  };

  it('comes without a refused request, and its probes see none', async () => {
    const file = join(node.files.folder, 'takeover.yaml');
    expect(await podid(`takeover plan --out ${file}`)).toMatchObject({ addon: 'on', blockers: [] });
    const { tenantId } = node.azure();
    const values = [
      ...ownImage,
      `podid.exchange.tenantID=${tenantId}`,
      ...['podid.exchange.authorityHost=https://10.1.0.1/', 'podid.extraCa.configMap=private-cloud'],
      'podid.serveArgs[0]=--allow-ad-endpoint=10.1.0.1',
    ];
    const apply = `takeover apply --yes --timeout 4m --rounds 3 --over 2s --set ${values.join(',')}`;
    await podid(`${apply} -f ${file} --until 2`);
    let ends: readonly number[] = [];
    const drilled = await drill(cluster, programs, { namespace: 'demo', selector: 'web' }, async () => {
      // Step 7 ends podid's agent on its own port, and starts it on the usual one.
      const watched = watchEnds(cluster, /podid-nmi\S* serve/);
      expect(await podid(`${apply} --until 4`)).toMatchObject({ step: 4, state: 'under-way' });
      // As AKS may: the kinds go, and all objects with them, and then its agent.
      cluster.kubectl(
        'delete',
        'crd',
        '--wait=false',
        ...kinds.map((kind) => `${kind}.aadpodidentity.k8s.io`),
      );
      cluster.kubectl('-n', 'kube-system', 'delete', 'daemonset', 'nmi');
      const { step, state, proof } = await podid(apply);
      expect([step, state]).toEqual([8, 'done']);
      ends = watched.stop();
      expect(proof.asked).toBeGreaterThan(30);
      expect(proof.answered).toBe(proof.asked);
      measured('takeover: asked by the probe', `${proof.asked}, longest ${proof.longestMs} ms`);
    });
    expectOwnOrNothing('a takeover from the add-on', drilled, web.clientId, ...ends);
    expect(cluster.kubectl('get', 'azureidentities', '-A', '-o', 'name')).toContain('web');
  });
});

const kinds = [
  'azureidentities',
  'azureidentitybindings',
  'azurepodidentityexceptions',
  'azureassignedidentities',
];

/** As AKS labels what it manages itself; it holds its place and serves nobody. */
const labels = { component: 'nmi', tier: 'node', 'kubernetes.azure.com/managedby': 'aks' };
const addon = {
  apiVersion: 'apps/v1',
  kind: 'DaemonSet',
  metadata: { name: 'nmi', namespace: 'kube-system', labels },
  spec: {
    selector: { matchLabels: { component: 'nmi', tier: 'node' } },
    template: {
      metadata: { labels },
      spec: {
        hostNetwork: true,
        tolerations: [{ operator: 'Exists' }],
        terminationGracePeriodSeconds: 1,
        containers: [
          {
            name: 'nmi',
            image: 'docker.io/podid/podid:test',
            command: ['node', '-e', 'setInterval(() => undefined, 1000000)'],
          },
        ],
      },
    },
  },
};
