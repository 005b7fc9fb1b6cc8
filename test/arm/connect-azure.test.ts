import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { connectAzure } from '../../src/arm/connect-azure.ts';
import type { Azure } from '../../src/domain/ports.ts';
import { hintText } from '../hint-text.ts';
import { instantClock, json, serveArm } from './arm-server.ts';

const id = { subscriptionId: '00000000-0000-0000-0000-000000000001', resourceGroup: 'demo', name: 'web' };
const signal = new AbortController().signal;

describe('a loopback endpoint', () => {
  it('where nothing listens is reported at once, with its address and what makes it listen', async () => {
    const url = `http://127.0.0.1:${await closedPort()}`;
    const slept: number[] = [];
    const azure = await connect({ PODID_ARM_ENDPOINT: url, PODID_ARM_TOKEN: 't' }, (ms) => slept.push(ms));
    await expect(azure.clusters.get(id, signal)).rejects.toMatchObject({
      code: 'Unavailable',
      message: `Nothing listens at PODID_ARM_ENDPOINT (${url}).`,
      hint: hintText(expect.stringMatching(/^podid emulator --write-env demo\.env .*\. \.\/demo\.env$/)),
    });
    expect(slept).toEqual([]);
  });

  it('that refuses PODID_ARM_TOKEN is reported with the variable', async () => {
    const refusal = json(401, { error: { code: 'InvalidAuthenticationToken', message: 'No.' } });
    const server = await serveArm(refusal, refusal);
    try {
      const azure = await server.azure();
      await expect(azure.clusters.get(id, signal)).rejects.toMatchObject({
        code: 'NotSignedIn',
        hint: hintText(expect.stringMatching(/^\. \.\/demo\.env .*PODID_ARM_TOKEN/)),
      });
    } finally {
      await server.close();
    }
  });

  it('without PODID_ARM_TOKEN is reported with the variable, and each reason once', async () => {
    const azure = await connect({ PODID_ARM_ENDPOINT: 'http://127.0.0.1:9', PATH: '' });
    const error = await azure.clusters.get(id, signal).catch((thrown) => thrown);
    expect(error).toMatchObject({ code: 'NotSignedIn', message: 'No sign-in to Azure was found.' });
    expect(String(error.hint)).toMatch(/PODID_ARM_TOKEN/);
    expect(error.details.map(({ code }: { code: string }) => code)).toEqual([
      'environment',
      'workload identity',
      'Azure Pipelines',
      'az',
      'azd',
    ]);
  });
});

describe('without a sign-in to Azure', () => {
  it('az login is the way where there is az', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'podid-az-'));
    try {
      await writeFile(join(folder, 'az'), '#!/bin/sh\nexit 1\n');
      await chmod(join(folder, 'az'), 0o755);
      expect(await hintWith(folder)).toBe('az login');
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('the variables of a service principal are the way where there is none', async () => {
    expect(await hintWith('')).toMatch(
      /^export AZURE_TENANT_ID=TENANT AZURE_CLIENT_ID=APPLICATION AZURE_CLIENT_SECRET=SECRET {2}#/,
    );
  });
});

describe('what is not there', () => {
  it.each([
    ['ResourceNotFound', `podid cluster list --subscription ${id.subscriptionId}`],
    ['ResourceGroupNotFound', `podid cluster list --subscription ${id.subscriptionId}`],
    ['SubscriptionNotFound', 'az account list -o table'],
  ])('is a cluster (%s) with the command that lists those that are', async (code, hint) => {
    const server = await serveArm(json(404, { error: { code, message: 'No.' } }));
    try {
      const azure = await server.azure();
      await expect(azure.clusters.get(id, signal)).rejects.toMatchObject({
        code: 'ClusterNotFound',
        hint: hintText(hint),
      });
    } finally {
      await server.close();
    }
  });

  it.each([
    ['ResourceNotFound', 'podid identity list -g shop --subscription s1'],
    ['ResourceGroupNotFound', 'az group list --subscription s1 -o table'],
  ])('is an identity (%s) with the command that lists those that are', async (code, hint) => {
    const server = await serveArm(json(404, { error: { code, message: 'No.' } }));
    const resourceId =
      '/subscriptions/s1/resourceGroups/shop/providers/Microsoft.ManagedIdentity/userAssignedIdentities/web';
    try {
      const azure = await server.azure();
      await expect(azure.identities.get(resourceId, signal)).rejects.toMatchObject({
        code: 'IdentityNotFound',
        hint: hintText(hint),
      });
    } finally {
      await server.close();
    }
  });
});

function connect(
  environment: Record<string, string>,
  slept: (ms: number) => void = () => undefined,
): Promise<Azure> {
  const clock = { ...instantClock, sleep: async (ms: number) => slept(ms) };
  // Long pauses between tries: a test that waited for one would run into its time limit.
  const readRetries = { count: 3, firstMs: 600_000 };
  return connectAzure({ environment, clock, userAgent: 'podid/0.0.0-test', readRetries });
}

/**
 * What is typed next where nothing at all is signed in; `AZURE_CONFIG_DIR` keeps the test off this machine's
 * own az.
 */
async function hintWith(path: string): Promise<string> {
  const before = process.env['PATH'];
  process.env['PATH'] = path;
  try {
    const azure = await connect({ PATH: path, AZURE_CONFIG_DIR: '/nonexistent' });
    const error = await azure.clusters.get(id, signal).catch((thrown) => thrown);
    return String(error.hint);
  } finally {
    process.env['PATH'] = before;
  }
}

async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}
