import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as passing } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { programsIn } from './bundled-programs.ts';
import type { Host, NetworkOptions } from './network.ts';
import { inRulesWorld, ownIdentity } from './rules-world.ts';

const agent = join(import.meta.dirname, '../../bin/podid-nmi.js');
const programs = programsIn(inject('programsFolder'));
let root = '';

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'podid-boot-'));
  mkdirSync(join(root, 'usr'));
  mkdirSync(join(root, 'etc/systemd/system'), { recursive: true });
});
afterEach(() => rmSync(root, { recursive: true }));

const bootGuard = (node: Host, ...more: readonly string[]) =>
  node.run(process.execPath, agent, 'boot-guard', `--host-root=${root}`, ...more);

/** What systemd does before it starts the kubelet, with the files of the node's root. */
function startKubelet(node: Host): void {
  const folder = join(root, 'etc/systemd/system/kubelet.service.d');
  const lines = readdirSync(folder).flatMap((name) => readFileSync(join(folder, name), 'utf8').split('\n'));
  const [load] = lines.filter((line) => line.startsWith('ExecStartPre='));
  const [command = '', ...args] = (load ?? '').slice('ExecStartPre='.length).split(' ');
  node.run(command, ...args.map((arg) => arg.replace(/^\/etc\//, `${root}/etc/`)));
}

const tablesOf = (node: Host) => node.run('nft', 'list', 'tables').trim();

describe.each(['bridged', 'routed'] as const)('a node with a boot guard and %s pods', (kind) => {
  const options: Partial<NetworkOptions> = { kind };
  beforeEach(() => {
    mkdirSync(join(root, 'usr/sbin'));
    writeFileSync(join(root, 'usr/sbin/nft'), '');
  });

  it('gives no pod a token before its agent has started, then each its own', async () => {
    await inRulesWorld(programs, options, async (world) => {
      const { node } = world.network;
      bootGuard(node);
      expect(tablesOf(node)).toBe('');
      startKubelet(node);
      expect(tablesOf(node)).toBe('table inet podid_boot');
      const drilled = await world.drill(async () => {
        await passing(2500);
        await world.keepRules();
        await world.startAgent();
        await passing(1500);
        // The kubelet starts again, and the agent's rules stand.
        startKubelet(node);
        await passing(500);
      });
      expect(Object.keys(drilled.bound.counts)).toEqual([`token-of-${ownIdentity}`]);
      expect(Object.keys(drilled.unbound.counts)).toEqual(['400']);
      expect(Object.keys(drilled.imds)).toEqual([ownIdentity]);
      expect(drilled.bound.longestWaitMs).toBeGreaterThan(2000);
    });
  });

  it('is as before once guard and rules are removed', async () => {
    await inRulesWorld(programs, options, async (world) => {
      const { node } = world.network;
      bootGuard(node);
      startKubelet(node);
      const kept = await world.keepRules();
      await kept.stop('SIGTERM');
      bootGuard(node, '--remove');
      expect(readdirSync(join(root, 'etc'))).toEqual(['systemd']);
      expect(tablesOf(node)).not.toContain('podid_boot');
      node.run(process.execPath, agent, 'rules', '--remove');
      expect(tablesOf(node)).toBe('');
    });
  });

  it('loses the table of a guard whose files are gone to rules --remove', async () => {
    await inRulesWorld(programs, options, async ({ network: { node } }) => {
      bootGuard(node);
      startKubelet(node);
      node.run(process.execPath, agent, 'rules', '--remove');
      expect(tablesOf(node)).toBe('');
    });
  });
});

describe('the same node without the guard', () => {
  it('hands tokens of its own identities to any pod until the agent has started', async () => {
    await inRulesWorld(programs, {}, async (world) => {
      const drilled = await world.drill(() => passing(1000));
      expect(Object.keys(drilled.unbound.counts).join()).toMatch(/token-of/);
    });
  });
});
