import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root } from '../architecture/source-files.ts';
import { everyWay } from '../cli-on-emulator/access-world.ts';

/** What is another each time: the moment, the day, and the name that the emulator gives a role assignment. */
function settled(text: string): string {
  return text
    .replace(/\b\d{4}-\d\d-\d\dT[\d:.]+Z/g, '2026-12-01T08:00:00.000Z')
    .replace(/\b\d{4}-\d\d-\d\d\b/g, '2026-12-01')
    .replace(/(?<=roleAssignments\/)[0-9a-f-]{36}/g, 'ROLE-ASSIGNMENT');
}

describe('the example in docs/access.md', () => {
  it('is what podid prints of a cluster with every way to an identity', async () => {
    await using podid = await everyWay();
    const { stdout } = await podid.run('access -o table');
    const page = await readFile(join(root, 'docs/access.md'), 'utf8');
    const [, example] = /\n```text\n(IDENTITY[\s\S]*?)```\n/.exec(page) ?? [];
    expect(example).toBe(settled(stdout));
  });

  it('is also what podid writes as a page: `vitest -u` writes docs/access-example.html anew', async () => {
    await using podid = await everyWay();
    const { stdout } = await podid.run('access -o html');
    await expect(settled(stdout)).toMatchFileSnapshot(join(root, 'docs/access-example.html'));
  });
});
