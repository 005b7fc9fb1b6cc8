import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type ApiServer, startApiServer } from './api-server.ts';

const clientID = '00000000-0000-4000-8000-0000c11e0001';
const resourceID =
  '/subscriptions/s/resourceGroups/demo-rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/web';
const kubelet = '00000000-0000-4000-8000-0000c11e00ff';
const takesUp = { timeout: 60_000, interval: 200 };

describe('a namespace, with the policy of identity-namespaces.yaml,', () => {
  let api: ApiServer;
  let folder: string;

  const identity = (namespace: string, name: string, spec: object) => ({
    apiVersion: 'aadpodidentity.k8s.io/v1',
    kind: 'AzureIdentity',
    metadata: { name, namespace },
    spec: { type: 0, ...spec },
  });
  const refusal = (object: object, ...words: string[]) => {
    const path = join(folder, 'object.json');
    writeFileSync(path, JSON.stringify(object));
    try {
      api.kubectl(...(words.length === 0 ? ['create', '--dry-run=server'] : words), '-f', path);
      return '';
    } catch (error) {
      return String(error);
    }
  };
  const merge = (name: string, patch: object) => {
    try {
      return api.kubectl(
        '-n',
        'shop',
        'patch',
        'azureidentity',
        name,
        '--type=merge',
        `-p=${JSON.stringify(patch)}`,
      );
    } catch (error) {
      return String(error);
    }
  };
  const refused = /may not name this managed identity/;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'podid-namespaces-'));
    api = await startApiServer('namespaces');
    api.kubectl('apply', '-f', 'deploy/crds');
    api.kubectl('wait', '--for=condition=Established', '--timeout=60s', 'crd', '--all');
    for (const namespace of ['shop', 'other', 'ops']) {
      api.kubectl('create', 'namespace', namespace);
    }
    expect(refusal(identity('shop', 'old', { clientID: kubelet }), 'create')).toBe('');
    api.kubectl('apply', '-f', 'deploy/manifests/identity-namespaces.yaml');
    const data = { shop: `\n${clientID.toUpperCase()}\r\n\t${resourceID}  \n`, ops: '*' };
    const patch = `-p=${JSON.stringify({ data })}`;
    api.kubectl(
      '-n',
      'kube-system',
      'patch',
      'configmap',
      'podid-identity-namespaces',
      '--type=merge',
      patch,
    );
    // The server takes up policy and parameters within a second or so, and says nowhere that it has.
    const probe = (namespace: string, id: string) => refusal(identity(namespace, 'probe', { clientID: id }));
    await vi.waitFor(() => {
      expect(probe('shop', kubelet)).toMatch(refused);
      expect(probe('shop', clientID)).toBe('');
    }, takesUp);
  });
  afterAll(async () => {
    await api?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it.each([
    ['its client id', 'shop', { clientID }],
    ['its resource id, in another case', 'shop', { resourceID: resourceID.toUpperCase() }],
    ['both', 'shop', { clientID, resourceID }],
    ['nobody', 'shop', {}],
    ['anybody, where the list says so', 'ops', { clientID: kubelet }],
    [
      'a service principal, which proves itself',
      'other',
      { type: 1, clientID: kubelet, clientPassword: { name: 's' } },
    ],
  ])('may name an identity of its list by %s', (_, namespace, spec) => {
    expect(refusal(identity(namespace, 'new', spec))).toBe('');
  });

  it.each([
    ['the client id of the kubelet', 'shop', { clientID: kubelet }],
    ['that of the kubelet beside a resource id of its own', 'shop', { clientID: kubelet, resourceID }],
    [
      'the resource id of another beside a client id of its own',
      'shop',
      { clientID, resourceID: `${resourceID}2` },
    ],
    ['a part of an id', 'shop', { clientID: clientID.slice(0, 8) }],
    ['blanks around it', 'shop', { clientID: ` ${kubelet} ` }],
    ['an identity of another namespace', 'other', { clientID }],
    ['any, under another type', 'other', { type: 3, clientID }],
  ])('may not name %s', (_, namespace, spec) => {
    expect(refusal(identity(namespace, 'new', spec))).toMatch(/may not name this managed identity|spec.type/);
  });

  it('keeps what it had, and may change all but what that names', () => {
    expect(merge('old', { metadata: { labels: { team: 'shop' } } })).toContain('patched');
    expect(merge('old', { spec: { clientID: '00000000-0000-4000-8000-0000c11e00fe' } })).toMatch(refused);
    expect(merge('old', { spec: { clientID } })).toContain('patched');
    expect(merge('old', { spec: { clientID: kubelet } })).toMatch(refused);
    expect(api.kubectl('-n', 'shop', 'delete', 'azureidentity', 'old')).toContain('deleted');
  });

  it('may name none while the list is gone', async () => {
    api.kubectl('-n', 'kube-system', 'delete', 'configmap', 'podid-identity-namespaces');
    await vi.waitFor(() => {
      expect(refusal(identity('shop', 'new', { clientID }))).not.toBe('');
      expect(refusal(identity('ops', 'new', { clientID: kubelet }))).not.toBe('');
    }, takesUp);
  });
});
