import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { programsIn } from '../node/bundled-programs.ts';
import type { Program } from '../node/program.ts';
import { type AzureNode, ownImage, startAzureNode } from './azure-node.ts';
import { azureIdentity, binding } from './identity-objects.ts';
import { startIdentityWebhook } from './identity-webhook.ts';
import { measured } from './measured.ts';
import { eventually, type OneNode, tellState } from './one-node.ts';
import { web } from './standard-node.ts';

const checkout = join(import.meta.dirname, '../..');
const asksAt = '/asks';

interface Asked {
  readonly way: 'node' | 'entra';
  readonly ms: number;
  readonly status?: number;
  readonly whose?: string;
  readonly error?: string;
}

/** A workload asks five times a second a pod, by whichever way its pods have, while podid takes it there and back. */
describe('podid migrate, on a real node', () => {
  const programs = programsIn(inject('programsFolder'));
  const asks = mkdtempSync(join(tmpdir(), 'podid-asks-'));
  chmodSync(asks, 0o777);
  let node: AzureNode;
  let cluster: OneNode;
  let webhook: Program | undefined;

  beforeAll(async () => {
    node = await startAzureNode({ programs, image: inject('image').file, scenario: 'oidc-issuer' });
    ({ cluster } = node);
    cluster.kubectl('apply', '--server-side', '-f', join(checkout, 'deploy/crds'));
    cluster.kubectl('-n', 'shop', 'create', 'serviceaccount', 'web');
    const ca = `--from-file=ca.crt=${node.files.certificate}`;
    cluster.kubectl('-n', 'shop', 'create', 'configmap', 'private-cloud', ca);
    cluster.apply(azureIdentity('shop', 'web', web), binding('shop', 'web', 'web'));
    const { tenantId } = node.azure();
    webhook = await startIdentityWebhook({ cluster, programs }, { version: '1.6', tenantId });
  });
  afterEach(({ task }) => {
    if (task.result?.state === 'fail') {
      tellState(cluster);
    }
  });
  afterAll(async () => {
    await webhook?.stop('SIGKILL');
    await node?.stop();
    rmSync(asks, { recursive: true, force: true });
  });

  /** @param clock a day later pods have been silent for a day */
  const podid = async (line: string, clock: 'now' | 'a day later' = 'now') => {
    const later = { NODE_OPTIONS: `--import=${programs.path('a-day-later')}` };
    const environment = { ...node.environment(), ...(clock === 'now' ? {} : later) };
    const variables = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
    const begunMs = Date.now();
    const { stdout } = await promisify(execFile)('nsenter', [
      ...[`--net=/var/run/netns/${cluster.nodeName}`, 'env', ...variables],
      ...[process.execPath, join(checkout, 'bin/podid.js'), ...line.split(' ')],
      ...['--kubeconfig', cluster.kubeconfig, '-o', 'json'],
    ]);
    measured(`podid ${line.split(' --')[0]}, on a node`, `${((Date.now() - begunMs) / 1000).toFixed(1)} s`);
    return JSON.parse(stdout);
  };

  const template = (name: string, more: object, ...until: readonly string[]) => ({
    metadata: { labels: { app: name, aadpodidbinding: 'web' } },
    spec: {
      serviceAccountName: 'web',
      terminationGracePeriodSeconds: 5,
      ...more,
      containers: [
        {
          name: 'app',
          image: 'docker.io/podid/podid:test',
          imagePullPolicy: 'IfNotPresent',
          command: ['node', '/programs/either-way.mjs', asksAt, ...until],
          env: [{ name: 'NODE_EXTRA_CA_CERTS', value: '/ca/ca.crt' }],
          volumeMounts: [
            { name: 'programs', mountPath: '/programs', readOnly: true },
            { name: 'asks', mountPath: asksAt },
            { name: 'ca', mountPath: '/ca', readOnly: true },
          ],
        },
      ],
      volumes: [
        { name: 'programs', hostPath: { path: programs.folder, type: 'Directory' } },
        { name: 'asks', hostPath: { path: asks, type: 'Directory' } },
        { name: 'ca', configMap: { name: 'private-cloud' } },
      ],
    },
  });
  const makeWorkloads = () => {
    const of = (kind: string, name: string, more: object) => ({
      apiVersion: 'apps/v1',
      kind,
      metadata: { namespace: 'shop', name },
      spec: {
        replicas: 2,
        selector: { matchLabels: { app: name } },
        template: template(name, {}),
        ...more,
      },
    });
    cluster.apply(of('Deployment', 'web', {}), of('StatefulSet', 'store', { serviceName: 'store' }), {
      apiVersion: 'batch/v1',
      kind: 'CronJob',
      metadata: { namespace: 'shop', name: 'nightly' },
      spec: {
        schedule: '0 3 1 1 *',
        jobTemplate: { spec: { template: template('nightly', { restartPolicy: 'Never' }, '3000') } },
      },
    });
    for (const each of ['deployment/web', 'statefulset/store']) {
      cluster.kubectl('-n', 'shop', 'rollout', 'status', each, '--timeout=60s');
    }
  };
  /** A whole run, as its schedule would begin it. */
  const runJob = (name: string) => {
    cluster.kubectl('-n', 'shop', 'create', 'job', name, '--from=cronjob/nightly');
    cluster.kubectl('-n', 'shop', 'wait', '--for=condition=complete', `job/${name}`, '--timeout=60s');
  };
  const answers = () =>
    readdirSync(asks).flatMap((pod) =>
      readFileSync(join(asks, pod), 'utf8')
        .split('\n')
        .filter(Boolean)
        .map((line): Asked & { readonly pod: string } => ({ pod, ...(JSON.parse(line) as Asked) })),
    );
  /** Until each workload has an answer by this way after now. */
  const areAnswered = async (way: Asked['way']) => {
    const count = (start: string) =>
      answers().filter((each) => each.pod.startsWith(start) && each.way === way).length;
    const before = [count('web-'), count('store-')] as const;
    await eventually(() => {
      expect(count('web-')).toBeGreaterThan(before[0]);
      expect(count('store-')).toBeGreaterThan(before[1]);
    });
  };
  /** podid's image does not trust the authority of this cloud, so that its pod gets as far as TLS, and can say so. */
  const checkFromPod = async () => {
    const line = 'migrate check -g demo-rg -c demo --namespace shop --workload deployment/web --from-pod';
    const checked = await podid(line).catch(({ stdout }) => JSON.parse(stdout));
    expect(checked).toMatchObject([{ result: 'fail', passed: 0, refused: 1 }]);
    expect(checked[0].reason).toMatch(/^TlsFailed: the certificate that comes from \S+ is not one/);
    await eventually(() => {
      expect(cluster.kubectl('-n', 'shop', 'get', 'pods', '-l', 'podid.io/migrate-check')).toBe('');
    });
  };
  const on = '-g demo-rg -c demo --namespace shop --yes';
  const proof = '--rounds 3 --over 2s --timeout 90s --poll-interval 500ms';
  const states = (rows: readonly { readonly name: string; readonly state: string }[]) =>
    Object.fromEntries(rows.map(({ name, state }) => [name, state]));
  const each = (state: string) => ({ web: state, store: state, nightly: state });
  const all = 'deployment/web statefulset/store cronjob/nightly';

  it('takes a Deployment, a StatefulSet and a CronJob through all states and back, and no request of theirs fails', async () => {
    const values = [...ownImage, 'podid.extraCa.configMap=private-cloud'].join(',');
    expect((await podid(`nmi install --timeout 2m --set ${values}`)).nodes).toMatchObject([{ ready: true }]);
    makeWorkloads();
    runJob('before');
    await areAnswered('node');

    for (const round of ['first', 'second']) {
      expect(states(await podid(`migrate apply ${on} ${proof} --until trusted`))).toEqual(each('trusted'));
      if (round === 'first') {
        await checkFromPod();
      }
      expect(states(await podid(`migrate apply ${on} ${proof} --until annotated`))).toEqual(
        each('annotated'),
      );
      expect(states(await podid(`migrate apply ${on} ${proof} --until dual`))).toEqual(each('dual'));
      await areAnswered('entra');
      runJob(round);
      const moved = await podid(`migrate apply ${on} ${proof} --until moved`, 'a day later');
      expect(states(moved)).toEqual(each('moved'));
      if (round === 'first') {
        const back = await podid(`migrate rollback ${on} --workload ${all} --timeout 90s`);
        expect(states(back)).toEqual(each('rolled-back'));
        await areAnswered('node');
        runJob('back');
      }
    }

    cluster.kubectl('-n', 'shop', 'delete', 'deployment/web', 'statefulset/store', '--wait=true');
    const asked = answers();
    const failed = asked.filter(({ whose }) => whose !== web.clientId);
    for (const way of ['node', 'entra'] as const) {
      const own = asked.filter((one) => one.way === way);
      const longestMs = Math.max(...own.map(({ ms }) => ms));
      measured(
        `migration on a node, by ${way}`,
        `asked ${own.length}, failed ${failed.filter((one) => one.way === way).length}, longest wait ${longestMs} ms`,
      );
      expect(own.length).toBeGreaterThan(40);
    }
    expect(failed).toEqual([]);
  });
});
