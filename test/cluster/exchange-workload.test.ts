import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Pod } from '../../src/domain/kubernetes/pod.ts';
import { createApiConnection } from '../../src/k8s/client/api-connection.ts';
import { createAccountTokens } from '../../src/nmi/tokens/exchange/account-tokens.ts';
import { createWorkloadGuard } from '../../src/nmi/tokens/exchange/workload-guard.ts';
import { systemClock } from '../../src/runtime/system-clock.ts';
import { until } from './until.ts';
import {
  agent,
  audience,
  connected,
  guardsOf,
  tokenRights,
  type WorkloadWorld,
  workloadWorld,
} from './workload-world.ts';

/*
 * An agent that makes tokens of the pods' own accounts, on both Kubernetes: what it gets by its own code, and what
 * somebody gets who holds its token.
 */

const { signal } = new AbortController();
const web = { namespace: 'shop', name: 'web' };

describe.each(tokenRights)('with the right of "$right" on Kubernetes $version', ({ program, right }) => {
  let world: WorkloadWorld;
  beforeAll(async () => {
    world = await workloadWorld(program, right);
  }, 180_000);
  afterAll(() => world?.stop());

  const asUser = right === 'node' ? { asUser: 'system:node:n1' } : {};

  function agentOf(node: 'n1' | 'n2' = 'n1') {
    const { api, tokens, tokenFile, uid } = world;
    const clock = systemClock();
    const connection = createApiConnection({
      endpoint: {
        server: api.url,
        tls: { rejectUnauthorized: false },
        token: () => Promise.resolve(tokens.get(node)),
      },
      userAgent: 'podid-nmi/test',
      timeoutMs: 10_000,
      clock,
    });
    const logger = { info: () => undefined, warn: () => undefined };
    const guard = createWorkloadGuard({ connection, tokenFile, clock, logger });
    const pods = new Map(['web-n1', 'web-n2', 'batch-n1'].map((name) => [uid(name), name]));
    const made = createAccountTokens({
      connection,
      node,
      guard,
      podOf: (asker): Pod | undefined => {
        const name = pods.get(asker);
        const [serviceAccount = '', nodeName = ''] = name?.split('-') ?? [];
        return name === undefined
          ? undefined
          : {
              uid: asker,
              namespace: 'shop',
              name,
              serviceAccount,
              nodeName,
              labels: {},
              ips: [],
              hostNetwork: false,
              phase: 'Running',
              createdMs: 0,
            };
      },
    });
    return {
      guard,
      make: (account: typeof web, pod: string) => made.make(account, new Set([uid(pod)]), signal),
      close: () => connection.close(),
    };
  }

  it('the agent makes a token of the pod’s account, of ten minutes and for the one audience, by its own code', async () => {
    const { guard, make, close } = agentOf();
    const { jwt, subject, ...assertion } = await make(web, 'web-n1');
    expect(subject).toBe('system:serviceaccount:shop:web');
    expect(assertion.audience).toBe(audience);
    expect((assertion.expiresSec ?? 0) - (assertion.issuedSec ?? 0)).toBe(600);
    const claims = JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString());
    expect(claims['kubernetes.io']).toMatchObject({ pod: { name: 'web-n1' }, node: { name: 'n1' } });
    expect((await guard.ways(signal)).map(({ way }) => way)).toEqual(
      right === 'node' ? ['node', 'own'] : ['own'],
    );
    close();
  });

  it('the agent says which command gives it the right that it lacks', async () => {
    const { make, close } = agentOf();
    await expect(make({ namespace: 'shop', name: 'batch' }, 'batch-n1')).rejects.toMatchObject({
      status: 400,
      message: expect.stringMatching(/shop\/batch: .*forbidden.*podid exchange enable --subject workload/s),
    });
    close();
  });

  const attacks: readonly (readonly [string, Parameters<WorkloadWorld['ask']>[0]])[] = [
    ['a pod of another node', { name: 'web', audiences: [audience], pod: 'web-n2', ...asUser }],
    ['the API server, by no audience', { name: 'web', pod: 'web-n1', ...asUser }],
    [
      'the API server, by its own audience',
      { name: 'web', audiences: ['https://kubernetes.default.svc'], pod: 'web-n1', ...asUser },
    ],
    ['another audience', { name: 'web', audiences: ['api://other'], pod: 'web-n1', ...asUser }],
    [
      'two audiences',
      { name: 'web', audiences: [audience, 'https://kubernetes.default.svc'], pod: 'web-n1', ...asUser },
    ],
    ['no pod', { name: 'web', audiences: [audience], ...asUser }],
    ['a pod that is not there', { name: 'web', audiences: [audience], pod: 'gone', uid: 'x', ...asUser }],
    ['a pod without its uid', { name: 'web', audiences: [audience], pod: 'web-n2', uid: '', ...asUser }],
    ['an account that no role names', { name: 'batch', audiences: [audience], pod: 'batch-n1', ...asUser }],
    [
      'a namespace that has no role',
      { namespace: 'bank', name: 'web', audiences: [audience], pod: 'web-n1', ...asUser },
    ],
    [
      'the agent’s own account',
      { namespace: 'kube-system', name: 'podid-nmi', audiences: [audience], pod: 'agent-n1', ...asUser },
    ],
    [
      'another node, as that node',
      { name: 'web', audiences: [audience], pod: 'web-n2', asUser: 'system:node:n2' },
    ],
    ['whoever it likes, as a person', { name: 'web', audiences: [audience], pod: 'web-n1', asUser: 'admin' }],
    [
      'a token of an account that names no node',
      { as: 'no-node', name: 'web', audiences: [audience], pod: 'web-n1', ...asUser },
    ],
    ...(right === 'own'
      ? ([
          ['a day', { name: 'web', audiences: [audience], pod: 'web-n1', seconds: 86_400 }],
          [
            'its node, which it may not be',
            { name: 'web', audiences: [audience], pod: 'web-n1', asUser: 'system:node:n1' },
          ],
        ] as const)
      : ([['itself, without its node', { name: 'web', audiences: [audience], pod: 'web-n1' }]] as const)),
  ];

  it.each(attacks)('whoever holds the agent’s token gets none for %s', async (_what, asked) => {
    const { token, status, message } = await world.ask(asked);
    expect(token, message).toBe('');
    expect([400, 403, 404, 409, 422], message).toContain(status);
  });

  it('whoever holds it gets one of each pod of its own node whose account is named, and no more', async () => {
    const { token } = await world.ask({ name: 'web', audiences: [audience], pod: 'web-n1', ...asUser });
    expect(token).not.toBe('');
    const there = right === 'node' ? { asUser: 'system:node:n2' } : {};
    const of2 = { as: 'n2', name: 'web', audiences: [audience], ...there };
    expect((await world.ask({ ...of2, pod: 'web-n2' })).token).not.toBe('');
    expect((await world.ask({ ...of2, pod: 'web-n1' })).token).toBe('');
  });

  it.each(['ValidatingAdmissionPolicyBinding', 'ValidatingAdmissionPolicy'])(
    'the agent makes none while the %s is gone or another, and again when it stands',
    async (kind) => {
      const changes = [
        (name: string) => world.api.kubectl('delete', kind, name),
        (name: string) =>
          world.api.kubectl('patch', kind, name, '--type=merge', '-p', JSON.stringify(weaker[kind])),
      ];
      for (const change of changes) {
        for (const { metadata } of guardsOf(right).filter((each) => each.kind === kind)) {
          change(metadata.name);
        }
        const { make, close } = agentOf();
        await expect(make(web, 'web-n1')).rejects.toMatchObject({
          status: 503,
          message: expect.stringMatching(
            /makes no tokens .* while nothing confines it.*(does not exist|is not as podid's chart makes it)/s,
          ),
        });
        world.api.kubectl('delete', kind, '--all');
        world.apply(...guardsOf(right));
        await until(async () => {
          const made = await make(web, 'web-n1').catch(() => undefined);
          return made?.subject === 'system:serviceaccount:shop:web';
        });
        close();
      }
    },
  );

  it('podid sees the policies and the right, and takes the right away, after which no token is made', async () => {
    const { exchange } = await connected(world.api);
    expect(await exchange.guardFault(agent, right, signal)).toBeUndefined();
    expect(await exchange.grants(agent.account, signal)).toEqual([
      { namespace: 'shop', accounts: ['web'], rights: [right] },
    ]);
    const versions = () =>
      world.api.kubectl('get', 'role', '-n', 'shop', '-o', 'jsonpath={.items[*].metadata.resourceVersion}');
    const before = versions();
    const wanted = new Map([['shop', ['web']]]);
    await exchange.setGrants(agent, wanted, right, signal);
    expect(versions()).toBe(before);
    const asked = { name: 'web', audiences: [audience], pod: 'web-n1', ...asUser };
    await exchange.setGrants(agent, new Map(), right, signal);
    expect(await exchange.grants(agent.account, signal)).toEqual([]);
    await until(async () => (await world.ask(asked)).token === '');
    await exchange.setGrants(agent, wanted, right, signal);
    await until(async () => (await world.ask(asked)).token !== '');
  });

  it('the agent makes none where the server would make what it must refuse, though the objects look right', async () => {
    const asked: string[] = [];
    const made = createAccountTokens({
      // A server whose admission does not work: it reads the policies, and makes whatever is asked for.
      connection: {
        getJson: () => Promise.resolve({ items: [] }),
        write: ({ body }) => {
          asked.push(JSON.stringify(body));
          return Promise.resolve({ status: { token: 'x.y.z' } });
        },
      },
      node: 'n1',
      guard: { ways: () => Promise.resolve([{ way: right, policy: 'guard', audience, version: '1' }]) },
      podOf: (uid) => ({ ...web, uid, name: 'web-n1', serviceAccount: 'web' }) as unknown as Pod,
    });
    await expect(made.make(web, new Set(['u1']), signal)).rejects.toMatchObject({
      status: 503,
      message: expect.stringContaining(
        'made a token for the API server, which ValidatingAdmissionPolicy guard',
      ),
    });
    expect(asked).toHaveLength(1);
  });
});

/** What somebody may make of them, so that they confine less. */
const weaker: Readonly<Record<string, object>> = {
  ValidatingAdmissionPolicyBinding: { spec: { validationActions: ['Audit'] } },
  ValidatingAdmissionPolicy: { spec: { matchConditions: [{ name: 'never', expression: 'false' }] } },
};
