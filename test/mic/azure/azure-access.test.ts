import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createAzureAccess } from '../../../src/mic/azure/azure-access.ts';
import { handClock } from '../../domain/time/hand-clock.ts';

const quiet = { debug() {}, info() {}, warn() {}, error() {} };

async function withFile(use: (path: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'podid-azure-json-'));
  try {
    await use(join(folder, 'azure.json'));
  } finally {
    await rm(folder, { recursive: true });
  }
}

function azureJson(clientId: string): string {
  return `{"useManagedIdentityExtension": true, "userAssignedIdentityID": "${clientId}"}`;
}

describe('rule 25: rotated secret unseen', () => {
  it.each([
    ['in place', writeFile],
    [
      'by a rename',
      async (path: string, text: string) => {
        await writeFile(`${path}.new`, text);
        await rename(`${path}.new`, path);
      },
    ],
  ] as const)('a file that was written %s is in use within a minute', async (_how, write) => {
    await withFile(async (file) => {
      await writeFile(file, azureJson('first'));
      const clock = handClock();
      const options = {
        variables: {},
        file,
        userAgent: 'x',
        clock,
        logger: quiet,
        onRequest: () => undefined,
      };
      const azure = await createAzureAccess(options);
      const stop = new AbortController();
      const running = azure.run(stop.signal);
      expect(azure.ownClientIds).toEqual(['first']);
      await write(file, azureJson('second'));
      await clock.advance(60_000);
      await expect.poll(() => azure.ownClientIds).toEqual(['second']);
      // What cannot be used leaves what is in use.
      await write(file, '{');
      await clock.advance(60_000);
      expect(azure.ownClientIds).toEqual(['second']);
      stop.abort();
      await running;
    });
  });

  it('begins with nothing that cannot be used, and quotes none of it', async () => {
    await withFile(async (file) => {
      await writeFile(file, 'aadClientSecret: "geheim\n');
      const options = {
        variables: {},
        file,
        userAgent: 'x',
        clock: handClock(),
        logger: quiet,
        onRequest: () => undefined,
      };
      const failure = await createAzureAccess(options).catch((error: unknown) => String(error));
      expect(failure).toContain('azure.json is neither JSON nor YAML');
      expect(failure).not.toContain('geheim');
    });
  });
});
