import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { strFromU8, unzipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { programsIn } from '../node/bundled-programs.ts';
import { measured } from './measured.ts';
import { type OneNode, startOneNode } from './one-node.ts';
import { rulesOf } from './rules-of.ts';

const checkout = join(import.meta.dirname, '../..');

const ownImage = '--set podid.image.repository=docker.io/podid/podid,podid.image.tag=test';

describe('podid nmi, on a real node', () => {
  const programs = programsIn(inject('programsFolder'));
  let cluster: OneNode;
  let rulesBefore: string;
  beforeAll(async () => {
    cluster = await startOneNode(programs);
    cluster.importImage(inject('image').file);
    rulesBefore = rulesOf(cluster);
  });
  afterAll(async () => {
    await cluster?.stop();
  });

  /** The API server is reached from the node alone. */
  const run = (line: string) => {
    const begunMs = Date.now();
    const words = [...line.split(' '), '--kubeconfig', cluster.kubeconfig];
    const stdout = cluster.onNode(process.execPath, join(checkout, 'bin/podid.js'), ...words);
    measured(`podid ${line.split(' --')[0]}`, `${((Date.now() - begunMs) / 1000).toFixed(1)} s`);
    return JSON.parse(stdout);
  };

  it('installs the agent, and waits until it is ready', () => {
    const { nodes } = run(`nmi install --timeout 2m ${ownImage}`);
    expect(nodes).toMatchObject([{ ready: true }]);
  });

  it('shows what the agent says of itself, and proves it by a pod', () => {
    const { installed, mode, nodes } = run('nmi status --probe');
    expect({ installed, mode }).toEqual({ installed: true, mode: 'managed' });
    expect(nodes).toMatchObject([
      {
        ready: true,
        rules: 'verified',
        addressGuard: 'active',
        identities: expect.objectContaining({ exchange: 0, unusable: 0 }),
        exchange: 'no-token',
        exchangeFailure: '',
        version: expect.stringMatching(/^\d/),
        otherAgents: [],
        probe: 'agent',
      },
    ]);
  });

  it('collects the rules as the kernel has them, and no token', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'collect-'));
    const file = join(folder, 'bundle.zip');
    const { agents, unread } = run(`nmi collect --out ${file}`);
    expect({ agents, unread }).toEqual({ agents: 1, unread: [] });
    const files = Object.entries(unzipSync(await readFile(file)));
    await rm(folder, { recursive: true });
    const texts = files.map(([path, bytes]) => ({ path, text: strFromU8(bytes) }));
    const rules = texts.filter(({ path }) => path.endsWith('/rules.txt')).map(({ text }) => text);
    expect(rules).toHaveLength(1);
    expect(withoutCounters(rules[0] ?? '')).toContain(withoutCounters(redirectOf(cluster)));
    expect(rules[0]).toContain('table bridge podid_guard {');
    expect(rules[0]).toContain('blackhole');
    expect(
      texts.filter(({ text }) => /eyJ[\w-]{5,}\.|access_token"?\s*[:=]\s*"?[\w-]{8}/.test(text)),
    ).toEqual([]);
  });

  it('shows it also where the metrics are closed to the network, by way of the kubelet', () => {
    run(`nmi install --timeout 2m ${ownImage} --set podid.serveArgs={--metrics-address=127.0.0.1}`);
    const { nodes } = run('nmi status');
    expect(nodes).toMatchObject([{ ready: true, rules: 'verified', addressGuard: 'active' }]);
  });

  it('has a token to exchange with podid.exchange.enabled, which the container that serves can read', () => {
    run(`nmi install --timeout 2m ${ownImage} --set podid.exchange.enabled=true`);
    const { nodes } = run('nmi status');
    expect(nodes).toMatchObject([{ ready: true, exchange: 'ready', exchangeFailure: '' }]);
  });

  it('leaves nothing on the node', () => {
    const { nodes } = run('nmi uninstall --yes --timeout 2m');
    expect(nodes).toMatchObject([{ clean: true }]);
    expect(rulesOf(cluster)).toBe(rulesBefore);
    expect(cluster.kubectl('get', 'daemonsets', '-A', '-o', 'name')).toBe('');
  });
});

function redirectOf(cluster: OneNode): string {
  return cluster.onNode('nft', 'list', 'table', 'inet', 'podid').trim();
}

/** Nor with what packets put into the sets. */
function withoutCounters(listing: string): string {
  return listing.replace(/packets \d+ bytes \d+/g, '').replace(/^\t\telements = [^}]*}\n/gm, '');
}
