import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runTool } from '../../../src/arm/sign-in/run-tool.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'podid-tool-'));
  await writeFile(join(folder, 'az'), '#!/bin/sh\necho "$# $*"; pwd; exit 3\n', { mode: 0o755 });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('az, run for what it prints', () => {
  it.each(['linux', 'win32'] as const)(
    'gets its words, in a folder of nobody else, on %s, and Node warns of nothing',
    async (platform) => {
      const warnings: Error[] = [];
      const hear = (warning: Error) => warnings.push(warning);
      process.on('warning', hear);
      const environment = { PATH: `${folder}:${process.env['PATH']}`, SystemRoot: '/usr' };
      const words = ['account', 'get-access-token', '--output', 'json'];
      const ended = await runTool('az', words, {
        environment,
        timeoutMs: 30_000,
        signal: undefined,
        platform,
      });
      await new Promise((resolve) => setImmediate(resolve));
      process.off('warning', hear);
      expect(ended).toMatchObject({ how: 'exited', exitCode: 3 });
      const itsFolder = platform === 'win32' ? '/usr' : '/';
      expect(ended.stdout).toBe(`4 account get-access-token --output json\n${itsFolder}\n`);
      expect(warnings).toEqual([]);
    },
  );
});
