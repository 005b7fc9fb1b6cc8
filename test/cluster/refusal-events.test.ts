import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { createApiConnection } from '../../src/k8s/client/api-connection.ts';
import {
  createRefusalEvents,
  type EventOutcome,
  type RefusalEvents,
  repeatMs,
} from '../../src/nmi/observe/events/refusal-events.ts';
import { systemClock } from '../../src/runtime/system-clock.ts';
import { type ApiServer, apiServers, startApiServer } from './api-server.ts';
import { podObject } from './pods.ts';
import { helmOn } from './run-helm.ts';
import { until } from './until.ts';

const account = 'system:serviceaccount:kube-system:podid-nmi';
const rightsKinds = ['ServiceAccount', 'ClusterRole', 'ClusterRoleBinding', 'Role', 'RoleBinding'];

/** The agent's own code writes, with a token of its account, which has all the rights that the chart gives it and no more. */
describe.each(apiServers)('Events of refused pods, on Kubernetes $version', ({ version, program }) => {
  const folder = mkdtempSync(join(tmpdir(), 'podid-events-'));
  const stop = new AbortController();
  const outcomes: EventOutcome[] = [];
  const lines: object[] = [];
  /** The agent's time; it begins in the past, because kubectl shows no age of what is yet to come. */
  const pastMs = repeatMs + 60_000;
  let behindMs = pastMs;
  let api: ApiServer;
  let events: RefusalEvents;
  let uid: string;
  beforeAll(async () => {
    api = await startApiServer('refusal-events', [], program);
    api.kubectl('create', 'namespace', 'shop');
    api.kubectl('create', 'namespace', 'other');
    // Which a controller makes where there are any.
    api.kubectl('create', 'serviceaccount', 'default', '-n', 'shop');
    apply([...rightsOfChart(), podObject('web-1', { command: ['true'] })]);
    uid = api.kubectl('get', 'pod', 'web-1', '-n', 'shop', '-o', 'jsonpath={.metadata.uid}');
    events = startEvents();
  });
  afterAll(async () => {
    stop.abort(new Error('the tests are over'));
    await api?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  function apply(items: readonly object[]): void {
    const path = join(folder, 'objects.json');
    writeFileSync(path, JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
    api.kubectl('apply', '-f', path);
  }

  function rightsOfChart(): readonly object[] {
    const on = ['--kube-version', `${version}.0`, '--namespace=kube-system'];
    const values = [...on, '--set=podid.eventNamespaces={shop}'];
    const text = helmOn(api, folder).does('template', 'podid', 'deploy/chart', ...values);
    return parseAllDocuments(text)
      .map((document) => document.toJS() as { readonly kind: string } | null)
      .filter((object) => object !== null && rightsKinds.includes(object.kind)) as readonly object[];
  }

  function startEvents(): RefusalEvents {
    const real = systemClock();
    const clock = {
      ...real,
      now: () => real.now() - behindMs,
      monotonic: () => real.monotonic() + pastMs - behindMs,
    };
    const token = api.kubectl('create', 'token', 'podid-nmi', '-n', 'kube-system').trim();
    const connection = createApiConnection({
      endpoint: { server: api.url, tls: { rejectUnauthorized: false }, token: () => Promise.resolve(token) },
      userAgent: 'podid-nmi/test',
      timeoutMs: 30_000,
      clock,
    });
    const log = (facts: object, message: string) => void lines.push({ ...facts, message });
    const made = createRefusalEvents({
      namespaces: new Set(['shop', 'other']),
      node: 'node-1',
      connection,
      clock,
      logger: { info: log, warn: log },
      isThere: () => true,
      onOutcome: (outcome) => void outcomes.push(outcome),
    });
    void made.run(stop.signal).finally(() => connection.close());
    return made;
  }

  const refuse = (namespace: string, reason: string, description: string) =>
    events.refused(
      { uid: namespace === 'shop' ? uid : 'of-no-pod', namespace, name: 'web-1' },
      { reason, description },
    );
  const described = () => api.kubectl('describe', 'pod', 'web-1', '-n', 'shop');

  it('are shown by kubectl describe and kubectl get, with reason, writer, sentence and the next command', async () => {
    refuse('shop', 'no-label', `Pod shop/web-1 has no label aadpodidbinding. \u001b[2J${'é'.repeat(2_000)}`);
    await until(() => outcomes.length > 0);
    expect([outcomes, lines]).toEqual([['written'], []]);
    expect(described()).toMatch(
      /Warning +TokenRefused +\d+m +podid-nmi +no-label: Pod shop\/web-1 has no label aadpodidbinding\. \\u001b\[2Jé+ More: podid doctor --namespace shop --pod web-1\.$/m,
    );
    const only = ['--field-selector', 'reason=TokenRefused'];
    expect(api.kubectl('get', 'events', '-n', 'shop', ...only)).toMatch(
      /^\d+m +Warning +TokenRefused +pod\/web-1 +no-label: /m,
    );
  });

  it('are counted half an hour later, which kubectl shows', async () => {
    refuse('shop', 'no-label', 'Not told, because it has been.');
    behindMs = 0;
    refuse('shop', 'no-label', 'It still has none.');
    await until(() => outcomes.length > 1);
    expect(described()).toMatch(
      /Warning +TokenRefused +\S+ \(x3 over \d+m\) +podid-nmi +no-label: It still has none\. More: podid doctor /,
    );
  });

  it('take a right that is in the chosen namespaces alone, and where it is missing the agent says so once', async () => {
    outcomes.splice(0);
    refuse('other', 'no-label', 'It has none.');
    refuse('other', 'no-binding', 'It has one, and no binding.');
    await until(() => outcomes.length > 0);
    refuse('shop', 'no-binding', 'That of shop is told all the same.');
    await until(() => outcomes.length > 1);
    expect(outcomes).toEqual(['refused', 'written']);
    expect(lines).toEqual([
      {
        namespace: 'other',
        error: expect.stringMatching(
          /answered 403: events is forbidden: User "\S+:podid-nmi" cannot create resource "events".* in the namespace "other"/,
        ),
        message: 'Events of pods cannot be written',
      },
    ]);
    const rights = api.kubectl('auth', 'can-i', '--list', '-n', 'shop', '--no-headers', `--as=${account}`);
    expect(rights.split('\n').filter((line) => line.startsWith('events'))).toEqual([
      expect.stringMatching(/^events +\[\] +\[\] +\[create\]$/),
    ]);
  });
});
