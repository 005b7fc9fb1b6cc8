import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { scaleSetId } from '../../src/emulator/scenarios/machine-parts.ts';
import { identityId } from '../../src/emulator/scenarios/scenario-parts.ts';
import { type Emulator, startEmulator } from '../../src/emulator/start-emulator.ts';
import { azureIdentity, binding, carriedBy, pod } from '../mic-on-emulator/mic-world.ts';
import { type ApiServer, startApiServer } from './api-server.ts';
import { runCleanUpJob } from './clean-up-job.ts';
import { type PlayedNodes, playNodes } from './played-nodes.ts';
import { type Ran, runPodid, someImage } from './run-podid.ts';
import { until } from './until.ts';
import { createObjects } from './upstream-release.ts';

const standard = '--set operationMode=standard --set forceNamespaced=true';

/** The cluster's API is a real one, ARM the emulator's, and of podid-mic one instance runs, beside played pods. */
describe('podid nmi in standard mode', () => {
  let api: ApiServer;
  let nodes: PlayedNodes;
  let emulator: Emulator;
  const folder = mkdtempSync(join(tmpdir(), 'podid-nmi-standard-'));
  const running: ChildProcess[] = [];

  beforeAll(async () => {
    [api, emulator] = await Promise.all([
      startApiServer('nmi-standard'),
      startEmulator({ scenario: 'node-pools' }),
    ]);
    nodes = await playNodes(api, ['node-a', 'node-b']);
    api.kubectl('create', 'namespace', 'demo');
    const providerID = `azure://${scaleSetId('nodepool1')}/virtualMachines/0`;
    api.kubectl('patch', 'node', 'node-a', '-p', JSON.stringify({ spec: { providerID } }));
    const hasAccount = (namespace: string) =>
      api.kubectl('get', 'serviceaccounts', '-n', namespace).includes('default');
    await until(() => hasAccount('kube-system') && hasAccount('demo'));
  });
  afterEach(async () => {
    for (const child of running.splice(0)) {
      child.kill('SIGKILL');
      await once(child, 'close');
    }
  });
  afterAll(async () => {
    await nodes?.stop();
    await Promise.all([api?.stop(), emulator?.stop()]);
    rmSync(folder, { recursive: true });
  });

  const run = (line: string) => runPodid(api.kubeconfig, line, emulator.environment);
  const json = async (line: string) => {
    const ran = await run(line);
    expect(ran.exitCode, ran.stderr).toBe(0);
    return JSON.parse(ran.stdout);
  };
  const ledger = () =>
    api.kubectl(
      'get',
      'configmap',
      '-n',
      'kube-system',
      '--ignore-not-found',
      'podid-mic-ledger',
      '-o',
      'yaml',
    );

  /** With the account, the rights and the flags that the install wrote. */
  const startController = () => {
    const deployment = JSON.parse(
      api.kubectl('get', 'deployment', '-n', 'kube-system', 'podid-mic', '-o', 'json'),
    );
    const [{ args }] = deployment.spec.template.spec.containers as [{ args: string[] }];
    const flags = args.filter((each) => !/^--(cloudconfig|http-probe-port|prometheus-port)=/.test(each));
    const token = api.kubectl('create', 'token', '-n', 'kube-system', 'podid-mic', '--duration=1h').trim();
    const kubeconfig = join(folder, 'mic.json');
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'c', cluster: { server: api.url, 'insecure-skip-tls-verify': true } }],
      users: [{ name: 'u', user: { token } }],
      contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
      'current-context': 'c',
    };
    writeFileSync(kubeconfig, JSON.stringify(config), { mode: 0o600 });
    const ports = ['--http-probe-port=0', '--prometheus-port=0', '--probe-address=127.0.0.1'];
    const argv = ['bin/podid-mic.js', ...flags, ...ports, '--metrics-address=127.0.0.1'];
    const { PODID_ARM_ENDPOINT, PODID_ARM_TOKEN } = emulator.environment;
    const env = {
      ...{ PATH: process.env['PATH'], KUBECONFIG: kubeconfig, MIC_POD_NAMESPACE: 'kube-system' },
      ...{ PODID_ARM_ENDPOINT, PODID_ARM_TOKEN },
    };
    running.push(spawn(process.execPath, argv, { env, stdio: 'ignore' }));
  };
  /** Until the identity of a pod is on its machine, by a controller that then ends. */
  const assign = async (name: string) => {
    const { status: _status, ...object } = pod(name, 'web', 'node-a');
    createObjects(api, [{ ...object, spec: { ...object.spec, containers: [{ name: 'c', image: 'i' }] } }]);
    startController();
    await until(() => carriedBy(emulator).includes('web') && ledger().includes('"on":[0]'));
  };
  const endController = async () => {
    const [child] = running.splice(0);
    child?.kill('SIGTERM');
    await (child && once(child, 'close'));
  };

  it('waits for the controller, and says why it is not ready', async () => {
    nodes.decide(({ labels }) =>
      labels['app.kubernetes.io/component'] === 'mic' ? { waiting: 'ImagePullBackOff' } : 'ready',
    );
    const { exitCode, stderr }: Ran = await run(`nmi install ${standard} --timeout 4s`);
    expect(exitCode).toBe(7);
    expect(stderr).toMatch(
      /0 of 2 instances of the controller are ready; podid-mic-\S+: container \S+: ImagePullBackOff/,
    );
    nodes.decide(() => 'ready');
  });

  it('installs agent and controller, and shows how they stand', async () => {
    const { mode, objects } = await json(`nmi install ${standard}`);
    expect(mode).toBe('standard');
    expect(objects).toContainEqual(expect.objectContaining({ kind: 'Deployment', name: 'podid-mic' }));
    const before = await json('nmi status');
    expect(before).toMatchObject({
      mode: 'standard',
      controller: { program: 'podid-mic', instances: 2, ready: 2, leader: '' },
    });
    createObjects(api, [azureIdentity('web'), binding('web', 'web')]);
    await assign('web-1');
    const { controller } = await json('nmi status');
    expect(controller.leader).not.toBe('');
    await endController();
  });

  it('leaves identities on machines when it goes, and says which command takes them', async () => {
    const put = carriedBy(emulator);
    const ran = await run('nmi uninstall --yes');
    expect(ran.exitCode, ran.stderr).toBe(0);
    expect(ran.stderr).toContain('1 identity that podid put on 1 machine');
    expect(ran.stderr).toMatch(/nodepool1-\S+ carries web\./);
    expect(ran.stderr).toMatch(
      /podid nmi uninstall .*--clean-up-only --remove-identities .*podid\.image\.repository=/,
    );
    expect(carriedBy(emulator)).toEqual(put);
    const left = 'deployments,daemonsets,roles,rolebindings,poddisruptionbudgets,serviceaccounts';
    expect(api.kubectl('get', left, '-A', '-o', 'name')).not.toContain('podid');
    expect(ledger()).toContain('nodepool1');
  });

  it('leaves them after Helm, too, whose clean-up says which they are, by the rights that the chart gives it', async () => {
    const ran = await runCleanUpJob(api, 'standard');
    expect(ran.exitCode, ran.stderr).toBe(0);
    expect(ran.stderr).toMatch(/nodepool1-\S+ carries web\./);
    expect(ran.stderr).toMatch(
      /podid nmi uninstall .*podid\.image\.repository=.* --clean-up-only --remove-identities/,
    );
    expect(ledger()).toContain('nodepool1');
  });

  it('takes from machines what the ledger names and nothing else, and then the ledger', async () => {
    const others = carriedBy(emulator).filter((name) => name !== 'web');
    expect(others.length).toBeGreaterThan(0);
    const planned = await json(
      `nmi uninstall --clean-up-only --remove-identities --dry-run --set ${someImage}`,
    );
    expect(planned.machines).toMatchObject([{ identities: [identityId('web').toLowerCase()], clean: false }]);
    expect(carriedBy(emulator)).toContain('web');
    const { machines } = await json(
      `nmi uninstall --clean-up-only --remove-identities --yes --set ${someImage}`,
    );
    expect(machines).toMatchObject([{ clean: true }]);
    expect(carriedBy(emulator).toSorted()).toEqual(others.toSorted());
    expect(ledger()).toBe('');
    const again = await run(`nmi uninstall --clean-up-only --remove-identities --yes --set ${someImage}`);
    expect(again.stderr).toContain('There is no ledger');
  });

  it('goes with its identities in one command, with a secret of its own, and keeps what Azure refuses', async () => {
    const secret = ['tenantID=t', 'clientID=c', 'clientSecret=s'].map((each) => `adminsecret.${each}`);
    await json(`nmi install ${standard} --set ${secret.join(',')}`);
    expect(api.kubectl('get', 'secrets', '-n', 'kube-system', '-o', 'name')).toContain('podid-mic');
    await assign('web-2');
    await endController();
    emulator.faults.add({ match: { operation: 'machines.patch', times: 1 }, effect: { status: 403 } });
    const refused = await run('nmi uninstall --remove-identities --yes');
    expect(refused.exitCode).toBe(7);
    expect(refused.stderr).toContain('1 of 1 machines may still carry identities that podid put there');
    expect(ledger()).toContain('nodepool1');
    expect(api.kubectl('get', 'secrets', '-n', 'kube-system', '-o', 'name')).not.toContain('podid-mic');
    const { machines } = await json(
      `nmi uninstall --clean-up-only --remove-identities --yes --set ${someImage}`,
    );
    expect(machines).toMatchObject([{ clean: true }]);
    expect(carriedBy(emulator)).not.toContain('web');
    expect(ledger()).toBe('');
  });
});
