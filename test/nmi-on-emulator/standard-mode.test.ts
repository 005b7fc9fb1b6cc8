import { describe, expect, it } from 'vitest';
import {
  type AgentWorld,
  azureIdentity,
  binding,
  identityOf,
  pod,
  startWorld,
  until,
} from './agent-world.ts';

const hourMs = 3_600_000;
const anHourAgo = new Date(Date.now() - hourMs).toISOString();
const unknown = identityOf('late');

/** An agent in standard mode; IMDS does not know the identity `late`. */
function world(assignment: object, hold = '--hold-sec=0'): Promise<AgentWorld> {
  return startWorld({
    flags: ['--operation-mode=standard', '--forceNamespaced=false', hold],
    before({ store }) {
      store.seed(pod({ name: 'web', ip: '127.0.0.7', labels: { aadpodidbinding: 'late' }, uid: 'uid-web' }));
      store.seed(assignment as never);
    },
  });
}

function assignment(annotations: Record<string, string>, more: object = {}) {
  return {
    apiVersion: 'aadpodidentity.k8s.io/v1',
    kind: 'AzureAssignedIdentity',
    metadata: {
      name: 'web-shop-late',
      namespace: 'shop',
      labels: { nodename: 'node-1' },
      creationTimestamp: anHourAgo,
      annotations,
      ...more,
    },
    spec: {
      azureIdentityRef: azureIdentity('late'),
      azureBindingRef: binding('late', 'late'),
      pod: 'web',
      podNamespace: 'shop',
      nodename: 'node-1',
    },
    status: { status: 'Assigned' },
  };
}

const ago = (ms: number) => new Date(Date.now() - ms).toISOString();

describe('rule 27: IMDS not there yet after Assigned: an identity that IMDS does not know, in standard mode', () => {
  it.each([
    ['4 minutes ago', { 'podid.io/assigned-at': ago(240_000) }, {}, 503],
    ['6 minutes ago', { 'podid.io/assigned-at': ago(360_000) }, {}, 400],
    ['a minute from now, by a clock that is ahead', { 'podid.io/assigned-at': ago(-60_000) }, {}, 503],
    ['tomorrow, by a clock that is far ahead', { 'podid.io/assigned-at': ago(-24 * hourMs) }, {}, 400],
    ["4 minutes ago by upstream's MIC", {}, { creationTimestamp: ago(240_000) }, 503],
    ["an hour ago by upstream's MIC", {}, {}, 400],
  ])('that was assigned %s', async (_what, annotations, more, status) => {
    await using agent = await world(assignment(annotations as Record<string, string>, more));
    const answer = await agent.ask();
    expect(answer.status).toBe(status);
    expect(answer.headers['retry-after']).toBe(status === 503 ? '5' : undefined);
  });

  it('tells its client to come again in 5 seconds after a hold, too', async () => {
    await using agent = await world(assignment({ 'podid.io/assigned-at': ago(1000) }), '--hold-sec=1');
    const answer = await agent.ask();
    expect([answer.status, answer.headers['retry-after']]).toEqual([503, '5']);
  });

  it('is asked for again until IMDS has learned of it', async () => {
    const imds: { clientId: string; objectId: string; resourceId: string }[] = [];
    const fresh = assignment({ 'podid.io/assigned-at': ago(1000) });
    await using agent = await startWorld({
      flags: ['--operation-mode=standard', '--forceNamespaced=false'],
      imds: { identities: () => imds },
      before({ store }) {
        store.seed(pod({ name: 'web', ip: '127.0.0.7', labels: { aadpodidbinding: 'late' } }));
        store.seed(fresh);
      },
    });
    const asked = agent.ask();
    await until(() => (agent.imds.asked().length > 0 ? true : undefined));
    imds.push(unknown);
    expect((await asked).json['client_id']).toBe(unknown.clientId);
  });
});

describe('an assignment of an earlier pod', () => {
  it('of the same name gives the new one nothing', async () => {
    await using agent = await world(assignment({ 'podid.io/pod-uid': 'uid-before' }));
    const answer = await agent.ask();
    expect([answer.status, agent.imds.asked()]).toEqual([400, []]);
    agent.kube.store.seed(assignment({ 'podid.io/pod-uid': 'uid-web' }));
    await until(async () => {
      await agent.ask();
      return agent.imds.asked().length > 0 ? true : undefined;
    });
  });
});
