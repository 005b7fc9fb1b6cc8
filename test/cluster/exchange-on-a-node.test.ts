import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { programsIn } from '../node/bundled-programs.ts';
import { type AzureNode, ownImage, startAzureNode } from './azure-node.ts';
import { drill, expectOwnOrNothing } from './cluster-drill.ts';
import { azureIdentity, binding } from './identity-objects.ts';
import { measured } from './measured.ts';
import { eventually, type OneNode, tellState } from './one-node.ts';
import { web } from './standard-node.ts';

const checkout = join(import.meta.dirname, '../..');

/** A pod asks for a token twenty times a second while the identity's source is changed by podid's commands. */
describe('tokens by exchange, on a real node', () => {
  const programs = programsIn(inject('programsFolder'));
  let node: AzureNode;
  let cluster: OneNode;

  beforeAll(async () => {
    node = await startAzureNode({ programs, image: inject('image').file, scenario: 'oidc-issuer' });
    ({ cluster } = node);
    cluster.kubectl('apply', '--server-side', '-f', join(checkout, 'deploy/crds'));
    cluster.apply(azureIdentity('shop', 'web', web), binding('shop', 'web', 'web'));
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
      ...[process.execPath, join(checkout, 'bin/podid.js'), ...line.split(' ')],
      ...['--kubeconfig', cluster.kubeconfig, '-o', 'json'],
    ]);
    measured(`podid ${line.split(' --')[0]}, on a node`, `${((Date.now() - begunMs) / 1000).toFixed(1)} s`);
    return JSON.parse(stdout);
  };
  /** A figure of the agent; 0 where it has none. */
  const figure = (line: RegExp) => {
    const metrics = cluster.onNode('curl', '-sS', '-m', '10', 'http://127.0.0.1:9090/metrics');
    return Number(line.exec(metrics)?.[1] ?? 0);
  };
  /** Calls that Entra answered with a token. */
  const exchanged = () => figure(/^podid_nmi_exchange_calls_total\{outcome="token"\} (\d+)/m);
  const areExchanged = (count: number) =>
    eventually(() => expect(figure(/^podid_nmi_identities\{source="exchange"\} (\d+)/m)).toBe(count));
  const onCluster = '-g demo-rg -c demo --identity shop/web';

  it('are switched on and off for an identity without a failed request', async () => {
    const { tenantId } = node.azure();
    const values = [
      ...ownImage,
      ...['podid.exchange.enabled=true', `podid.exchange.tenantID=${tenantId}`],
      ...['podid.exchange.authorityHost=https://10.1.0.1/', 'podid.extraCa.configMap=private-cloud'],
      'podid.serveArgs[0]=--allow-ad-endpoint=10.1.0.1',
    ];
    const { nodes } = await podid(`nmi install --timeout 2m --set ${values.join(',')}`);
    expect(nodes).toMatchObject([{ ready: true }]);
    expect(exchanged()).toBe(0);
    const drilled = await drill(cluster, programs, { namespace: 'shop', selector: 'web' }, async () => {
      for (const _round of [1, 2]) {
        const on = await podid(`exchange enable ${onCluster} --rounds 3 --over 2s --yes`);
        expect(on).toMatchObject([{ namespace: 'shop', name: 'web', source: 'exchange', state: 'exchange' }]);
        await areExchanged(1);
        // Once for all rounds: the token is good for a day.
        await eventually(() => expect(exchanged()).toBe(1));
        const off = await podid(`exchange disable ${onCluster} --yes`);
        expect(off).toMatchObject([{ namespace: 'shop', name: 'web', source: 'imds' }]);
        await areExchanged(0);
      }
    });
    expectOwnOrNothing('exchange on, off, on, off', drilled, web.clientId);
  });
});
