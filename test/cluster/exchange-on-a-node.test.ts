import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { programsIn } from '../node/bundled-programs.ts';
import { type AzureNode, ownImage, startAzureNode } from './azure-node.ts';
import { azureIdentity, binding } from './identity-objects.ts';
import { measured } from './measured.ts';
import { eventually, type OneNode, tellState } from './one-node.ts';
import { finishAsking } from './pod-logs.ts';
import { askingPod } from './pods.ts';
import { jobs, web } from './standard-node.ts';

const checkout = join(import.meta.dirname, '../..');

const identities = { web, jobs };
type Name = keyof typeof identities;
const names: readonly Name[] = ['web', 'jobs'];

/** Pods ask for tokens twenty times a second each, while the sources of their identities are changed by podid's commands. */
describe('tokens by exchange, on a real node', () => {
  const programs = programsIn(inject('programsFolder'));
  let node: AzureNode;
  let cluster: OneNode;

  beforeAll(async () => {
    node = await startAzureNode({ programs, image: inject('image').file, scenario: 'oidc-issuer' });
    ({ cluster } = node);
    cluster.kubectl('apply', '--server-side', '-f', join(checkout, 'deploy/crds'));
    for (const name of names) {
      cluster.apply(azureIdentity('shop', name, identities[name]), binding('shop', name, name));
    }
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
  const onCluster = '-g demo-rg -c demo --yes';

  /** Each name is that of the pod, and of its identity; `unlisted` has none. */
  const whileTheyAsk = async (change: () => Promise<void>) => {
    const options = { namespace: 'shop', programs: programs.folder };
    const pods = [...names, 'unlisted'] as const;
    cluster.apply(
      ...names.map((name) => askingPod(name, { ...options, labels: { aadpodidbinding: name } })),
      askingPod('unlisted', options),
    );
    for (const pod of pods) {
      await eventually(() => expect(cluster.kubectl('-n', 'shop', 'logs', pod)).toContain('asking'));
    }
    for (const name of names) {
      const last = () => cluster.kubectl('-n', 'shop', 'logs', name, '--tail=1');
      await eventually(() => expect(last()).toContain('token-of-'));
    }
    const sinceMs = Date.now();
    await change();
    const asked = await Promise.all(
      pods.map(async (pod) => ({ pod, answers: await finishAsking(cluster, 'shop', pod) })),
    );
    return asked.map(({ pod, answers }) => ({
      pod,
      answers: pod === 'unlisted' ? answers : answers.filter(({ begunMs }) => begunMs >= sinceMs),
    }));
  };

  it('are switched on and off for two identities without a failed request, or a token of the other', async () => {
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
    const asked = await whileTheyAsk(async () => {
      const on = new Set<Name>();
      const been = new Set<Name>();
      /** Changes what is named, and waits until the agent goes by it. */
      const turn = async (word: 'enable' | 'disable', ...some: readonly Name[]) => {
        const of = some.map((name) => `shop/${name}`).join(' ');
        const rehearsal = word === 'enable' ? ' --rounds 3 --over 2s' : '';
        const source = word === 'enable' ? 'exchange' : 'imds';
        const rows = await podid(`exchange ${word} ${onCluster}${rehearsal} --identity ${of}`);
        expect(
          Object.fromEntries(rows.map((row: { name: string; source: string }) => [row.name, row.source])),
        ).toEqual(Object.fromEntries(some.map((name) => [name, source])));
        for (const name of some) {
          on[word === 'enable' ? 'add' : 'delete'](name);
          been.add(name);
        }
        await areExchanged(on.size);
        // One for each identity and all rounds: the token is good for a day.
        await eventually(() => expect(exchanged()).toBe(been.size));
      };
      await turn('enable', 'web');
      await turn('enable', 'jobs');
      await turn('disable', 'web');
      await turn('enable', 'web');
      await turn('disable', 'jobs');
      await turn('disable', 'web');
      await turn('enable', 'web', 'jobs');
      await turn('disable', 'web', 'jobs');
    });

    for (const { pod, answers } of asked) {
      const tokens = answers.filter(({ token }) => typeof token === 'string');
      if (pod === 'unlisted') {
        measured('exchange on and off, unlisted pod', `asked ${answers.length}, tokens ${tokens.length}`);
        expect(tokens).toEqual([]);
      } else {
        const { clientId, objectId } = identities[pod];
        const others = tokens.filter(
          ({ token, appid, oid }) =>
            token !== `token-of-${clientId}` || appid !== clientId || oid !== objectId,
        );
        const failed = answers.filter(({ token }) => typeof token !== 'string');
        const longestMs = Math.round(Math.max(...answers.map(({ ms }) => ms)));
        measured(
          `exchange on and off, ${pod}`,
          `asked ${answers.length}, failed ${failed.length}, tokens of another identity ${others.length}, longest wait ${longestMs} ms`,
        );
        expect([...failed, ...others]).toEqual([]);
      }
      expect(answers.length).toBeGreaterThan(40);
    }
  });
});
