import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { programsIn } from '../node/bundled-programs.ts';
import type { Program } from '../node/program.ts';
import { ownImage } from './azure-node.ts';
import { azureIdentity, binding } from './identity-objects.ts';
import { measured } from './measured.ts';
import { mixedPrograms } from './mixed-programs.ts';
import { eventually, type OneNode, tellState } from './one-node.ts';
import { newsOf } from './pod-logs.ts';
import { demoPod } from './pods.ts';
import { rulesOf } from './rules-of.ts';
import { type StandardNode, startStandardNode, web } from './standard-node.ts';
import { builtUpstream } from './upstream-standard.ts';

const checkout = join(import.meta.dirname, '../..');
/** Everything is real but Azure: agent and controller run as pods of podid's image, on a real node. */
describe('standard mode, on a real node', () => {
  const programs = programsIn(inject('programsFolder'));
  let node: StandardNode;
  let cluster: OneNode;
  let rulesBefore: string;

  beforeAll(async () => {
    node = await startStandardNode(programs, inject('image').file);
    ({ cluster } = node);
    rulesBefore = rulesOf(cluster);
  });
  afterEach(({ task }) => {
    if (task.result?.state === 'fail') {
      tellState(cluster);
    }
  });
  afterAll(async () => {
    await node?.stop();
  });

  const run = (line: string, environment: Readonly<Record<string, string>> = {}) => {
    const begunMs = Date.now();
    const variables = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
    const words = [...line.split(' '), '--kubeconfig', cluster.kubeconfig];
    const program = [process.execPath, join(checkout, 'bin/podid.js')];
    const stdout = cluster.onNode('env', ...variables, ...program, ...words);
    measured(`podid ${line.split(' --')[0]}, standard`, `${((Date.now() - begunMs) / 1000).toFixed(1)} s`);
    return JSON.parse(stdout);
  };
  /** The state of the assignment of each pod. */
  const states = () =>
    Object.fromEntries(node.assignments().map(({ spec, status }) => [spec.pod, status.status]));
  const getsToken = async (name: string) => {
    cluster.apply(demoPod(name, { labels: { aadpodidbinding: 'web' } }));
    const news = await eventually(() => {
      const last = newsOf(cluster, 'shop', name).at(-1);
      expect(last).toMatchObject({ clientId: web.clientId });
      return last;
    });
    await eventually(() => expect(states()).toEqual({ [name]: 'Assigned' }));
    expect(node.carried()).toContain('web');
    return news?.agent;
  };
  const ends = async (name: string) => {
    cluster.kubectl('-n', 'shop', 'delete', 'pod', name, '--grace-period=0', '--force');
    await eventually(() => expect(states()).toEqual({}));
  };

  it('is installed with an identity of its own for the controller', async () => {
    const values = [
      ...['operationMode=standard', 'forceNamespaced=true', 'podid.mic.removalDelay=10s'],
      ...[...ownImage, ...node.signIn()],
    ];
    const { nodes } = run(`nmi install --timeout 2m --set ${values.join(',')}`);
    expect(nodes).toMatchObject([{ ready: true }]);
    expect(run('nmi status')).toMatchObject({
      mode: 'standard',
      controller: { program: 'podid-mic', instances: 2, ready: 2 },
    });
    expect(node.carried()).not.toContain('web');
  });

  it('brings a pod from its label to a token of an identity that its machine did not carry', async () => {
    cluster.apply(azureIdentity('shop', 'web', web), binding('shop', 'web', 'web'));
    await getsToken('first');
    const { issued } = node.azure();
    expect([...new Set(issued.map(({ clientId }) => clientId))]).toEqual([web.clientId]);
  });

  it('takes the assignment with the pod, and the identity from the machine only later', async () => {
    await ends('first');
    expect(node.carried()).toContain('web');
    await eventually(() => expect(node.carried()).not.toContain('web'));
    expect(node.carried()).toContain('demo-agentpool');
  });

  it('goes in one command, with what it put on machines and nothing else', async () => {
    await getsToken('second');
    const line = 'nmi uninstall --remove-identities --yes --timeout 2m';
    const { nodes, machines } = run(line, node.environment());
    expect(machines).toMatchObject([{ clean: true, identities: [web.resourceId] }]);
    expect(nodes).toMatchObject([{ clean: true }]);
    expect(node.carried()).toEqual(['demo-agentpool']);
    expect(rulesOf(cluster)).toBe(rulesBefore);
    expect(cluster.kubectl('get', 'daemonsets,deployments', '-A', '-o', 'name')).toBe('');
    const maps = cluster.kubectl('get', 'configmaps', '-n', 'kube-system', '-o', 'name');
    expect(maps).not.toContain('podid-mic-ledger');
  });

  it("gives upstream's agent what podid-mic assigns, and podid's agent what upstream's MIC assigns", async () => {
    cluster.kubectl('-n', 'shop', 'delete', 'pod', 'second', '--grace-period=0', '--force');
    const [mic, nmi] = [builtUpstream('mic'), builtUpstream('nmi')];
    const programsOn = mixedPrograms(cluster, node.files, node.azure());
    const ending: Program[] = [];
    try {
      ending.push(programsOn.startUpstreamNmi(nmi), programsOn.startController());
      expect(await getsToken('by-upstream-agent')).toBeNull();
      await ends('by-upstream-agent');
      await Promise.all(ending.splice(0).map((program) => program.stop('SIGTERM')));
      ending.push(programsOn.startAgent(programs.agent), programsOn.startUpstreamMic(mic));
      expect(await getsToken('by-upstream-mic')).toMatch(/^\d/);
      await ends('by-upstream-mic');
    } finally {
      await Promise.all(ending.map((program) => program.stop('SIGKILL')));
    }
  });
});
