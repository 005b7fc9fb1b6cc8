import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import type { PodidError } from '../../../src/errors/podid-error.ts';
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

/** An NMI that holds whatever it is asked, as upstream's does for minutes. */
async function silentNmi() {
  let heard = () => {};
  const asked = new Promise<void>((resolve) => {
    heard = resolve;
  });
  const server = createServer(() => heard());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

describe('rule 24: MIC waits for its own NMI', () => {
  const group = { kind: 'vmss', subscriptionId: 's', resourceGroup: 'g' } as const;

  it('a managed identity that gives no token is given up after ten seconds, and says which exception is missing', async () => {
    await using nmi = await silentNmi();
    vi.stubEnv('AZURE_POD_IDENTITY_AUTHORITY_HOST', nmi.url);
    const clock = handClock();
    const said: unknown[] = [];
    const azure = await createAzureAccess({
      variables: { USE_MSI: 'true' },
      file: '',
      userAgent: 'x',
      clock,
      logger: { ...quiet, warn: (facts) => void said.push(facts) },
      onRequest: () => undefined,
    });
    const leave = new AbortController();
    const failure = azure.list(group, leave.signal).catch((error: unknown) => error);
    await nmi.asked;
    await clock.advance(9_999);
    expect(azure.trouble).toBeUndefined();
    await clock.advance(1);
    const error = await failure;
    expect(error).toMatchObject({ code: 'Unavailable' });
    expect(String((error as PodidError).hint)).toContain('AzurePodIdentityException');
    expect(azure.trouble).toBe('The managed identity gave no token within 10 s.');
    expect(said).toEqual([{ error: azure.trouble }]);
    // The next one that asks is told no later.
    const again = azure.list(group, leave.signal).catch((error: unknown) => error);
    await clock.advance(10_000);
    expect(await again).toMatchObject({ code: 'Unavailable' });
    expect(said).toHaveLength(1);
    leave.abort();
  });
});
