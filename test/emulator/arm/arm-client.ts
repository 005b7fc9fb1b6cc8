import { expect } from 'vitest';
import { type Emulator, type EmulatorOptions, startEmulator } from '../../../src/emulator/start-emulator.ts';

export const subscription = '/subscriptions/00000000-0000-4000-8000-000000000001';
export const group = `${subscription}/resourceGroups/demo-rg`;
export const clusterPath = `${group}/providers/Microsoft.ContainerService/managedClusters/demo`;
export const clusterPrincipal = '00000000-0000-4000-8000-0000000000c1';
export const operatorRoleId = 'f1a07417-d97a-45cb-824c-7a7467783830';

/** Any JSON; what a test expects of it is said where it is read. */
// biome-ignore lint/suspicious/noExplicitAny: answers are looked into member by member
export type Answer = { status: number; headers: Headers; text: string; body: any };

export interface ArmClient {
  readonly emulator: Emulator;
  call(
    method: string,
    path: string,
    body?: unknown,
    options?: { headers?: Record<string, string>; apiVersion?: string | null },
  ): Promise<Answer>;
  get(path?: string): Promise<Answer>;
  /** Reads the cluster, edits its properties, and puts it back. */
  // biome-ignore lint/suspicious/noExplicitAny: the document is a test's to change
  edit(change: (document: any) => void, headers?: Record<string, string>): Promise<Answer>;
  /** Polls until the operation of an answer has ended; the last poll's body. */
  finish(answer: Answer): Promise<Answer>;
  addEntry(name: string, more?: object): Promise<Answer>;
  grant(identity: string): Promise<Answer>;
}

export async function withArm<Result>(
  options: EmulatorOptions,
  run: (arm: ArmClient) => Promise<Result>,
): Promise<Result> {
  const emulator = await startEmulator(options);
  try {
    const result = await run(client(emulator));
    expect(emulator.requests.filter((one) => one.unexpected)).toEqual([]);
    return result;
  } finally {
    await emulator.stop();
  }
}

export function identityPath(name: string): string {
  return `${subscription}/resourcegroups/demo-rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${name}`;
}

export function client(emulator: Emulator): ArmClient {
  const arm: ArmClient = {
    emulator,
    async call(method, path, body, { headers = {}, apiVersion = '2026-04-01' } = {}) {
      const version = apiVersion === null ? '' : `${path.includes('?') ? '&' : '?'}api-version=${apiVersion}`;
      const url = path.startsWith('http') ? path : `${emulator.url}${path}${version}`;
      const response = await fetch(url, {
        method,
        headers: {
          authorization: `Bearer ${emulator.armToken}`,
          'podid-emulator-key': emulator.key,
          'content-type': 'application/json',
          ...headers,
        },
        redirect: 'manual',
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      });
      const text = await response.text();
      return { status: response.status, headers: response.headers, text, body: asJson(text) };
    },
    get: (path = clusterPath) => arm.call('GET', path),
    async edit(change, headers = {}) {
      const { body } = await arm.get();
      delete body.eTag;
      for (const pool of body.properties.agentPoolProfiles) {
        delete pool.eTag;
      }
      change(body);
      return arm.call('PUT', clusterPath, body, { headers });
    },
    async finish(answer) {
      const url = answer.headers.get('azure-asyncoperation');
      if (url === null) {
        throw new Error(`no operation to follow: ${answer.status} ${answer.text}`);
      }
      for (;;) {
        const poll = await arm.call('GET', url);
        if (['Succeeded', 'Failed', 'Canceled'].includes(poll.body?.status)) {
          return poll;
        }
      }
    },
    addEntry: (name, more = {}) =>
      arm.edit((document) => {
        const identity = emulator.world.identities.get(identityPath(name).toLowerCase());
        const { clientId, principalId } = (identity?.['properties'] ?? {}) as Record<string, string>;
        const profile = document.properties.podIdentityProfile;
        profile.userAssignedIdentities = [
          ...(profile.userAssignedIdentities ?? []),
          {
            name,
            namespace: 'demo',
            identity: { resourceId: identityPath(name), clientId, objectId: principalId },
            ...more,
          },
        ];
      }),
    grant: (identity) =>
      arm.call(
        'PUT',
        `${identityPath(identity)}/providers/Microsoft.Authorization/roleAssignments/${crypto.randomUUID()}`,
        {
          properties: {
            roleDefinitionId: `${subscription}/providers/Microsoft.Authorization/roleDefinitions/${operatorRoleId}`,
            principalId: clusterPrincipal,
            principalType: 'ServicePrincipal',
          },
        },
      ),
  };
  return arm;
}

function asJson(text: string) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
