import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AzureSettings } from '../../../src/arm/sign-in/azure-settings.ts';
import { toolSource } from '../../../src/arm/sign-in/tool-sign-in.ts';
import { hintText } from '../../hint-text.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'podid-az-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** A token from an az that is this script. */
async function tokenFrom(script: string) {
  await writeFile(join(folder, 'az'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  const environment = { ...process.env, PATH: `${folder}:${process.env['PATH']}` };
  const source = toolSource({ environment } as unknown as AzureSettings, 'az');
  return await source.make().getToken('https://management.azure.com/.default');
}

describe.skipIf(process.platform === 'win32')('a token from az', () => {
  it('is read behind a byte order mark', async () => {
    const json = JSON.stringify({ accessToken: 'a.b.c', expires_on: 1_800_000_000 });
    expect(await tokenFrom(`printf '\\357\\273\\277%s' '${json}'`)).toMatchObject({ token: 'a.b.c' });
  });

  it('that breaks off in Python is no matter of a new sign-in', async () => {
    const trace = [
      ...['Traceback (most recent call last):', '  File "az.py", line 1, in <module>'],
      "ModuleNotFoundError: No module named 'azure.cli'",
    ];
    const failed = tokenFrom(`cat >&2 <<'E'\n${trace.join('\n')}\nE\nexit 1`);
    await expect(failed).rejects.toMatchObject({
      code: 'NotSignedIn',
      message: "az broke off: ModuleNotFoundError: No module named 'azure.cli'",
      hint: hintText(
        expect.stringMatching(/^See whether az itself works: az account get-access-token .*--auth /),
      ),
    });
  });

  it('that az refuses is one: the hint signs in', async () => {
    const failed = tokenFrom('echo "ERROR: AADSTS700082: The refresh token has expired." >&2; exit 1');
    await expect(failed).rejects.toMatchObject({
      message: expect.stringContaining('az gave no token: AADSTS700082'),
      hint: hintText('az login'),
    });
  });
});
