import { describe, expect, it } from 'vitest';
import { noImageText } from '../../src/domain/kubernetes/agent-image.ts';
import { emulatedPodid } from './emulated-podid.ts';

const image = ['--set', 'podid.image.repository=registry.example.net/podid'];

describe("podid nmi on the emulator's own agent", () => {
  it.each([
    [['install', ...image, '--dry-run'], /DaemonSet/],
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
    const installed = await podid.run([
      'nmi',
      'install',
      ...image,
      '--set',
      'operationMode=standard',
      '--yes',
    ]);
    expect(installed.exitCode, installed.stderr).toBe(7);
    expect(installed.stderr).toContain(
      'The agent is installed, and no pod of it is started: The nodes of the emulator run no pods.',
    );
    const again = await podid.run(['nmi', 'uninstall', '--yes']);
    expect(again.exitCode, again.stderr).toBe(7);
    expect(again.stderr).toContain('Removing Deployment podid-mic');
  });

  it('installs nothing while nobody has named an image, and says what to set', async () => {
    await using podid = await emulatedPodid();
    const before = podid.emulator.requests.length;
    const ran = await podid.run(['nmi', 'install', '--set', 'podid.image.repository=']);
    expect(ran.exitCode).toBe(2);
    expect(ran.stderr).toContain(`podid: ${noImageText}\n`);
    expect(podid.emulator.requests).toHaveLength(before);
  });
});
