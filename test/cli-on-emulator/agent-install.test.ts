import { describe, expect, it } from 'vitest';
import { emulatedPodid } from './emulated-podid.ts';

describe("podid nmi on the emulator's own agent", () => {
  it.each([
    [['install', '--dry-run'], /DaemonSet/],
    [['uninstall', '--dry-run'], /DaemonSet/],
  ])('takes %j', async (words, said) => {
    await using podid = await emulatedPodid();
    const ran = await podid.run(['nmi', ...words]);
    expect(ran.stderr).not.toContain('not written by podid');
    expect(ran.exitCode, ran.stderr).toBe(0);
    expect(`${ran.stdout}${ran.stderr}`).toMatch(said);
  });

  it('waits for no pods, of which the emulator runs none, and says so', async () => {
    await using podid = await emulatedPodid({ scenario: 'standard-mode' });
    const removed = await podid.run(['nmi', 'uninstall', '--yes']);
    expect(removed.exitCode, removed.stderr).toBe(7);
    expect(removed.stderr).toContain('3 of 3 nodes may still hold rules');
    expect(removed.stderr).toContain('(The nodes of the emulator run no pods)');
    const installed = await podid.run(['nmi', 'install', '--set', 'operationMode=standard', '--yes']);
    expect(installed.exitCode, installed.stderr).toBe(7);
    expect(installed.stderr).toContain(
      'The agent is installed, and no pod of it is started: The nodes of the emulator run no pods.',
    );
    const again = await podid.run(['nmi', 'uninstall', '--yes']);
    expect(again.exitCode, again.stderr).toBe(7);
    expect(again.stderr).toContain('Removing Deployment podid-mic');
  });
});
