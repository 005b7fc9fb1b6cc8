import { describe, expect, it } from 'vitest';
import { replaceFile } from '../../src/terminal/replace-file.ts';

/** Refuses as often as there are codes. */
function refusing(...codes: string[]) {
  const moved: string[] = [];
  const move = async (from: unknown, to: unknown) => {
    moved.push(`${from} ${to}`);
    const code = codes.shift();
    if (code !== undefined) {
      throw Object.assign(new Error(code), { code });
    }
  };
  return { move, moved };
}

describe('a file that takes the place of another', () => {
  it.each(['EPERM', 'EACCES', 'EBUSY'])('is moved again where Windows answers %s', async (code) => {
    const { move, moved } = refusing(code, code);
    await replaceFile('fresh', 'old', { move, platform: 'win32' });
    expect(moved).toEqual(['fresh old', 'fresh old', 'fresh old']);
  });

  it.each([
    ['win32', 'ENOSPC'],
    ['linux', 'EACCES'],
    ['darwin', 'EPERM'],
  ] as const)('is moved once on %s with %s', async (platform, code) => {
    const { move, moved } = refusing(code);
    await expect(replaceFile('fresh', 'old', { move, platform })).rejects.toMatchObject({ code });
    expect(moved).toHaveLength(1);
  });

  it('is given up where it stays open', async () => {
    const { move, moved } = refusing(...Array(20).fill('EBUSY'));
    await expect(replaceFile('fresh', 'old', { move, platform: 'win32' })).rejects.toMatchObject({
      code: 'EBUSY',
    });
    expect(moved).toHaveLength(8);
  });
});
