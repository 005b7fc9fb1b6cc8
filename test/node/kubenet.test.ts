import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import { programsIn } from './bundled-programs.ts';
import { type GuardWorld, inGuardWorld } from './guard-world.ts';
import { imdsToken, requestFrom } from './one-request.ts';

const programs = programsIn(inject('programsFolder'));

describe('on a node whose kubelet says kubenet', () => {
  it('the agent in one process answers, since the guard is its own', async () => {
    await inGuardWorld(programs, { others: 0 }, async (world) => {
      const agent = await world.startAgent({ extra: [kubenet(world)] });
      expect(agent.lines.join('\n')).toContain('its address guard is verified');
      expect(await ask(world)).toMatchObject({ status: 200 });
    });
  });

  it('the server answers nobody until the keeper of the rules has read the guard back, and says why', async () => {
    await inGuardWorld(programs, { others: 0 }, async (world) => {
      const { node } = world.network;
      const extra = [kubenet(world), '--hold-sec=1'];
      const serve = await world.startAgent({ word: 'serve', extra, wait: false });
      await world.ready('/healthz');
      const direct = 'http://127.0.0.1:2579/metadata/instance?api-version=2021-02-01';
      const asked = ['curl', '-s', '-m', '10', '-H', 'Metadata: true', '-w', '\n%{http_code}'] as const;
      expect(node.run(...asked, direct)).toMatch(/address guard of this node is not in place.*\n503$/s);
      expect(node.run(...asked, 'http://127.0.0.1:8085/readyz')).toMatch(
        /kubenet, and the address guard has not been verified.*\n503$/s,
      );
      await world.startAgent({ word: 'rules' });
      await world.ready();
      expect(serve.lines.join('\n')).toContain('its address guard is verified');
      expect(await ask(world)).toMatchObject({ status: 200 });
    });
  });

  it('the server answers nobody where the guard is switched off', async () => {
    await inGuardWorld(programs, { others: 0 }, async (world) => {
      await world.startAgent({ word: 'rules', extra: ['--address-guard=off'] });
      const serve = await world.startAgent({ word: 'serve', extra: [kubenet(world)], wait: false });
      await serve.line(/--address-guard=off/);
      expect(await ask(world)).toMatchObject({ status: 503 });
    });
  });

  it('the agent does not start where no guard can come', async () => {
    await inGuardWorld(programs, { others: 0 }, async (world) => {
      const extra = [kubenet(world), '--address-guard=off'];
      const agent = await world.startAgent({ extra, wait: false });
      expect(await agent.ended).toBe(5);
      expect(agent.lines.join('\n')).toContain('hint: Keep the guard');
    });
  });
});

function kubenet({ folder }: GuardWorld): string {
  const path = join(folder, 'kubelet');
  writeFileSync(path, 'KUBELET_FLAGS=--network-plugin=kubenet\n');
  return `--kubelet-config=${path}`;
}

function ask({ bound }: GuardWorld) {
  return requestFrom(bound, programs, imdsToken, { waitMs: 15_000 });
}
