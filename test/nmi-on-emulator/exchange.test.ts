import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { tenantIdAnnotation, tokenSourceAnnotation } from '../../src/domain/exchange/token-source.ts';
import type { StartedKube } from '../../src/emulator/kube/start-kube.ts';
import { systemClock } from '../../src/runtime/system-clock.ts';
import { type EntraInTest, entraInTest, readToken, refusal } from '../nmi/tokens/exchange/entra-in-test.ts';
import {
  type AgentWorld,
  azureIdentity,
  binding,
  identityOf,
  pod,
  resource,
  startWorld,
  tokenTarget,
  until,
  type WorldOptions,
} from './agent-world.ts';

const tenantId = '00000000-0000-4000-8000-00000000000a';

let entra: EntraInTest;
beforeAll(async () => {
  entra = await entraInTest();
});
afterEach(async () => {
  entra.conduct = undefined;
  entra.lifetimeSec = 3599;
  await entra.project();
});
afterAll(() => entra[Symbol.asyncDispose]());

/** The identity's own source; undefined takes the annotation away. */
function identityBy(name: string, source: string | undefined) {
  const identity = azureIdentity(name);
  const annotations = {
    [tenantIdAnnotation]: tenantId,
    ...(source ? { [tokenSourceAnnotation]: source } : {}),
  };
  return { ...identity, metadata: { ...identity.metadata, annotations } };
}

/** Pods `web` and `api` at 127.0.0.7 and .8, each with an identity of its own. */
function seedBoth(kube: StartedKube, sources: { readonly web?: string; readonly api?: string }): void {
  for (const [name, ip] of [
    ['web', '127.0.0.7'],
    ['api', '127.0.0.8'],
  ] as const) {
    kube.store.seed(identityBy(name, sources[name]));
    kube.store.seed(binding(name, name));
    kube.store.seed(pod({ name, ip, labels: { aadpodidbinding: name } }));
  }
}

function startExchanging(
  sources: { readonly web?: string; readonly api?: string },
  options: WorldOptions = {},
): Promise<AgentWorld> {
  entra.federated.clear();
  entra.known.clear();
  for (const name of ['web', 'api']) {
    entra.federated.add(identityOf(name).clientId);
    entra.known.add(identityOf(name).clientId);
  }
  return startWorld({
    ...options,
    before: (kube) => seedBoth(kube, sources),
    environment: { SSL_CERT_FILE: entra.authorityFile },
    flags: [
      `--exchange-authority=https://${entra.host}/`,
      `--allow-ad-endpoint=${entra.host}`,
      `--exchange-token-file=${entra.tokenFile}`,
      ...(options.flags ?? []),
    ],
  });
}

const fromEntra = (token: unknown) => readToken(String(token)).includes('-of-');

describe('a pod whose identity is exchanged', () => {
  it("gets Entra's token in IMDS's shape, and nothing was asked of IMDS", async () => {
    await using world = await startExchanging({ web: 'exchange' });
    const answer = await world.ask();
    expect(answer.status).toBe(200);
    expect(Object.keys(answer.json)).toEqual([
      'access_token',
      'client_id',
      'expires_in',
      'expires_on',
      'ext_expires_in',
      'not_before',
      'resource',
      'token_type',
    ]);
    const { clientId } = identityOf('web');
    expect(answer.json).toMatchObject({ client_id: clientId, resource, token_type: 'Bearer' });
    for (const number of ['expires_in', 'expires_on', 'ext_expires_in', 'not_before']) {
      expect(answer.json[number]).toMatch(/^\d+$/);
    }
    expect(readToken(String(answer.json['access_token']))).toContain(
      `-of-${clientId}-for-${resource}/.default`,
    );
    expect(world.imds.issued()).toEqual([]);
  });

  it('is served from memory, by one call, however many ask at once', async () => {
    await using world = await startExchanging({ web: 'exchange' });
    const before = entra.asked.length;
    const answers = await Promise.all(Array.from({ length: 50 }, () => world.ask()));
    expect(new Set(answers.map(({ json }) => json['access_token'])).size).toBe(1);
    expect(entra.asked.length - before).toBe(1);
  });

  it("is that of the agent's default, with the agent's tenant, and one that says imds is not", async () => {
    await using world = await startExchanging(
      { api: 'imds' },
      { flags: ['--exchange-default=exchange', '--exchange-tenant-id=00000000-0000-4000-8000-00000000000b'] },
    );
    expect(fromEntra((await world.ask()).json['access_token'])).toBe(true);
    expect(fromEntra((await world.ask({ from: '127.0.0.8' })).json['access_token'])).toBe(false);
    expect(world.imds.issued()).toMatchObject([{ clientId: identityOf('api').clientId, count: 1 }]);
  });

  it.each([
    ['a word that is no source', identityBy('web', 'vault'), 'which is neither imds nor exchange'],
    [
      'no tenant',
      {
        ...azureIdentity('web'),
        metadata: { name: 'web', namespace: 'shop', annotations: { [tokenSourceAnnotation]: 'exchange' } },
      },
      'names no tenant',
    ],
    [
      'no client id',
      { ...identityBy('web', 'exchange'), spec: { type: 0, resourceID: identityOf('web').resourceId } },
      'has no clientID',
    ],
  ])('is refused with a sentence, and not served by IMDS, for %s', async (_what, identity, words) => {
    await using world = await startExchanging({});
    world.kube.store.seed(identity);
    const answer = await until(async () => {
      const now = await world.ask();
      return now.status === 400 ? now : undefined;
    });
    expect(answer.json['error_description']).toContain(`The AzureIdentity shop/web `);
    expect(answer.json['error_description']).toContain(words);
  });

  it('gets nothing where the agent has no token, and is told where that is set', async () => {
    await using world = await startExchanging(
      { web: 'exchange' },
      { flags: ['--exchange-token-file=/nowhere/token'] },
    );
    const answer = await world.ask();
    expect(answer.status).toBe(400);
    expect(answer.json['error_description']).toContain('podid.exchange.enabled: true');
    const metrics = await world.metrics();
    expect(metrics).toMatch(/^podid_nmi_exchange_token_present 0$/m);
    expect(metrics).not.toMatch(/^podid_nmi_exchange_token_info\{/m);
  });

  it('is told by the metrics which issuer has signed the token, and nothing else of it', async () => {
    await using world = await startExchanging({ web: 'exchange' });
    const metrics = await world.metrics();
    expect(metrics).toMatch(/^podid_nmi_exchange_token_info\{issuer="https:\/\/[^"]+"\} 1$/m);
    expect(metrics).not.toContain('eyJ');
    expect(metrics).not.toContain('system:serviceaccount');
  });

  it('is refused by --refuse-client-ids as one of IMDS is, and Entra is not asked', async () => {
    await using world = await startExchanging(
      { web: 'exchange' },
      { flags: [`--refuse-client-ids=${identityOf('web').clientId.toUpperCase()}`] },
    );
    const before = entra.asked.length;
    expect((await world.ask()).status).toBe(403);
    expect(entra.asked).toHaveLength(before);
  });

  it('gets no token for another identity by naming it', async () => {
    await using world = await startExchanging({ web: 'exchange', api: 'exchange' });
    await world.ask({ from: '127.0.0.8' });
    const named = `${tokenTarget}&client_id=${identityOf('api').clientId}`;
    expect((await world.ask({ target: named })).status).toBe(400);
  });
});

describe('a node on which an identity is switched under load', () => {
  it('loses no request, and gives nobody the token of another identity', async () => {
    await using world = await startExchanging({ web: 'imds', api: 'exchange' });
    const stop = new AbortController();
    const outcomes: {
      readonly name: string;
      readonly status: number;
      readonly clientId: unknown;
      readonly source: string;
    }[] = [];
    const askOften = async (name: 'web' | 'api', from: string) => {
      const under: Promise<void>[] = [];
      while (!stop.signal.aborted) {
        under.push(
          world.ask({ from }).then(({ status, json }) => {
            const source = fromEntra(json['access_token']) ? 'exchange' : 'imds';
            const said = readToken(String(json['access_token']));
            // What Entra's token says of itself has to agree with what the answer says.
            const isOwn = source === 'imds' || said.includes(`-of-${identityOf(name).clientId}-`);
            outcomes.push({ name, status, clientId: isOwn ? json['client_id'] : said, source });
          }),
        );
        await pause(50);
      }
      await Promise.all(under);
    };
    const asking = [askOften('web', '127.0.0.7'), askOften('api', '127.0.0.8')];
    for (const source of ['exchange', 'imds', 'exchange', undefined, 'exchange', 'imds']) {
      const seen = outcomes.length;
      world.kube.store.seed(identityBy('web', source));
      const expected = source ?? 'imds';
      await until(() =>
        outcomes.slice(seen).some((each) => each.name === 'web' && each.source === expected)
          ? true
          : undefined,
      );
    }
    stop.abort();
    await Promise.all(asking);
    const wrong = outcomes.filter(
      ({ name, status, clientId }) => status !== 200 || clientId !== identityOf(name).clientId,
    );
    expect(wrong).toEqual([]);
    expect(new Set(outcomes.filter(({ name }) => name === 'web').map(({ source }) => source)).size).toBe(2);
    // One call to each source, whatever was switched and however often.
    expect(world.imds.issued()).toMatchObject([{ clientId: identityOf('web').clientId, count: 1 }]);
  });
});

describe('exchange in bad weather', () => {
  /** An agent whose time can be moved on. */
  async function withMovableTime() {
    const clock = systemClock();
    let movedMs = 0;
    const movable = {
      ...clock,
      now: () => clock.now() + movedMs,
      monotonic: () => clock.monotonic() + movedMs,
    };
    const world = await startExchanging({ web: 'exchange' }, { clock: movable, flags: ['--hold-sec=0'] });
    const moveOn = (ms: number) => {
      movedMs += ms;
    };
    return { world, moveOn };
  }

  it.each<[string, EntraInTest['conduct']]>([
    ['answers 503', (response) => void response.writeHead(503).end()],
    ['throttles', (response) => void response.writeHead(429).end()],
    ['drops connections', (response) => void response.socket?.destroy()],
    ['does not answer', () => {}],
    ['does not know the federated credential any more', refusal(700213)],
    ['does not know the identity any more', refusal(700016, 400)],
  ])('serves the token that it has to its end while Entra %s', async (_how, conduct) => {
    const { world, moveOn } = await withMovableTime();
    await using _ = world;
    const first = (await world.ask()).json['access_token'];
    entra.conduct = conduct;
    const asked = entra.asked.length;
    for (const ms of [2_100_000, 1_390_000, 60_000]) {
      moveOn(ms);
      const answers = await Promise.all(Array.from({ length: 10 }, () => world.ask()));
      expect(answers.map(({ json }) => json['access_token'])).toEqual(Array(10).fill(first));
      await until(() => (entra.asked.length > asked ? true : undefined));
    }
  });

  it('refuses when its token has ended and Entra is still away, and serves when Entra is back', async () => {
    const { world, moveOn } = await withMovableTime();
    await using _ = world;
    await world.ask();
    entra.conduct = (response) => void response.writeHead(503).end();
    moveOn(3_600_000);
    expect((await world.ask()).status).toBe(503);
    entra.conduct = undefined;
    moveOn(10_000);
    expect((await world.ask()).status).toBe(200);
  });

  it('holds a request while Entra does not know a new federated credential, and serves it then', async () => {
    await using world = await startExchanging({ web: 'exchange' });
    entra.federated.delete(identityOf('web').clientId);
    const before = entra.asked.length;
    const held = world.ask();
    await until(() => (entra.asked.length > before + 1 ? true : undefined));
    entra.federated.add(identityOf('web').clientId);
    expect((await held).status).toBe(200);
  });

  it('tells the pod of an identity that is deleted, by one call for all, and of a new one that it may be on its way', async () => {
    await using world = await startExchanging({ web: 'exchange' });
    const { clientId } = identityOf('web');
    entra.known.delete(clientId);
    const created = new Date(Date.now() - 600_000).toISOString();
    const old = identityBy('web', 'exchange');
    world.kube.store.seed({ ...old, metadata: { ...old.metadata, creationTimestamp: created } });
    const before = entra.asked.length;
    const answers = await Promise.all([world.ask(), world.ask(), world.ask()]);
    for (const { status, json } of answers) {
      expect(status).toBe(400);
      expect(json['error_description']).toMatch(
        /it was deleted, or it is in another tenant.*AADSTS700016.*shop\/web/,
      );
    }
    expect(entra.asked).toHaveLength(before + 1);
    world.kube.store.seed(identityBy('api', 'exchange'));
    entra.known.delete(identityOf('api').clientId);
    const young = await world.ask({ from: '127.0.0.8' });
    expect(young.status).toBe(503);
    expect(young.json['error_description']).toContain('shop/api is not known to Entra yet');
  });

  it('shows the last failure and the source of each identity in the metrics, and no token or id of one', async () => {
    await using world = await startExchanging({ web: 'exchange', api: 'imds' });
    const answer = await world.ask();
    entra.conduct = refusal(700212);
    await world.ask({ target: tokenTarget.replace('vault', 'other.vault') });
    const metrics = await world.metrics();
    expect(metrics).toMatch(/^podid_nmi_identities\{source="exchange"\} 1$/m);
    expect(metrics).toMatch(/^podid_nmi_identities\{source="imds"\} 1$/m);
    expect(metrics).toMatch(/^podid_nmi_exchange_last_failure_seconds\{code="AADSTS700212"\} \d+$/m);
    expect(metrics).toMatch(/^podid_nmi_exchange_calls_total\{outcome="token"\} 1$/m);
    expect(metrics).toMatch(/operations_duration_seconds_count\{operation_type="exchange"\} 2/);
    const { form: { client_assertion: assertion = '' } = {} } = entra.asked.at(-1) ?? {};
    const everything = `${metrics}${JSON.stringify(world.log)}${(await world.probe('/readyz')).text}`;
    expect(assertion).toMatch(/^eyJ/);
    for (const secret of [String(answer.json['access_token']), ...assertion.split('.')]) {
      expect(everything).not.toContain(secret);
    }
    expect(metrics).not.toContain(identityOf('web').clientId);
  });
});
