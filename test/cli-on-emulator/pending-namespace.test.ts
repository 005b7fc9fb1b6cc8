import { describe, expect, it } from 'vitest';
import { emulatedPodid, identityId } from './emulated-podid.ts';

describe('an entry whose namespace does not exist yet (docs/mirror.md)', () => {
  it('is there for podid add, and makes podid mirror end with 7 until the namespace is', async () => {
    await using podid = await emulatedPodid();
    const add = `add --namespace later --name web --identity-resource-id ${identityId('web')} --poll-interval 10ms`;
    expect((await podid.run(add)).exitCode).toBe(0);
    expect((await podid.run(`${add} --require-mirror`)).exitCode).toBe(7);
    const before = await podid.run('mirror');
    expect(before.exitCode).toBe(7);
    expect(JSON.parse(before.stdout).objects.map(({ action }: { action: string }) => action)).toContain(
      'pending',
    );
    podid.emulator.seed({
      kubernetes: [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'later' } }] as never,
    });
    expect((await podid.run('mirror')).exitCode).toBe(0);
  });
});
