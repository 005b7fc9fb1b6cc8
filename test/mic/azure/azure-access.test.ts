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

  it('a file that is not there is named in words', async () => {
    const failure = createAzureAccess({
      variables: {},
      file: '/nope/azure.json',
      userAgent: 'x',
      clock: handClock(),
      logger: quiet,
      onRequest: () => undefined,
    });
    await expect(failure).rejects.toMatchObject({
      message: '/nope/azure.json cannot be read: there is no such file or folder.',
    });
  });

  it.each<[string, string | Buffer, string]>([
    ['half of YAML', 'aadClientSecret: "geheim\n', 'is neither JSON nor YAML'],
    ['nothing', '', 'is neither JSON nor YAML'],
    ['a list', '["geheim"]', 'is neither JSON nor YAML'],
    ['a word', 'geheim', 'is neither JSON nor YAML'],
    ['two documents', 'aadClientSecret: geheim\n---\nb: 1\n', 'is neither JSON nor YAML'],
    ['a list in a hundred thousand lists', '['.repeat(100_000), 'is neither JSON nor YAML'],
    [
      'aliases of aliases',
      `a0: &a0 geheim\n${Array.from({ length: 30 }, (_, at) => `a${at + 1}: &a${at + 1} [*a${at}, *a${at}, *a${at}, *a${at}]`).join('\n')}\n`,
      'is neither JSON nor YAML',
    ],
    ['bytes', Buffer.from([0xff, 0xfe, 0x00, 0xd8, 0x41]), 'is neither JSON nor YAML'],
    ['members of other types', '{"aadClientId": 7, "aadClientSecret": {"a": "geheim"}}', 'names nobody'],
    ['another cloud', '{"cloud": "Geheim"}', 'The cloud'],
  ])(
    'begins with no file that cannot be used, and quotes no secret of it: %s',
    async (_what, text, words) => {
      await withFile(async (file) => {
        await writeFile(file, text);
        const options = {
          variables: {},
          file,
          userAgent: 'x',
          clock: handClock(),
          logger: quiet,
          onRequest: () => undefined,
        };
        const failure = await createAzureAccess(options).catch((error: unknown) => error);
        expect(failure).toMatchObject({ code: 'InvalidUsage' });
        expect(String(failure)).toContain(words);
        expect(`${failure} ${(failure as PodidError).hint}`).not.toContain('geheim');
      });
    },
  );
});

describe('an authority that no sign-in can be sent to', () => {
  const secret = { TENANT_ID: 't', CLIENT_ID: 'c', CLIENT_SECRET: 'geheim' };
  const federated = { AZURE_TENANT_ID: 't', AZURE_CLIENT_ID: 'c', AZURE_FEDERATED_TOKEN_FILE: '/token' };
  const start = (variables: Readonly<Record<string, string>>) =>
    createAzureAccess({
      variables,
      file: '',
      userAgent: 'x',
      clock: handClock(),
      logger: quiet,
      onRequest: () => undefined,
    });

  it.each([
    ['a client secret', secret, 'http://login.example.test'],
    ['a client secret', secret, 'login.example.test'],
    ['a federated token', federated, 'http://login.example.test'],
  ])('ends the start with %s: its name, its value and the rule', async (_what, variables, host) => {
    const error = await start({ ...variables, AZURE_AUTHORITY_HOST: host }).catch(
      (caught: unknown) => caught,
    );
    expect(error).toMatchObject({
      code: 'InvalidUsage',
      message: `AZURE_AUTHORITY_HOST must begin with https://, and is "${host}".`,
    });
    expect(String((error as PodidError).hint)).toMatch(/^unset AZURE_AUTHORITY_HOST /);
  });

  it('is nothing to a managed identity, nor to the token of an emulator', async () => {
    const AZURE_AUTHORITY_HOST = 'http://127.0.0.1:8080';
    await start({ USE_MSI: 'true', AZURE_AUTHORITY_HOST });
    await start({
      ...secret,
      AZURE_AUTHORITY_HOST,
      PODID_ARM_TOKEN: 't',
      PODID_ARM_ENDPOINT: AZURE_AUTHORITY_HOST,
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
