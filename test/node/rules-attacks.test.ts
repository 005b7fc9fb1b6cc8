import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, inject, it, vi } from 'vitest';
import { programsIn } from './bundled-programs.ts';
import type { Host } from './network.ts';
import { imdsToken, type Outcome, type RequestOptions, requestFrom } from './one-request.ts';
import { inRulesWorld, ownIdentity } from './rules-world.ts';

const programs = programsIn(inject('programsFolder'));

const ask = (host: Host, target: string, options?: RequestOptions): Promise<Outcome> =>
  requestFrom(host, programs, target, options);
const kinds = ['bridged', 'routed'] as const;

describe.each(kinds)('a pod that goes around the redirect, %s,', (kind) => {
  it('reaches the agent by no address of the node', async () => {
    await inRulesWorld(programs, { kind }, async (world) => {
      await world.startAgent('0.0.0.0');
      const direct = 'http://10.1.0.4:2579/';
      expect(await ask(world.unbound, direct)).toMatchObject({ standIn: 'yes' });
      await world.rules('once', { listenAddress: '0.0.0.0' });
      expect(await ask(world.unbound, direct)).toEqual({ error: 'NO_ANSWER' });
      expect(await ask(world.bound, imdsToken)).toMatchObject({ status: 200, standIn: 'yes' });
    });
  });

  it.each(['nft', 'iptables'] as const)(
    'reaches no port of the node’s loopback address, not even with NET_ADMIN (CVE-2020-8558), by %s',
    async (backend) => {
      await inRulesWorld(programs, { kind }, async (world) => {
        const ports = [2579, 8085, 9090];
        const agent = await world.startAgent(ports.map((port) => `127.0.0.1:${port}`).join(','));
        await agent.line(/listening on 127\.0\.0\.1:9090/);
        const { unbound } = world;
        const gateway = kind === 'bridged' ? '10.244.0.1' : '169.254.1.1';
        unbound.run('sysctl', '-qw', 'net.ipv4.conf.all.route_localnet=1');
        unbound.run('ip', 'rule', 'add', 'pref', '1', 'to', '127.0.0.1', 'lookup', '77');
        unbound.run('ip', 'rule', 'add', 'pref', '10', 'lookup', 'local');
        unbound.run('ip', 'rule', 'del', 'pref', '0');
        unbound.run(
          'ip',
          'route',
          'add',
          '127.0.0.1',
          'via',
          gateway,
          'dev',
          'eth0',
          'src',
          unbound.address,
          'table',
          '77',
        );
        const from = { localAddress: unbound.address };
        const reached = async (by: Host, options: RequestOptions = {}) =>
          await Promise.all(ports.map((port) => ask(by, `http://127.0.0.1:${port}/`, options)));
        for (const outcome of await reached(unbound, from)) {
          expect(outcome).toMatchObject({ standIn: 'yes' });
        }
        await world.rules('once', { backend });
        expect(await reached(unbound, from)).toEqual(ports.map(() => ({ error: 'NO_ANSWER' })));
        for (const outcome of await reached(world.network.node)) {
          expect(outcome).toMatchObject({ standIn: 'yes' });
        }
      });
    },
  );

  it.each(['nft', 'iptables'] as const)(
    'reaches probes and metrics by no address of the node, unless asked for, by %s',
    async (backend) => {
      await inRulesWorld(programs, { kind }, async (world) => {
        const { unbound, network } = world;
        const ports = [8080, 9090];
        const agent = await world.startAgent(ports.map((port) => `0.0.0.0:${port}`).join(','));
        await agent.line(/listening on 0\.0\.0\.0:9090/);
        const outcomes = (by: Host) =>
          Promise.all(ports.map((port) => ask(by, `http://10.1.0.4:${port}/metrics`)));
        const answered = ports.map(() => expect.objectContaining({ standIn: 'yes' }));
        const refused = { error: 'ECONNREFUSED' };
        expect(await outcomes(unbound)).toEqual(answered);
        await world.rules('once', { backend });
        for (const stranger of [unbound, network.azure]) {
          expect(await outcomes(stranger)).toEqual([refused, refused]);
        }
        // A kubelet, and a Prometheus on the network of the node.
        expect(await outcomes(network.node)).toEqual(answered);
        await world.rules('once', { backend, closedPorts: [8080], openPorts: [9090] });
        expect(await outcomes(unbound)).toEqual([refused, answered[1]]);
        await world.rules('remove', { backend });
        expect(await outcomes(unbound)).toEqual(answered);
      });
    },
  );

  it('keeps no connection to IMDS from before the rules', async () => {
    await inRulesWorld(programs, { kind }, async (world) => {
      await world.startAgent();
      const holding = world.unbound.start(process.execPath, [
        programs.path('one-request'),
        imdsToken,
        JSON.stringify({ holdMs: 2000 }),
      ]);
      await holding.line(/holding/);
      expect(holding.lines[0]).toContain('token-of-node-default');
      await world.rules('once');
      await holding.ended;
      expect(holding.lines.at(-1)).not.toContain('token-of-');
      expect(holding.lines).toHaveLength(3);
    });
  });

  it('gets neither port of the wire server when that is blocked', async () => {
    await inRulesWorld(programs, { kind }, async (world) => {
      const wireserver = 'http://168.63.129.16/';
      expect(await ask(world.unbound, wireserver)).toMatchObject({ status: 200 });
      await world.rules('once', { blockWireserver: true });
      expect(await ask(world.unbound, wireserver)).toEqual({ error: 'NO_ANSWER' });
      expect(await ask(world.network.node, wireserver)).toMatchObject({ status: 200 });
    });
  });

  it('gets nothing while any one of the layers behind the redirect stands', async () => {
    await inRulesWorld(programs, { kind }, async (world) => {
      const { unbound, network } = world;
      await world.rules('once');
      network.node.run('nft', 'delete', 'chain', 'inet', 'podid', 'to_agent');
      expect(await ask(unbound, imdsToken)).toEqual({ error: 'NO_ANSWER' });
      network.node.run('ip', 'rule', 'del', 'pref', '6');
      expect(await ask(unbound, imdsToken)).toEqual({ error: 'NO_ANSWER' });
      expect(packets(network.node, 'nothing but the redirect')).toBeGreaterThan(0);
      await world.rules('once');
      network.node.run('nft', 'flush', 'ruleset');
      expect(await ask(unbound, imdsToken)).toEqual({ error: 'NO_ANSWER' });
      expect(await ask(network.node, imdsToken)).toMatchObject({ status: 200 });
      network.node.run('ip', 'rule', 'del', 'pref', '6');
      expect(await ask(unbound, imdsToken)).toMatchObject({
        status: 200,
        body: expect.stringContaining('node-default'),
      });
    });
  });

  it('is led nowhere by another’s earlier redirect, and the node reports it', async () => {
    await inRulesWorld(programs, { kind }, async (world) => {
      const { bound, unbound, network } = world;
      const { node } = network;
      await world.startAgent();
      const thief = bound.start(process.execPath, [programs.path('fake-imds'), '0']);
      await thief.line(/listening/);
      const earlier = `table ip mesh {
        chain early {
          type nat hook prerouting priority -120; policy accept;
          ip daddr 169.254.169.254 tcp dport 80 dnat to ${bound.address}:80
        }
      }`;
      node.run('nft', earlier);
      expect(await ask(unbound, imdsToken)).toMatchObject({ status: 200, standIn: null });
      const rules = await world.keepRules();
      await rules.line(/Others' NAT rules .*ip mesh early/);
      expect(await ask(unbound, imdsToken)).toEqual({ error: 'NO_ANSWER' });
      expect(packets(node, 'goes nowhere else')).toBeGreaterThan(0);
      expect(await ask(node, imdsToken)).toMatchObject({ status: 200, standIn: null });
      expect(await ask(unbound, `http://${bound.address}/`)).toMatchObject({ status: 200 });
      node.run('nft', 'delete', 'table', 'ip', 'mesh');
      expect(await ask(bound, imdsToken)).toMatchObject({ status: 200, standIn: 'yes' });
      expect(await ask(unbound, imdsToken)).toMatchObject({ status: 400, standIn: 'yes' });
      await rules.stop('SIGTERM');
    });
  });

  it.each([
    ['behind podid’s', { backend: 'nft' }, -100, { status: 200, standIn: null }],
    ['before podid’s', { backend: 'nft' }, -120, { error: 'NO_ANSWER' }],
    ['behind podid’s, which are iptables’', { backend: 'iptables' }, -90, { status: 200, standIn: null }],
    ['before podid’s, which are iptables’', { backend: 'iptables' }, -120, { error: 'NO_ANSWER' }],
  ] as const)(
    'answers the agent in place of IMDS by no NAT %s',
    async (_where, options, priority, expected) => {
      await inRulesWorld(programs, { kind }, async (world) => {
        const { unbound, network } = world;
        const { node } = network;
        const thief = unbound.start(process.execPath, [programs.path('fake-imds'), '0']);
        await thief.line(/listening/);
        node.run(
          'nft',
          `table ip mesh {
          chain own {
            type nat hook output priority ${priority}; policy accept;
            ip daddr 169.254.169.254 tcp dport 80 dnat to ${unbound.address}:80
          }
        }`,
        );
        await ask(node, imdsToken);
        expect(thief.lines.filter((line) => line.startsWith('{'))).toHaveLength(1);
        const rules = await world.keepRules(options);
        if (priority < -110) {
          await rules.line(/Others' NAT rules .*ip mesh own/);
        }
        expect(await ask(node, imdsToken)).toMatchObject(expected);
        expect(thief.lines.filter((line) => line.startsWith('{'))).toHaveLength(1);
        await rules.stop('SIGTERM');
        await world.rules('remove', options);
      });
    },
  );

  it('waits no minute when it takes the port of its last connection again', async () => {
    await inRulesWorld(programs, { kind }, async (world) => {
      await world.startAgent();
      await world.rules('once');
      for (let round = 0; round < 3; round += 1) {
        expect(await ask(world.bound, imdsToken, { localPort: 40_123 })).toMatchObject({ status: 200 });
      }
    });
  });
});

describe('a pod that claims the agent’s port on the node', () => {
  it('does not get what the CSI driver asks', async () => {
    await inRulesWorld(programs, {}, async (world) => {
      const { node } = world.network;
      await world.startAgent();
      const thief = world.unbound.start(process.execPath, [programs.path('fake-imds'), '0']);
      await thief.line(/listening/);
      const portmap = ['-p', 'tcp', '--dport', '2579', '-m', 'addrtype', '--dst-type', 'LOCAL', '-j', 'DNAT'];
      node.run(
        'iptables',
        '-t',
        'nat',
        '-A',
        'OUTPUT',
        ...portmap,
        '--to-destination',
        `${world.unbound.address}:80`,
      );
      node.run('iptables', '-t', 'nat', '-A', 'POSTROUTING', '-s', '127.0.0.1', '-j', 'MASQUERADE');
      const csi = 'http://127.0.0.1:2579/host/token/?resource=r';
      expect(await ask(node, csi)).toMatchObject({ status: 200, standIn: null });
      await world.rules('once');
      expect(await ask(node, csi)).toMatchObject({ standIn: 'yes' });
    });
  });
});

describe('a pod that takes its neighbour’s address', () => {
  it('gets no packet through where pods are routed', async () => {
    await inRulesWorld(programs, { kind: 'routed' }, async (world) => {
      await world.startAgent();
      await world.rules('once');
      world.unbound.run('ip', 'addr', 'add', `${world.bound.address}/32`, 'dev', 'lo');
      const spoofed = { localAddress: world.bound.address, waitMs: 1500 };
      expect(await ask(world.unbound, imdsToken, spoofed)).toEqual({ error: 'NO_ANSWER' });
      expect(packets(world.network.node, 'does not live behind this interface')).toBeGreaterThan(0);
      expect(await ask(world.bound, imdsToken)).toMatchObject({ status: 200 });
    });
  });
});

describe('the redirect rules', () => {
  it('send pods to a link-local address where the kernel routes nothing to loopback', async () => {
    await inRulesWorld(programs, { routeLocalnet: false }, async (world) => {
      await world.rules('once');
      await world.startAgent('127.0.0.1,169.254.79.25');
      expect(await ask(world.bound, imdsToken)).toMatchObject({ status: 200, standIn: 'yes' });
      expect(await ask(world.unbound, imdsToken)).toMatchObject({ status: 400, standIn: 'yes' });
      expect(await ask(world.unbound, 'http://169.254.79.25:2579/')).toEqual({ error: 'NO_ANSWER' });
      expect(await ask(world.network.node, 'http://127.0.0.1:2579/')).toMatchObject({ standIn: 'yes' });
    });
  });

  it('leave nothing behind when they are removed', async () => {
    await inRulesWorld(programs, { routeLocalnet: false }, async (world) => {
      const before = inventory(world.network.node);
      await world.rules('once');
      expect(inventory(world.network.node)).not.toEqual(before);
      await world.rules('remove');
      await world.rules('remove');
      expect(inventory(world.network.node)).toEqual(before);
    });
  });

  it('need no capability but NET_ADMIN', async () => {
    await inRulesWorld(programs, { routeLocalnet: false }, async (world) => {
      const { node } = world.network;
      const caps = ['--inh-caps=-all', '--bounding-set=-all,+net_admin', '--no-new-privs'];
      const ran = node.start('setpriv', [...caps, process.execPath, programs.path('rules-alone'), 'once']);
      expect(await ran.ended).toBe(0);
      await world.startAgent('169.254.79.25');
      expect(await ask(world.bound, imdsToken)).toMatchObject({ status: 200 });
      const none = node.start('setpriv', [
        '--inh-caps=-all',
        '--bounding-set=-all',
        process.execPath,
        programs.path('rules-alone'),
        'once',
      ]);
      expect(await none.ended).not.toBe(0);
    });
  });

  it('are put back when somebody makes the table dormant', async () => {
    await inRulesWorld(programs, {}, async (world) => {
      const { node } = world.network;
      const rules = await world.keepRules();
      await world.startAgent();
      node.run('nft', 'add table inet podid { flags dormant; }');
      await rules.line(/are restored/);
      expect(node.run('nft', 'list', 'table', 'inet', 'podid')).not.toMatch(/^\tflags/m);
      expect(await ask(world.bound, imdsToken)).toMatchObject({ status: 200, standIn: 'yes' });
    });
  });

  it.each(['nft', 'iptables'])(
    'are written down for people as the kernel has them, by %s',
    async (backend) => {
      const folder = await mkdtemp(join(tmpdir(), 'rules-text-'));
      await inRulesWorld(programs, {}, async (world) => {
        await world.keepRules({ backend, heartbeat: join(folder, 'heartbeat.json') });
        const text = await vi.waitFor(() => readFile(join(folder, 'rules.txt'), 'utf8'), 20_000);
        expect(text).toMatch(/^# read back at 20/);
        expect(text).toContain('169.254.169.254');
        expect(text).toContain('127.0.0.1:2579');
        expect(text).toContain('blackhole');
        expect(text).toContain(backend === 'nft' ? 'table inet podid {' : '-N podid-to-agent');
      });
      await rm(folder, { recursive: true });
    },
  );

  it('stay when the process that keeps them is killed', async () => {
    await inRulesWorld(programs, {}, async (world) => {
      const rules = await world.keepRules();
      await world.startAgent();
      await rules.stop('SIGKILL');
      expect(await ask(world.bound, imdsToken)).toMatchObject({ status: 200, standIn: 'yes' });
      expect(await ask(world.unbound, imdsToken)).toMatchObject({ status: 400, standIn: 'yes' });
    });
  });
});

describe.each(['iptables-nft', 'iptables-legacy'])('the fallback on a node of %s', (tool) => {
  it('holds the same layers, and leaves nothing behind', async () => {
    await inRulesWorld(programs, {}, async (world) => {
      const { node } = world.network;
      node.run(tool, '-t', 'mangle', '-N', 'KUBE-IPTABLES-HINT');
      const before = inventory(node, tool);
      const options = { backend: 'iptables' };
      await world.rules('once', options);
      expect(node.run(tool, '-t', 'nat', '-S', 'podid-to-agent')).toContain('DNAT');
      const early = ask(world.bound, imdsToken, { waitMs: 10_000 });
      expect(await ask(world.unbound, 'http://10.1.0.4:2579/')).toEqual({ error: 'NO_ANSWER' });
      await world.startAgent('0.0.0.0');
      expect(await early).toMatchObject({ status: 200, body: expect.stringContaining(ownIdentity) });
      expect(await ask(world.unbound, imdsToken)).toMatchObject({ status: 400, standIn: 'yes' });
      expect(await ask(world.unbound, 'http://10.1.0.4:2579/')).toEqual({ error: 'NO_ANSWER' });
      await world.rules('remove', options);
      expect(inventory(node, tool)).toEqual(before);
    });
  });

  it('reports a rule above its own that leads IMDS away, and hands out nothing of what answers', async () => {
    await inRulesWorld(programs, {}, async (world) => {
      const { unbound, network } = world;
      const { node } = network;
      node.run(tool, '-t', 'mangle', '-N', 'KUBE-IPTABLES-HINT');
      const thief = unbound.start(process.execPath, [programs.path('fake-imds'), '0']);
      await thief.line(/listening/);
      const options = { backend: 'iptables' } as const;
      const rules = await world.keepRules(options);
      const away = `-d 169.254.0.0/16 -p tcp --dport 80 -j DNAT --to-destination ${unbound.address}:80`;
      node.run(tool, '-t', 'nat', '-I', 'OUTPUT', ...away.split(' '));
      await rules.line(/Others' NAT rules .*iptables nat OUTPUT/);
      expect(await ask(node, imdsToken)).toEqual({ error: 'NO_ANSWER' });
      expect(thief.lines.filter((line) => line.startsWith('{'))).toEqual([]);
      node.run(tool, '-t', 'nat', '-D', 'OUTPUT', ...away.split(' '));
      await rules.stop('SIGTERM');
    });
  });
});

/** Everything that rules could leave behind, without counters. Tables made by merely asking do not count. */
function inventory(node: Host, tool?: string): readonly string[] {
  const listed = [node.run('ip', 'rule'), node.run('ip', '-4', '-o', 'addr')];
  if (tool === undefined) {
    return [...listed, node.run('nft', 'list', 'ruleset')];
  }
  return [...listed, ...['raw', 'mangle', 'filter', 'nat'].map((table) => node.run(tool, '-t', table, '-S'))];
}

/** Packets that a rule of the table has counted, by a part of its comment. */
function packets(node: Host, comment: string): number {
  const line = node
    .run('nft', 'list', 'table', 'inet', 'podid')
    .split('\n')
    .find((text) => text.includes(comment));
  return Number(/packets (\d+)/.exec(line ?? '')?.[1] ?? 0);
}
