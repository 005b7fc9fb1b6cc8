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
});
