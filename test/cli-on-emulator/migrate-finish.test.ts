import { describe, expect, it } from 'vitest';
import { migrate, movingWorld, writes } from './moving-worlds.ts';

describe('podid migrate finish on the emulator', () => {
  it('is refused with a list while a workload has pod identity, and changes nothing', async () => {
    await using podid = await movingWorld();
    const { exitCode, stderr } = await migrate(podid, 'finish');
    expect(exitCode).toBe(5);
    expect(stderr).toContain(
      'One workload still has pod identity: Deployment demo/web (planned). Nothing was turned off.',
    );
    expect(writes(podid)).toEqual([]);
  });

  it.each(['statefulsets', 'azureidentitybindings', 'azurepodidentityexceptions'])(
    'is refused where %s could not be read',
    async (resource) => {
      await using podid = await movingWorld();
      podid.emulator.kube.remove('deployments', 'demo', 'web');
      podid.emulator.kube.faults = {
        ...podid.emulator.kube.faults,
        deny: [{ verb: 'list', resource }],
      };
      const { exitCode, stderr } = await migrate(podid, 'finish');
      expect(exitCode, stderr).toBe(6);
      expect(stderr).toContain(resource);
      expect(writes(podid)).toEqual([]);
    },
  );

  it('turns the add-on off when none is left, and names the last step', async () => {
    await using podid = await movingWorld();
    podid.emulator.kube.remove('deployments', 'demo', 'web');
    const asked = await podid.run('migrate finish');
    expect(asked.exitCode).toBe(2);
    const { exitCode, stdout, stderr } = await podid.run('migrate finish --yes -o json');
    expect({ exitCode, ...(JSON.parse(stdout) as object) }).toMatchObject({
      exitCode: 0,
      enabled: false,
      identities: 0,
    });
    expect(stderr).toContain('podid nmi uninstall');
    expect((await podid.run('migrate finish --yes -o json')).exitCode).toBe(0);
  });
});
