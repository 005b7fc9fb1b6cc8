import { describe, expect, it } from 'vitest';
import { disturbIssuer } from '../../src/emulator/federation/issuer-control.ts';
import type { KubeObject } from '../../src/emulator/kube/objects/kube-object.ts';
import type { EmulatedPodid } from './emulated-podid.ts';
import { fastClock } from './exchange-emulator.ts';
import {
  accountAnnotations,
  addWorkload,
  apply,
  credentialsOf,
  hasToken,
  migrate,
  movingWorld,
  podsOf,
  templateLabels,
  until,
  writes,
} from './moving-worlds.ts';

const use = 'azure.workload.identity/use';
const clientId = 'azure.workload.identity/client-id';

function webhookOf({ emulator: { kube } }: EmulatedPodid): KubeObject {
  const found = kube.get('deployments', 'kube-system', 'azure-wi-webhook-controller-manager');
  if (found === undefined) {
    throw new Error('The scenario has the webhook.');
  }
  return found;
}

function readyWebhooks(podid: EmulatedPodid, readyReplicas: number): void {
  podid.emulator.kube.seed({ ...webhookOf(podid), status: { readyReplicas } });
}

function webhookImage(podid: EmulatedPodid, image: string): void {
  const found = webhookOf(podid);
  const spec = found.spec as object;
  podid.emulator.kube.seed({
    ...found,
    spec: { ...spec, template: { spec: { containers: [{ name: 'manager', image }] } } },
  });
}

function isReady({ status }: KubeObject): boolean {
  return JSON.stringify(status ?? {}).includes('{"type":"Ready","status":"True"}');
}

function changeTemplate({ emulator: { kube } }: EmulatedPodid, change: object): void {
  const found = kube.get('deployments', 'demo', 'web');
  const spec = found?.spec as { template: { spec: object } };
  kube.seed({
    ...(found as KubeObject),
    spec: { ...spec, template: { ...spec.template, spec: { ...spec.template.spec, ...change } } },
  });
}

/** @param change of its template, as JSON */
function changeWorkload({ emulator: { kube } }: EmulatedPodid, change: (text: string) => string): void {
  const found = kube.get('deployments', 'demo', 'web') as KubeObject;
  const spec = found.spec as { template: object };
  const template = JSON.parse(change(JSON.stringify(spec.template))) as object;
  kube.seed({ ...found, spec: { ...spec, template } });
}

async function codeOf(
  podid: EmulatedPodid,
  more = '--until dual',
): Promise<readonly [number, string | undefined]> {
  const { exitCode, rows } = await apply(podid, more);
  return [exitCode, rows[0]?.failure?.code];
}

describe('podid migrate apply in bad weather', () => {
  it.each([
    ['with one ready pod', (podid: EmulatedPodid) => readyWebhooks(podid, 1), 'WebhookNotReady'],
    ['that is down', (podid: EmulatedPodid) => readyWebhooks(podid, 0), 'WebhookNotReady'],
    [
      'from before 1.0',
      (podid: EmulatedPodid) =>
        webhookImage(podid, 'mcr.microsoft.com/oss/azure/workload-identity/webhook:v0.15.0'),
      'WebhookTooOld',
    ],
    [
      'without its Deployment',
      ({ emulator: { kube } }: EmulatedPodid) =>
        kube.remove('deployments', 'kube-system', 'azure-wi-webhook-controller-manager'),
      'WebhookNotReady',
    ],
    [
      'that is not registered',
      ({ emulator: { kube } }: EmulatedPodid) =>
        kube.remove('mutatingwebhookconfigurations', '', 'azure-wi-webhook-mutating-webhook-configuration'),
      'NoWebhook',
    ],
  ])('labels nothing by a webhook %s', async (_, spoil, code) => {
    await using podid = await movingWorld();
    spoil(podid);
    expect(await codeOf(podid)).toEqual([8, code]);
    expect(templateLabels(podid)[use]).toBeUndefined();
    expect(podsOf(podid, 'web-').some(hasToken)).toBe(false);
  });

  it('takes the token of webhook 1.6, under another name and path, as well', async () => {
    await using podid = await movingWorld();
    webhookImage(podid, 'mcr.microsoft.com/oss/v2/azure/workload-identity/webhook:v1.6.0');
    expect(await codeOf(podid)).toEqual([0, undefined]);
    expect(JSON.stringify(podsOf(podid, 'web-')[0]?.spec)).toContain('azure-workload-identity-reserved-');
  });

  it('stops at the first pod where the webhook leaves its token out, and holds the rest', async () => {
    await using podid = await movingWorld();
    await until('two ready pods', () => podsOf(podid, 'web-').filter(isReady).length === 2);
    // The first new pod is on its way until the test ends: no other may follow before it is ready.
    podid.emulator.seed({ settings: { podStartMs: 600_000 } });
    // Between the check and the first pod somebody takes the webhook away.
    const stop = podid.emulator.kube.subscribe(({ object }) => {
      if (object.kind === 'Deployment' && JSON.stringify(object.spec).includes(use)) {
        stop();
        podid.emulator.kube.remove(
          'mutatingwebhookconfigurations',
          '',
          'azure-wi-webhook-mutating-webhook-configuration',
        );
      }
    });
    const { exitCode, rows } = await apply(podid, '--until dual');
    expect([exitCode, rows[0]?.failure?.code, rows[0]?.state]).toEqual([8, 'PodWithoutToken', 'dual']);
    expect(rows[0]?.failure?.message).toMatch(
      /^Pod demo\/web-\S+ has the label, and the webhook gave it neither AZURE_FEDERATED_TOKEN_FILE nor a token for api:\/\/AzureADTokenExchange\. It is served by the agent as before\. Deployment demo\/web is left paused \(annotation podid\.io\/migration-held\)/,
    );
    expect(rows[0]?.failure?.hint).toMatch(/kubectl delete pod web-\S+ -n demo; go on: podid migrate apply/);
    expect(rows[0]?.failure?.hint).toContain(
      'podid migrate rollback --workload Deployment/web --namespace demo',
    );
    expect(podid.emulator.kube.get('deployments', 'demo', 'web')?.spec).toMatchObject({ paused: true });
    const labels = podsOf(podid, 'web-').map(({ metadata }) => metadata.labels?.[use]);
    expect(labels.toSorted()).toEqual(['true', undefined, undefined]);
  });

  it('lets one pod at a time follow a first one that is ready before it is looked at, until it looks', async () => {
    await using podid = await movingWorld();
    const { kube } = podid.emulator;
    const found = structuredClone(kube.get('deployments', 'demo', 'web')) as never as KubeObject & {
      spec: { replicas: number };
    };
    found.spec.replicas = 8;
    kube.seed(found);
    await until('ready pods', () => podsOf(podid, 'web-').filter(isReady).length === 8);
    podid.emulator.seed({ settings: { podStartMs: 0 } });
    let most = 0;
    let fewest = 8;
    kube.subscribe(({ object }) => {
      if (object.kind === 'Deployment' && JSON.stringify(object.spec).includes(use)) {
        kube.remove('mutatingwebhookconfigurations', '', 'azure-wi-webhook-mutating-webhook-configuration');
      }
      const pods = podsOf(podid, 'web-');
      most = Math.max(most, pods.length);
      fewest = Math.min(fewest, pods.filter(isReady).length);
    });
    expect(await codeOf(podid)).toEqual([8, 'PodWithoutToken']);
    expect([most, fewest]).toEqual([9, 8]);
    // Those that followed have the label of pod identity beside the other one: the agent serves them.
    expect(
      podsOf(podid, 'web-').every(({ metadata }) => metadata.labels?.['aadpodidbinding'] === 'web'),
    ).toBe(true);
  });

  it.each([
    [
      'the volume is missing',
      ({ spec }: KubeObject) => ({ ...(spec as object), volumes: [] }),
      'AZURE_FEDERATED_TOKEN_FILE, and no token for api://AzureADTokenExchange: its libraries look for the token',
    ],
    [
      'the variable is missing',
      ({ spec }: KubeObject) => {
        const { containers, ...rest } = spec as { containers: readonly { name: string; image: string }[] };
        return { ...rest, containers: containers.map(({ name, image }) => ({ name, image })) };
      },
      'a token for api://AzureADTokenExchange, and no AZURE_FEDERATED_TOKEN_FILE. It is served by the agent as before.',
    ],
  ])('says what a new pod has, and what it lacks, where %s', async (_, spoil, message) => {
    await using podid = await movingWorld();
    const { kube } = podid.emulator;
    await until('two pods', () => podsOf(podid, 'web-').length === 2);
    podid.emulator.seed({ settings: { podStartMs: 400 } });
    const stop = kube.subscribe(({ type, object }) => {
      if (type === 'ADDED' && object.kind === 'Pod' && object.metadata.labels?.[use] === 'true') {
        stop();
        kube.seed({ ...object, spec: spoil(object) });
      }
    });
    const { exitCode, rows } = await apply(podid, '--until dual');
    expect([exitCode, rows[0]?.failure?.code]).toEqual([8, 'PodWithoutToken']);
    expect(rows[0]?.failure?.message).toContain(`has the label, and ${message}`);
  });

  it.each([
    [
      'sets AZURE_TENANT_ID itself',
      { containers: [{ name: 'web', image: 'web:1', env: [{ name: 'AZURE_TENANT_ID', value: 'x' }] }] },
      'OwnEnv',
    ],
    ['runs as default', { serviceAccountName: 'default' }, 'SaDefault'],
    ['names an account that is not there', { serviceAccountName: 'nobody' }, 'SaMissing'],
  ])('leaves alone a workload that %s', async (_, change, code) => {
    await using podid = await movingWorld();
    changeTemplate(podid, change);
    expect(await codeOf(podid, '--until dual --workload deployment/web')).toEqual([8, code]);
    expect(writes(podid)).toEqual([]);
  });

  it('moves a workload on the network of its node, whose library asks Entra itself', async () => {
    await using podid = await movingWorld();
    changeTemplate(podid, { hostNetwork: true });
    expect(await codeOf(podid)).toEqual([0, undefined]);
  });

  it('leaves a running Job and a lone pod alone, and moves the others', async () => {
    await using podid = await movingWorld();
    const labels = { aadpodidbinding: 'web' };
    const spec = { serviceAccountName: 'web', containers: [{ name: 'main', image: 'main:1' }] };
    podid.emulator.seed({ settings: { podStartMs: 60_000 } });
    podid.emulator.kube.seed({
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { namespace: 'demo', name: 'once' },
      spec: { template: { metadata: { labels }, spec } },
    });
    podid.emulator.kube.seed({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { namespace: 'demo', name: 'lone', labels },
      spec,
    });
    const { exitCode, rows } = await apply(podid, '--until annotated');
    expect(exitCode).toBe(8);
    expect(rows.map(({ kind, failure }) => [kind, failure?.code])).toEqual([
      ['Deployment', undefined],
      ['Job', 'Immutable'],
      ['Pod', 'BarePod'],
    ]);
  });

  it('waits for no PodDisruptionBudget that lets nobody go', async () => {
    await using podid = await movingWorld();
    podid.emulator.kube.seed({
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: { namespace: 'demo', name: 'web' },
      spec: { selector: { matchLabels: { app: 'web' } }, minAvailable: 2 },
      status: { disruptionsAllowed: 0 },
    });
    expect(await codeOf(podid)).toEqual([8, 'NoDisruption']);
    expect(templateLabels(podid)[use]).toBeUndefined();
  });

  it('leaves the annotation of others as it is, unless it is forced', async () => {
    await using podid = await movingWorld();
    const metadata = {
      namespace: 'demo',
      name: 'web',
      annotations: { 'azure.workload.identity/client-id': '00000000-0000-4000-8000-00000000dead' },
    };
    podid.emulator.kube.seed({ apiVersion: 'v1', kind: 'ServiceAccount', metadata }, 'terraform');
    const { exitCode, rows } = await apply(podid, '--until annotated');
    expect([exitCode, rows[0]?.failure?.code]).toEqual([8, 'FieldManagerConflict']);
    expect(rows[0]?.failure?.message).toContain('terraform');
    expect(accountAnnotations(podid)).toEqual(metadata.annotations);
    expect(await codeOf(podid, '--until annotated --force')).toEqual([0, undefined]);
    expect(accountAnnotations(podid)['azure.workload.identity/client-id']).toMatch(/c11e0001$/);
    const back = await migrate(podid, 'rollback --workload deployment/web');
    expect([back.exitCode, back.rows[0]?.wrote]).toEqual([
      0,
      [
        'service account demo/web: azure.workload.identity/client-id is 00000000-0000-4000-8000-00000000dead again',
      ],
    ]);
    expect(accountAnnotations(podid)).toEqual(metadata.annotations);
    const written = writes(podid);
    expect((await migrate(podid, 'rollback --workload deployment/web')).exitCode).toBe(0);
    expect(writes(podid)).toEqual(written);
  });

  it('leaves what others have written to the account since it was taken over by force', async () => {
    await using podid = await movingWorld();
    const { kube } = podid.emulator;
    const metadata = {
      namespace: 'demo',
      name: 'web',
      annotations: { [clientId]: '00000000-0000-4000-8000-00000000dead' },
    };
    kube.seed({ apiVersion: 'v1', kind: 'ServiceAccount', metadata }, 'terraform');
    expect(await codeOf(podid, '--until annotated --force')).toEqual([0, undefined]);
    const found = kube.get('serviceaccounts', 'demo', 'web') as KubeObject;
    const owned = JSON.stringify(found.metadata.managedFields).replace(/"f:azure[^"]*client-id":\{\},?/, '');
    kube.seed({
      ...found,
      metadata: {
        ...found.metadata,
        annotations: { ...accountAnnotations(podid), [clientId]: '00000000-0000-4000-8000-00000000beef' },
        managedFields: JSON.parse(owned) as [],
      },
    });
    expect((await migrate(podid, 'rollback --workload deployment/web')).exitCode).toBe(0);
    expect(accountAnnotations(podid)).toEqual({ [clientId]: '00000000-0000-4000-8000-00000000beef' });
  });

  it('outlives an API server that is away in the middle of a rollout', async () => {
    await using podid = await movingWorld();
    podid.emulator.seed({ settings: { podStartMs: 300 } });
    const { kube } = podid.emulator;
    const stop = kube.subscribe(({ object }) => {
      if (object.kind === 'Deployment' && JSON.stringify(object.spec).includes(use)) {
        stop();
        kube.faults = { ...kube.faults, away: '503' };
        setTimeout(() => {
          kube.faults = { ...kube.faults, away: null };
        }, 600);
      }
    });
    expect(await codeOf(podid)).toEqual([0, undefined]);
    expect(podsOf(podid, 'web-').every(hasToken)).toBe(true);
  });

  it('labels nothing where the credential is deleted while it is proved', async () => {
    await using podid = await movingWorld();
    const ended = until('an exchange', () =>
      podid.emulator.requests.some(({ path }) => path.endsWith('/oauth2/v2.0/token')),
    ).then(() => podid.emulator.world.federatedCredentials.clear());
    const { exitCode, rows } = await migrate(podid, 'apply --rounds 20 --over 300s --until dual');
    await ended;
    expect(exitCode).toBe(8);
    expect(rows[0]?.failure?.code).toMatch(/^AADSTS(?:70021|700213)$/);
    expect(writes(podid).filter((each) => each.startsWith('patch'))).toEqual([]);
  });

  it.each([
    [
      'another service account',
      (podid: EmulatedPodid) => changeTemplate(podid, { serviceAccountName: 'other' }),
      'its service account is other, and was web when it was planned',
    ],
    [
      'the label of another binding',
      (podid: EmulatedPodid) =>
        changeWorkload(podid, (text) => text.replace(/"aadpodidbinding":"web"/, '"aadpodidbinding":"jobs"')),
      'its label aadpodidbinding is jobs, and was web when it was planned',
    ],
    [
      'no label of a binding',
      (podid: EmulatedPodid) =>
        changeWorkload(podid, (text) => text.replace(/,?"aadpodidbinding":"web"/, '')),
      'its label aadpodidbinding is gone, and was web when it was planned',
    ],
    [
      'another uid, for it was made anew',
      ({ emulator: { kube } }: EmulatedPodid) => {
        const found = kube.get('deployments', 'demo', 'web') as KubeObject;
        kube.seed({ ...found, metadata: { ...found.metadata, uid: 'another' } });
      },
      'its uid is another, and was ',
    ],
  ])('labels nothing that has %s since it was planned', async (_, change, message) => {
    await using podid = await movingWorld();
    const ended = until('an exchange', () =>
      podid.emulator.requests.some(({ path }) => path.endsWith('/oauth2/v2.0/token')),
    ).then(() => change(podid));
    const { exitCode, rows } = await migrate(podid, 'apply --rounds 20 --over 300s --until dual');
    await ended;
    expect([exitCode, rows[0]?.failure?.code, rows[0]?.state]).toEqual([8, 'Changed', 'annotated']);
    expect(rows[0]?.failure?.message).toContain(message);
    expect(rows[0]?.failure?.hint).toContain('podid migrate plan');
    expect(templateLabels(podid)[use]).toBeUndefined();
    expect(writes(podid).filter((each) => each.startsWith('patch deployments'))).toEqual([]);
  });

  it.each([
    ['throttled', { status: 429, headers: { 'retry-after': '5' }, body: { error: 'too_many_requests' } }],
    ['away', { status: 503, text: 'Service Unavailable' }],
    ['dropping connections', { drop: true }],
    ['slow', { delayMs: 1_500 }],
  ])('outwaits an Entra that is %s for a while', async (_, effect) => {
    await using podid = await movingWorld();
    podid.emulator.faults.set([{ match: { path: '/oauth2/v2.0/token$', times: 2 }, effect }]);
    const { exitCode, rows } = await apply(podid, '--until dual');
    expect(podid.emulator.faults.list().map(({ hits }) => hits)).toEqual([2]);
    expect([exitCode, rows[0]?.state, rows[0]?.failure]).toEqual([0, 'dual', undefined]);
    expect(podsOf(podid, 'web-').map(hasToken)).toEqual([true, true]);
  });

  it.each([
    ['throttled', { status: 429, headers: { 'retry-after': '5' }, body: { error: 'too_many_requests' } }],
    ['away', { status: 503, text: 'Service Unavailable' }],
    ['dropping connections', { drop: true }],
  ])('labels nothing by an Entra that stays %s', async (_, effect) => {
    await using podid = await movingWorld();
    podid.emulator.faults.set([{ match: { path: '/oauth2/v2.0/token$' }, effect }]);
    const { exitCode, rows } = await apply(podid, '--until dual');
    expect([exitCode, rows[0]?.state]).toEqual([8, 'planned']);
    expect(rows[0]?.failure?.message).toMatch(/^identity demo\/web: \S/);
    expect(writes(podid).filter((each) => each.startsWith('patch'))).toEqual([]);
  });

  it.each([5, -5])('goes to the end with a clock that is off by %i minutes', async (minutes) => {
    await using podid = await movingWorld({
      ...fastClock(),
      now: () => Date.now() + minutes * 60_000,
    });
    expect(await codeOf(podid)).toEqual([0, undefined]);
    expect(podsOf(podid, 'web-').every(hasToken)).toBe(true);
  });

  it('labels nothing whose identity is deleted while it is proved', async () => {
    await using podid = await movingWorld();
    const ended = until('an exchange', () =>
      podid.emulator.requests.some(({ path }) => path.endsWith('/oauth2/v2.0/token')),
    ).then(() => podid.emulator.world.identities.clear());
    const { exitCode, rows } = await migrate(podid, 'apply --rounds 20 --over 300s --until dual');
    await ended;
    expect([exitCode, rows[0]?.failure?.code]).toEqual([8, 'AADSTS700016']);
    expect(writes(podid).filter((each) => each.startsWith('patch'))).toEqual([]);
  });

  it.each([
    ['whose cluster rotates its keys twice', { rotate: 2 }, /^AADSTS(?:7000272|700027|50027)$/],
    ['whose cluster gets another issuer', { change: true }, /^AADSTS(?:70021|700211|700213|90061)$/],
  ])(
    'labels nothing %s while it is proved, and goes on once that is over',
    { timeout: 5 * 60_000 },
    async (_, disturbance, code) => {
      // Making keys takes a busy machine seconds. Those are not to be the four minutes after which podid makes a new token,
      // which a new key signs.
      await using podid = await movingWorld(fastClock(20));
      const ended = until('an exchange', () =>
        podid.emulator.requests.some(({ path }) => path.endsWith('/oauth2/v2.0/token')),
      ).then(() => disturbIssuer(podid.emulator.world, disturbance));
      const { exitCode, rows } = await migrate(podid, 'apply --rounds 20 --over 300s --until dual');
      await ended;
      expect([exitCode, rows[0]?.failure?.code]).toEqual([8, expect.stringMatching(code)]);
      expect(writes(podid).filter((each) => each.startsWith('patch'))).toEqual([]);
      expect(await codeOf(podid)).toEqual([0, undefined]);
      expect(podsOf(podid, 'web-').every(hasToken)).toBe(true);
    },
  );

  it('leaves a workload alone whose identity is deleted', async () => {
    await using podid = await movingWorld();
    podid.emulator.world.identities.clear();
    expect(await codeOf(podid)).toEqual([8, 'IdentityGone']);
  });

  it('shares an identity with another cluster, whose credential stays', async () => {
    await using podid = await movingWorld();
    const [id] = podid.emulator.world.identities.keys();
    const properties = {
      issuer: 'https://westeurope.oic.prod-aks.azure.com/t/other/',
      subject: 'system:serviceaccount:demo:web',
      audiences: ['api://AzureADTokenExchange'],
    };
    const name = 'podid-aaaaaaaaaaaa';
    const web = [...podid.emulator.world.identities.values()].find((each) => each['name'] === 'web');
    podid.emulator.seed({
      federatedCredentials: [
        { id: `${web?.['id'] ?? id}/federatedIdentityCredentials/${name}`, name, properties },
      ],
    } as never);
    expect(await codeOf(podid)).toEqual([0, undefined]);
    expect(credentialsOf(podid)).toEqual([properties.subject, properties.subject]);
  });

  it('trusts 20 of 25 service accounts of one identity, and names the limit for the others', async () => {
    // Azure takes a write of one identity in four seconds, and there are twenty.
    await using podid = await movingWorld(fastClock(), fastClock(20));
    for (let number = 0; number < 24; number += 1) {
      const name = `app-${String(number).padStart(2, '0')}`;
      addWorkload(podid, 'CronJob', name);
      const found = podid.emulator.kube.get('cronjobs', 'demo', name) as KubeObject;
      const text = JSON.stringify(found.spec).replace(
        '"serviceAccountName":"web"',
        `"serviceAccountName":"${name}"`,
      );
      podid.emulator.kube.seed({ ...found, spec: JSON.parse(text) as object });
      podid.emulator.kube.seed({
        apiVersion: 'v1',
        kind: 'ServiceAccount',
        metadata: { namespace: 'demo', name },
      });
    }
    const { exitCode, rows } = await apply(podid, '--until trusted');
    expect(exitCode).toBe(8);
    expect(rows.filter(({ state }) => state === 'trusted').length).toBe(20);
    expect(rows.filter(({ failure }) => failure?.code === 'FicLimit').length).toBe(5);
    expect(credentialsOf(podid).length).toBe(20);
  });

  it('lets two people migrate at once: one writes, and both come to the end', async () => {
    await using podid = await movingWorld();
    const both = await Promise.all([apply(podid, '--until dual'), apply(podid, '--until dual')]);
    expect(both.map(({ exitCode, rows }) => [exitCode, rows[0]?.state])).toEqual([
      [0, 'dual'],
      [0, 'dual'],
    ]);
    expect(credentialsOf(podid)).toEqual(['system:serviceaccount:demo:web']);
    expect(podsOf(podid, 'web-').map(hasToken)).toEqual([true, true]);
    expect(podid.emulator.kube.get('deployments', 'demo', 'web')?.metadata.annotations ?? {}).toEqual({});
  });
});
