import { describe, expect, it } from 'vitest';
import { agentOwned, writeAgentObject } from '../../../src/k8s/agent-objects/write-agent-object.ts';
import type { RestReply } from '../../../src/k8s/client/kube-rest.ts';
import { hintText } from '../../hint-text.ts';
import { refused, scriptedRest, signal } from '../scripted-rest.ts';

const account = {
  apiVersion: 'v1',
  kind: 'ServiceAccount',
  metadata: { name: 'podid-nmi', namespace: 'kube-system', labels: { app: 'podid' } },
};
const path = '/api/v1/namespaces/kube-system/serviceaccounts';
const once = { force: false, dryRun: false };

function stored(manager: string, operation = 'Apply', annotations: object = {}): RestReply {
  const managedFields = [{ manager, operation, apiVersion: 'v1', fieldsV1: { 'f:metadata': {} } }];
  const metadata = { ...account.metadata, uid: 'u', resourceVersion: '7', annotations, managedFields };
  return { body: { ...account, metadata } };
}

function write(answers: readonly RestReply[], request = once) {
  const script = scriptedRest(answers);
  return { ...script, change: writeAgentObject(agentOwned(script.rest), account, request, signal) };
}

describe("writing one of the agent's objects", () => {
  it('creates what is absent, and makes it what podid applied', async () => {
    const { change, lines } = write([
      refused(404, 'NotFound', { kind: 'serviceaccounts' }),
      stored('podid', 'Update'),
    ]);
    expect(await change).toEqual({
      ...{ kind: 'ServiceAccount', namespace: 'kube-system', name: 'podid-nmi', action: 'create' },
    });
    expect(lines()).toEqual([`GET ${path}/podid-nmi`, `POST ${path}`, `PATCH ${path}/podid-nmi`]);
  });

  it('leaves what others wrote, and says whose it is', async () => {
    const { change, lines } = write([stored('kubectl-edit')]);
    expect(await change).toMatchObject({ action: 'foreign', reason: 'written by kubectl-edit' });
    expect(lines()).toEqual([`GET ${path}/podid-nmi`]);
  });

  it('says that nothing changed where the server says so', async () => {
    const { change, asked } = write([stored('podid')]);
    expect(await change).toMatchObject({ action: 'same' });
    expect(asked[1]).toMatchObject({
      method: 'PATCH',
      query: { fieldManager: 'podid', force: 'true' },
      body: { metadata: { uid: 'u', resourceVersion: '7' } },
    });
  });

  it('takes by force what Helm wrote, so that Helm does not know it any more', async () => {
    const helm = { 'meta.helm.sh/release-name': 'podid', 'meta.helm.sh/release-namespace': 'kube-system' };
    const { change, asked } = write([stored('helm', 'Update', helm), stored('podid')], {
      ...once,
      force: true,
    });
    expect(await change).toMatchObject({ action: 'update' });
    expect(asked[1]?.body).toMatchObject({
      metadata: {
        annotations: { 'meta.helm.sh/release-name': null, 'meta.helm.sh/release-namespace': null },
      },
    });
  });

  it('reads again when the object went meanwhile', async () => {
    const gone = refused(404, 'NotFound', { kind: 'serviceaccounts' });
    const { change } = write([stored('podid'), gone, gone, stored('podid')]);
    expect(await change).toMatchObject({ action: 'create' });
  });

  const allowed = (yes: boolean): RestReply => ({ body: { status: { allowed: yes } } });
  const absent = refused(404, 'NotFound', { kind: 'serviceaccounts' });
  const no = refused(403, 'Forbidden', { kind: 'serviceaccounts' });

  it('distinguishes a missing right from a policy that refuses', async () => {
    await expect(write([absent, no, allowed(false)]).change).rejects.toMatchObject({
      code: 'Forbidden',
      message:
        'The cluster does not let you create serviceaccounts in namespace kube-system: The server says Forbidden.',
      hint: hintText(
        expect.stringContaining('{apiGroups: [""], resources: ["serviceaccounts"], verbs: ["create"]}'),
      ),
      details: [{ code: 'Forbidden', message: 'The server says Forbidden.' }],
    });
    await expect(write([absent, no, allowed(true)]).change).rejects.toMatchObject({
      code: 'AgentRefused',
      message:
        'The cluster refused to create serviceaccounts podid-nmi in namespace kube-system: The server says Forbidden.',
    });
  });

  it('takes a refused read for a missing right, whatever the access review says: admission sees no read', async () => {
    const { change, lines } = write([no, allowed(true)]);
    await expect(change).rejects.toMatchObject({
      code: 'Forbidden',
      exitCode: 6,
      message: 'The cluster does not let you get serviceaccounts in namespace kube-system.',
    });
    expect(lines()).toEqual([`GET ${path}/podid-nmi`]);
  });
});
