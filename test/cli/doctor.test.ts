import { describe, expect, it } from 'vitest';
import { emulatedPodid } from './emulated-podid.ts';

describe('a healthy world', () => {
  it.each([
    'doctor',
    'doctor --namespace demo',
    'doctor --namespace demo --pod web-1',
    'doctor --namespace demo --deployment web',
  ])('passes every check of "%s"', async (line) => {
    await using podid = await emulatedPodid({ scenario: 'in-use' });
    const { stdout, stderr, exitCode } = await podid.run(line);
    expect(exitCode).toBe(0);
  });
});
