import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nmiSettings } from '../../../../src/nmi/nmi-settings.ts';
import { createKubenetGate, needsAddressGuard } from '../../../../src/nmi/rules/guard/kubenet-gate.ts';
import type { Heartbeat } from '../../../../src/nmi/rules/heartbeat.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'podid-kubelet-'));
  writeFileSync(join(folder, 'kubenet'), 'KUBELET_FLAGS=--foo=1 --network-plugin=kubenet --bar\n');
  mkdirSync(join(folder, 'unreadable'));
  writeFileSync(join(folder, 'other'), 'KUBELET_FLAGS=--foo=1\n');
});
afterAll(() => rmSync(folder, { recursive: true }));

const said: string[] = [];
const say = (_facts: object, message: string) => void said.push(message);
const logger = { debug: say, info: say, warn: say, error: say };
const needs = (file: string, ...words: readonly string[]) =>
  needsAddressGuard(
    nmiSettings([...words, '--node=n', `--kubelet-config=${join(folder, file)}`], {}),
    logger,
  );

describe('on kubenet the agent', () => {
  it('waits for the address guard, in one process or in two', async () => {
    expect(await needs('kubenet')).toBe(true);
    expect(await needs('kubenet', 'serve', '--heartbeat-file=/run/h')).toBe(true);
  });

  it('refuses to start where no guard can come', async () => {
    const refused = { code: 'KubenetConsentMissing' };
    await expect(needs('kubenet', 'serve')).rejects.toMatchObject(refused);
    await expect(needs('kubenet', '--address-guard=off')).rejects.toMatchObject(refused);
  });

  it('asks for no guard with consent, nor on any other node', async () => {
    expect(await needs('kubenet', '--allow-network-plugin-kubenet')).toBe(false);
    expect(await needs('other', 'serve')).toBe(false);
    expect(await needs('missing', 'serve')).toBe(false);
  });
});

describe('where the flags of the kubelet are there and cannot be read', () => {
  it('the agent waits for the address guard, or for a word that the pods are routed', async () => {
    expect(await needs('unreadable', 'serve', '--heartbeat-file=/run/h')).toBe(true);
    await expect(needs('unreadable', 'serve')).rejects.toMatchObject({ code: 'KubenetConsentMissing' });
    expect(await needs('unreadable', '--allow-network-plugin-kubenet')).toBe(false);
  });
});

describe('the gate', () => {
  const heartbeat = (active: boolean, why?: string) =>
    ({ guard: { active, pods: 1, unknown: 0, putBack: 0, packets: {}, ...(why && { why }) } }) as Heartbeat;
  const gateOn = (rules: { latest: Heartbeat | undefined; isFresh: boolean }, needed = true) => {
    const gate = createKubenetGate(rules, { needed, logger });
    gate.look();
    return gate;
  };

  it('opens on a fresh word that the guard was read back, and on nothing less', () => {
    for (const rules of [
      { latest: undefined, isFresh: false },
      { latest: heartbeat(true), isFresh: false },
      { latest: heartbeat(false, 'It is switched off.'), isFresh: true },
    ]) {
      const gate = gateOn(rules);
      expect(gate.answer()).toMatchObject({ status: 503, reason: 'no-address-guard', retryAfterSec: 5 });
      expect(gate.whyClosed()).toContain(rules.latest?.guard.why ?? 'kubenet');
      expect(gate.whyClosed()).toContain('podid policy kubenet');
    }
    const gate = gateOn({ latest: heartbeat(true), isFresh: true });
    expect([gate.answer(), gate.whyClosed()]).toEqual([undefined, undefined]);
    expect(said.at(-1)).toContain('is verified');
  });

  it('stays open when the keeper falls silent, and closes when it says that the guard is gone', () => {
    const rules = { latest: heartbeat(true), isFresh: true };
    const gate = gateOn(rules);
    rules.isFresh = false;
    gate.look();
    expect(gate.answer()).toBeUndefined();
    Object.assign(rules, { latest: heartbeat(false, 'It could not be written.'), isFresh: true });
    gate.look();
    expect(gate.whyClosed()).toContain('could not be written');
    Object.assign(rules, { latest: heartbeat(true), isFresh: false });
    gate.look();
    expect(gate.answer()).toBeDefined();
  });

  it('opens where the keeper says that no pod is on a bridge', () => {
    const routed = heartbeat(false, 'The pods are routed.');
    Object.assign(routed.guard, { routed: true });
    expect(gateOn({ latest: routed, isFresh: false }).answer()).toBeDefined();
    expect(gateOn({ latest: routed, isFresh: true }).answer()).toBeUndefined();
  });

  it('is open where no guard is needed', () => {
    expect(gateOn({ latest: undefined, isFresh: false }, false).answer()).toBeUndefined();
  });
});
