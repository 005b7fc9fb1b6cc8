import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type EmulatedPodid, emulatedPodid, identityId } from './emulated-podid.ts';

let podid: EmulatedPodid;
beforeAll(async () => {
  podid = await emulatedPodid();
});
afterAll(() => podid[Symbol.asyncDispose]());
afterEach(() => podid.emulator.faults.clear());

const add = `add --namespace demo --name web --identity-resource-id ${identityId('web')}`;
const subnet =
  '/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/net/providers/Microsoft.Network/virtualNetworks/v/subnets/s';

async function refused(
  error: { readonly code: string; readonly message: string },
  status: number,
  times = 99,
) {
  podid.emulator.faults.set([
    { match: { operation: 'clusters.put', times }, effect: { status, body: { error } } },
  ]);
  const ran = await podid.run([...add.split(' '), '-o', 'json']);
  return {
    ...ran,
    error: ran.exitCode === 0 ? undefined : JSON.parse(ran.stderr.trim().split('\n').at(-1) ?? ''),
  };
}

describe('what Azure refuses', () => {
  it.each<[string, number, { code: string; message: string }, number, string[], string]>([
    [
      'the right itself',
      403,
      {
        code: 'AuthorizationFailed',
        message:
          "The client 'x' with object id 'y' does not have authorization to perform action 'Microsoft.ContainerService/managedClusters/write' over scope '/subscriptions/s' or the scope is invalid.",
      },
      6,
      ['Microsoft.ContainerService/managedClusters/write is missing on /subscriptions/s.'],
      'Ask an owner for a role that allows Microsoft.ContainerService/managedClusters/write on /subscriptions/s.',
    ],
    [
      'a right on what the cluster is linked to',
      403,
      {
        code: 'LinkedAuthorizationFailed',
        message: `The client 'x' has permission to perform action 'Microsoft.ContainerService/managedClusters/write' on scope '/subscriptions/s'; however, it does not have permission to perform action(s) 'Microsoft.Network/virtualNetworks/subnets/join/action' on the linked scope(s) '${subnet}' or the linked scope(s) are invalid.`,
      },
      6,
      [`Microsoft.Network/virtualNetworks/subnets/join/action is missing on ${subnet}.`],
      `Have an owner give it: az role assignment create --role 'Network Contributor' --scope ${subnet} --assignee PRINCIPAL`,
    ],
    [
      'another right than the one that podid expects',
      403,
      {
        code: 'AuthorizationFailed',
        message:
          "The client 'x' does not have authorization to perform action 'Microsoft.Insights/dataCollectionRules/read' over scope '/subscriptions/t'.",
      },
      6,
      ['Microsoft.Insights/dataCollectionRules/read is missing on /subscriptions/t.'],
      'Ask an owner for a role that allows Microsoft.Insights/dataCollectionRules/read on /subscriptions/t.',
    ],
    [
      'something that podid has no word for',
      403,
      { code: 'DenyAssignmentAuthorizationFailed', message: 'A deny assignment is in the way.' },
      6,
      ['may not change AKS cluster demo: A deny assignment is in the way.'],
      'Do what Azure names.',
    ],
    [
      'by a policy',
      403,
      { code: 'RequestDisallowedByPolicy', message: "Resource 'demo' was disallowed by policy." },
      5,
      ['A policy does not let you change AKS cluster demo: '],
      'Ask whoever owns the Azure Policy',
    ],
    [
      'by no policy',
      403,
      { code: 'RequestDisallowedByAzure', message: 'The region does not take new customers.' },
      5,
      ['Azure refused to change AKS cluster demo: '],
      'Do what Azure names; a role does not help.',
    ],
  ])('%s is told in its own sentence', async (_, status, error, exitCode, parts, hint) => {
    const ran = await refused(error, status);
    expect(ran).toMatchObject({ exitCode, error: { hint: expect.stringContaining(hint) } });
    for (const part of [...parts, error.message, error.code]) {
      expect(ran.error.message).toContain(part);
    }
    if (!error.code.includes('Policy')) {
      expect(ran.error.message).not.toContain('policy');
    }
  });

  const autoscaled = {
    code: 'InvalidParameter',
    message: 'Cannot manually scale AgentPool when autoscaling is enabled.',
  };

  it('because the autoscaler moved a pool is read and written once more', async () => {
    const before = podid.count('clusters.put');
    expect(await refused(autoscaled, 400, 1)).toMatchObject({ exitCode: 0 });
    expect(podid.count('clusters.put') - before).toBe(2);
    expect((await podid.run('delete --namespace demo --name web')).exitCode).toBe(0);
  });

  it('again and again for the autoscaler is not repeated without end', async () => {
    const ran = await refused(autoscaled, 400);
    expect(ran).toMatchObject({ exitCode: 5, error: { code: 'StaleCluster' } });
    expect(ran.error.message).toContain(autoscaled.message);
  });
});

describe('a stronger sign-in', () => {
  const claims = Buffer.from('{"access_token":{"acrs":{"essential":true,"value":"c1"}}}').toString('base64');
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'podid-claims-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  /** An az whose account is a person, or that was signed in as an application. */
  async function azOf(account: 'a person' | 'an application'): Promise<void> {
    const { armToken, world } = podid.emulator;
    const person = { tid: world.tenantId, oid: 'o', upn: 'anna@contoso.com', idtyp: 'user' };
    const payload = Buffer.from(JSON.stringify(person)).toString('base64url');
    const token = account === 'a person' ? `eyJhbGciOiJub25lIn0.${payload}.c2ln` : armToken;
    const script = `#!/bin/sh\necho '{"accessToken": "${token}", "expires_on": 4102444800}'\n`;
    await writeFile(join(folder, 'az'), script);
    await chmod(join(folder, 'az'), 0o755);
  }

  const message = 'The resource requires a stronger authentication.';
  const code = 'RequestDisallowedByConditionalAccess';
  const sentence = `${message} (${code})`;

  async function challenged(operation: string, challenge: string) {
    const effect = {
      status: 401,
      headers: { 'www-authenticate': challenge },
      body: { error: { code, message } },
    };
    podid.emulator.faults.set([{ match: { operation }, effect }]);
    const ran = await podid.run([...add.split(' '), '-o', 'json'], {
      PODID_ARM_TOKEN: '',
      AZURE_CLIENT_SECRET: '',
      PATH: folder,
      HOME: folder,
      AZURE_CONFIG_DIR: folder,
    });
    const error = JSON.parse(ran.stderr.trim().split('\n').at(-1) ?? '');
    return { exit: ran.exitCode, message: error.message, hint: error.hint };
  }

  it.each([
    ['quoted', `Bearer realm="", error="insufficient_claims", claims="${claims}"`],
    ['unquoted', `Bearer error="insufficient_claims", claims=${claims}`],
    ['first', `Bearer claims="${claims}", error="insufficient_claims"`],
  ])('is named, with the login that gives it, where the claims are %s', async (_, challenge) => {
    await azOf('a person');
    expect(await challenged('clusters.get', challenge)).toEqual({
      exit: 3,
      message: `Azure wants a stronger sign-in (MFA) to read AKS cluster demo: ${sentence}`,
      hint: `az login --tenant ${podid.emulator.world.tenantId} --claims-challenge ${claims}`,
    });
  });

  it('is left to a person, where az was signed in as an application', async () => {
    await azOf('an application');
    const challenge = `Bearer error="insufficient_claims", claims="${claims}"`;
    expect(await challenged('clusters.put', challenge)).toEqual({
      exit: 3,
      message: `Azure wants a stronger sign-in (MFA) to change AKS cluster demo: ${sentence}`,
      hint: `Only a person can give it. Sign in by az, and podid with it (--auth az): az login --tenant ${podid.emulator.world.tenantId} --claims-challenge ${claims}`,
    });
  });
});
