import { join } from 'node:path';
import { setTimeout as passing } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { programsIn } from '../node/bundled-programs.ts';
import { type Program, startProgram } from '../node/program.ts';
import { azureIdentity, binding, namespaceObject } from './identity-objects.ts';
import { measured } from './measured.ts';
import { identities } from './node-identities.ts';
import { eventually, type OneNode, startOneNode, tellState } from './one-node.ts';
import { finishAsking, newsOf } from './pod-logs.ts';
import { askingPod, demoPod } from './pods.ts';

const checkout = join(import.meta.dirname, '../..');
const script = join(checkout, 'test/node/programs/spoof.py');
const attackMs = 20_000;
/**
 * Raw packets, ARP poisoning and MAC flooding at three speeds, and the ways around a guard that looks at
 * addresses alone.
 */
const thefts = [
  ['raw', 5],
  ['rawmac', 5],
  ['arp', 20],
  ['mac', 0.2],
  ['mac', 1],
  ['mac', 3],
  ['group', 1],
  ['pause', 1],
] as const;

const programs = programsIn(inject('programsFolder'));
let cluster: OneNode;

beforeAll(async () => {
  cluster = await startOneNode(programs);
  cluster.importImage(inject('image').file);
  cluster.apply(namespaceObject('shop'), namespaceObject('rogue'));
  cluster.kubectl('apply', '--server-side', '-f', join(checkout, 'deploy/crds'));
  cluster.apply(azureIdentity('shop', 'web', identities.web), binding('shop', 'web', 'web'));
});
afterEach(({ task }) => {
  if (task.result?.state === 'fail') {
    tellState(cluster);
  }
});
afterAll(async () => {
  await cluster?.stop();
});

describe('pods on a real bridge', () => {
  it('get their neighbour’s tokens where the guard is off', async () => {
    install('--set=podid.addressGuard=off');
    const victim = await startVictim('victim-unguarded');
    const [attack] = await startAttacks(victim, [['mac', 1]]);
    await attack?.line(/"token"/);
    await attack?.stop('SIGTERM');
    remove('shop', victim);
    remove('rogue', 'attacker-0');
  });

  it('get none of them in twenty seconds with it, while it is killed and started again, and everyone else goes on', async () => {
    install('--set=podid.addressGuard=auto');
    const victim = await startVictim('victim');
    const bystander = await startVictim('bystander');
    const attacks = await startAttacks(victim, thefts);
    cluster.imds.forget();
    await passing(attackMs / 3);
    process.kill(cluster.processOf('kube-system', agentPod(), 'rules'), 'SIGKILL');
    await passing(attackMs / 3);
    cluster.kubectl('-n', 'kube-system', 'rollout', 'restart', 'daemonset/podid-nmi');
    await passing(attackMs / 3);
    const loot = await Promise.all(
      attacks.map(async (attack) => {
        await attack.stop('SIGTERM');
        return JSON.parse(attack.lines.at(-1) ?? '{}') as {
          kind: string;
          sent: number;
          seen: number;
          stolen: number;
        };
      }),
    );
    cluster.kubectl('-n', 'kube-system', 'rollout', 'status', 'daemonset/podid-nmi', '--timeout=120s');
    const rolledOutMs = Date.now();
    await passing(3000);
    const own = `token-of-${identities.web.clientId}`;
    for (const pod of [victim, bystander]) {
      const answers = await finishAsking(cluster, 'shop', pod);
      const failed = answers.filter(({ token }) => token !== own);
      measured(
        `address guard, ${pod}`,
        `asked ${answers.length}, own token ${answers.length - failed.length}`,
      );
      // What is under way when a server is replaced may be cut; that is the roll-out's matter, and no token
      // of anybody else.
      expect(failed.filter(({ token, begunMs }) => token || begunMs >= rolledOutMs)).toEqual([]);
      expect(failed.length).toBeLessThan(5);
      expect(answers.length).toBeGreaterThan(100);
      cluster.kubectl('-n', 'shop', 'delete', 'pod', pod, '--grace-period=0', '--force');
    }
    measured('address guard, frames sent', loot.map(({ kind, sent }) => `${kind} ${sent}`).join(', '));
    for (const { kind, sent, seen, stolen } of loot) {
      expect(sent, kind).toBeGreaterThan(20);
      expect({ kind, seen, stolen }).toEqual({ kind, seen: 0, stolen: 0 });
    }
    expect(cluster.imds.issued().map(({ clientId }) => clientId)).not.toContain(identities.stray.clientId);
  });

  it('are known from their first request on', async () => {
    cluster.apply(demoPod('newcomer', { labels: { aadpodidbinding: 'web' } }));
    const first = await eventually(() => {
      const [news] = newsOf(cluster, 'shop', 'newcomer');
      expect(news).toBeDefined();
      return news;
    });
    expect(first).toMatchObject({ clientId: identities.web.clientId });
  });

  it('are not held any longer once podid is uninstalled', async () => {
    expect(tables()).toContain('podid_guard');
    cluster.helm('uninstall', 'podid', '--namespace', 'kube-system', '--wait', '--timeout', '120s');
    await eventually(() => expect(tables()).not.toContain('podid'));
  });
});

function install(...flags: readonly string[]): void {
  cluster.helm(
    ...['upgrade', '--install', 'podid', join(checkout, 'deploy/chart'), '--namespace', 'kube-system'],
    ...[
      '--set',
      'podid.image.repository=docker.io/podid/podid,podid.image.tag=test',
      '--wait',
      '--timeout',
      '120s',
    ],
    ...flags,
  );
}

/** A pod that asks for its token twenty times a second. */
async function startVictim(name: string): Promise<string> {
  const options = { namespace: 'shop', programs: programs.folder, labels: { aadpodidbinding: 'web' } };
  cluster.apply(askingPod(name, options));
  await eventually(() =>
    expect(cluster.kubectl('-n', 'shop', 'logs', name, '--tail=1')).toContain('token-of-'),
  );
  cluster.inPod('shop', name, 'sysctl', '-qw', 'net.ipv4.tcp_syn_linear_timeouts=0');
  return name;
}

/** Each in the network of a pod of its own, with the one capability that containers get unasked. */
async function startAttacks(
  victim: string,
  kinds: readonly (readonly [string, number])[],
): Promise<readonly Program[]> {
  const [address, mac] = [addressOf('shop', victim), macIn('shop', victim)];
  const gateway = JSON.parse(cluster.onNode('ip', '-j', 'addr', 'show', 'dev', 'cbr0')) as {
    address: string;
    addr_info: { family: string; local: string }[];
  }[];
  const node = gateway[0]?.addr_info.find(({ family }) => family === 'inet')?.local ?? '';
  const pods = kinds.map((_, n) => `attacker-${n}`);
  cluster.apply(...pods.map((pod) => demoPod(pod, { namespace: 'rogue' }, '--timeout', '2s')));
  return Promise.all(
    pods.map(async (pod, n) => {
      await eventually(() => expect(newsOf(cluster, 'rogue', pod)).not.toEqual([]));
      const [kind = '', everyMs = 1] = kinds[n] ?? [];
      const program = startProgram(
        'nsenter',
        [
          ...[`--net=/proc/${cluster.processOf('rogue', pod, 'app')}/ns/net`, 'setpriv', '--pdeathsig=KILL'],
          ...['--inh-caps=-all', '--bounding-set=-all,+net_raw', '--no-new-privs', 'python3', script],
          ...[kind, address, mac, node, gateway[0]?.address ?? '', String(everyMs)],
        ],
        {},
      );
      await program.line(/"ready"/);
      return program;
    }),
  );
}

function addressOf(namespace: string, pod: string): string {
  return cluster.kubectl('-n', namespace, 'get', 'pod', pod, '-o', 'jsonpath={.status.podIP}');
}

function macIn(namespace: string, pod: string): string {
  const [link] = JSON.parse(cluster.inPod(namespace, pod, 'ip', '-j', 'link', 'show', 'dev', 'eth0')) as {
    address: string;
  }[];
  return link?.address ?? '';
}

function agentPod(): string {
  return cluster.kubectl(
    ...['-n', 'kube-system', 'get', 'pods', '-l', 'app.kubernetes.io/name=podid'],
    ...['-o', 'jsonpath={.items[0].metadata.name}'],
  );
}

function tables(): string {
  return cluster.onNode('nft', 'list', 'tables');
}

function remove(namespace: string, pod: string): void {
  cluster.kubectl('-n', namespace, 'delete', 'pod', pod, '--grace-period=0', '--force');
}
