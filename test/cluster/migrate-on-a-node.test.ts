import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { programsIn } from '../node/bundled-programs.ts';
import type { Program } from '../node/program.ts';
import { type AzureNode, ownImage, startAzureNode } from './azure-node.ts';
import { namespaceObject } from './identity-objects.ts';
import { startIdentityWebhook } from './identity-webhook.ts';
import { measured } from './measured.ts';
import { type Asked, migratingWorkloads } from './migrating-workloads.ts';
import { eventually, type OneNode, tellState } from './one-node.ts';
import { web } from './standard-node.ts';
import { trustingImage } from './trusting-image.ts';

const checkout = join(import.meta.dirname, '../..');
const trusting = 'docker.io/podid/podid:trusting';

declare module 'vitest' {
  interface TaskMeta {
    /** How a test is run that is skipped by choice; `scripts/count-tests.mjs` names it then. */
    readonly leftOut?: string;
  }
}

/** In this order: from each the workloads go back, and on to the next one. All of them take ten minutes. */
const states = ['trusted', 'annotated', 'dual', 'moved', 'cleaned'] as const;
type State = (typeof states)[number];
const versions = ['1.6', '1.5'] as const;
type Version = (typeof versions)[number];
const all = 'PODID_ALL_DRILLS';

/** The longest way of them has all steps in it. */
const isAlwaysRun = (version: Version, state: State) =>
  version === '1.6' && (state === 'trusted' || state === 'cleaned');
const isRun = (version: Version, state: State) => isAlwaysRun(version, state) || process.env[all] === '1';

/** Workloads ask twenty times a second a pod, by whichever way their pods have, while podid takes them there and back. */
describe('podid migrate, on a real node', () => {
  const programs = programsIn(inject('programsFolder'));
  let node: AzureNode;
  let cluster: OneNode;

  beforeAll(async () => {
    node = await startAzureNode({ programs, image: inject('image').file, scenario: 'oidc-issuer' });
    ({ cluster } = node);
    const image = trustingImage(inject('image').file, trusting, node.files.certificate);
    cluster.importImage(image.file);
    image.remove();
    cluster.kubectl('apply', '--server-side', '-f', join(checkout, 'deploy/crds'));
    cluster.apply(namespaceObject('demo'));
    cluster.kubectl('-n', 'demo', 'create', 'serviceaccount', 'web');
    const ca = `--from-file=ca.crt=${node.files.certificate}`;
    cluster.kubectl('-n', 'demo', 'create', 'configmap', 'private-cloud', ca);
    await podid('mirror -g demo-rg -c demo');
    const values = [...ownImage, 'podid.extraCa.configMap=private-cloud'].join(',');
    expect((await podid(`nmi install --timeout 2m --set ${values}`)).nodes).toMatchObject([{ ready: true }]);
  });
  afterEach(({ task }) => {
    if (task.result?.state === 'fail') {
      tellState(cluster);
    }
  });
  afterAll(async () => {
    await node?.stop();
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

  const on = '-g demo-rg -c demo --namespace demo';
  const proof = '--rounds 3 --over 2s --timeout 90s --poll-interval 500ms';
  const everyone = 'deployment/web statefulset/store cronjob/nightly';
  const expectEach = (rows: readonly { readonly name: string; readonly state: string }[], state: string) =>
    expect(Object.fromEntries(rows.map((row) => [row.name, row.state]))).toEqual({
      ...{ web: state, store: state, nightly: state },
    });
  const apply = async (until: State, clock?: 'a day later') =>
    expectEach(await podid(`migrate apply ${on} --yes ${proof} --until ${until}`, clock), until);

  /** The agent's image does not trust the authority of this cloud: its pod gets as far as TLS, and can say so. */
  const checkFromPod = async () => {
    const line = `migrate check ${on} --workload deployment/web --from-pod --rounds 3 --over 2s`;
    const untrusting = await podid(line).catch(({ stdout }) => JSON.parse(stdout));
    expect(untrusting).toMatchObject([{ result: 'fail', passed: 0, refused: 1 }]);
    expect(untrusting[0].reason).toMatch(/^TlsFailed: the certificate that comes from \S+ is not one/);
    const passed = await podid(`${line} --image ${trusting}`);
    expect(passed).toMatchObject([{ result: 'pass', passed: 3, refused: 0 }]);
    await eventually(() => {
      expect(cluster.kubectl('-n', 'demo', 'get', 'pods', '-l', 'podid.io/migrate-check')).toBe('');
    });
  };
  for (const version of versions) {
    describe(`by webhook ${version}`, () => {
      let webhook: Program | undefined;
      let workloads: ReturnType<typeof migratingWorkloads>;
      const startJob = (name: string) => workloads.startJob(`${name}-${version.replace('.', '-')}`);

      beforeAll(async () => {
        const { tenantId } = node.azure();
        webhook = await startIdentityWebhook({ cluster, programs }, { version, tenantId });
        workloads = migratingWorkloads(cluster, programs, 'demo');
        workloads.make();
        startJob('before');
        await workloads.areAnswered('node');
      });
      afterAll(async () => {
        workloads?.remove();
        await webhook?.stop('SIGKILL');
      });

      for (const state of states) {
        it.runIf(isRun(version, state))(
          `a Deployment, a StatefulSet and a CronJob go to ${state} and back`,
          { meta: { leftOut: `${all}=1 runs it` } },
          () => goAndComeBack(workloads, state, startJob),
        );
      }

      it.runIf(isRun(version, 'cleaned'))(
        'of all that they asked meanwhile no request has failed, by either way',
        { meta: { leftOut: `${all}=1 runs it` } },
        () => expectOwn(version, workloads.end()),
      );
    });
  }

  async function goAndComeBack(
    workloads: ReturnType<typeof migratingWorkloads>,
    state: State,
    startJob: (name: string) => void,
  ): Promise<void> {
    const isLabelled = ['dual', 'moved', 'cleaned'].includes(state);
    await apply(isLabelled ? 'dual' : state);
    if (state === 'trusted') {
      await checkFromPod();
    }
    if (isLabelled) {
      startJob(`dual-for-${state}`);
      await workloads.areAnswered('entra');
      workloads.areJobsDone();
    }
    if (state === 'moved' || state === 'cleaned') {
      await apply(state, 'a day later');
      await workloads.areAnswered('entra');
    }
    if (state === 'cleaned') {
      startJob(state);
      expect(cluster.kubectl('-n', 'demo', 'get', 'azureidentitybindings', '-o', 'name')).toBe('');
      workloads.areJobsDone();
    }
    // Trust is Azure's: until a service account is annotated there is nothing in the cluster to take back.
    expectEach(
      await podid(`migrate rollback ${on} --yes --workload ${everyone} --timeout 90s`),
      state === 'trusted' ? 'trusted' : 'rolled-back',
    );
    startJob(`back-from-${state}`);
    await workloads.areAnswered('node');
  }

  /** Each token is the workload's own, by what it says itself and by what the answer says. */
  const expectOwn = (version: Version, asked: readonly Asked[]) => {
    const isOwn = ({ appid, oid, named }: Asked) =>
      appid === web.clientId && oid === web.objectId && named === web.clientId;
    for (const way of ['node', 'entra'] as const) {
      const own = asked.filter((one) => one.way === way);
      const longestMs = Math.max(...own.map(({ ms }) => ms));
      const failed = own.filter((one) => !isOwn(one)).length;
      measured(
        `migration by webhook ${version}, asked by ${way}`,
        `${own.length}, failed ${failed}, longest wait ${longestMs} ms`,
      );
      expect(own.length).toBeGreaterThan(40);
    }
    expect(asked.filter((one) => !isOwn(one))).toEqual([]);
  };
});
