import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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
 * What somebody gets of the API server who holds the agent's token, after the admission policies were deleted: what is
 * left then are Roles that name accounts, and NodeRestriction.
 */

const { signal } = new AbortController();
type Asked = Parameters<WorkloadWorld['ask']>[0];
const ofWeb = { name: 'web', pod: 'web-n1' } as const;
const forApiServer = 'https://kubernetes.default.svc';

describe.each(tokenRights)(
  'with the right of "$right" on Kubernetes $version, and no policy',
  ({ program, right }) => {
    let world: WorkloadWorld;
    beforeAll(async () => {
      world = await workloadWorld(program, right);
    }, 180_000);
    afterAll(() => world?.stop());

    const asUser = right === 'node' ? { asUser: 'system:node:n1' } : {};
    const isMade = async (asked: Asked) => (await world.ask(asked)).token !== '';
    /** A token for the API server itself, which the policies refuse. */
    const forbidden: Asked = { ...ofWeb, ...asUser };
    const remove = async (kind: string) => {
      for (const { metadata } of guardsOf(right).filter((each) => each.kind === kind)) {
        world.api.kubectl('delete', kind, metadata.name);
      }
      await until(() => isMade(forbidden));
    };
    const putBack = async () => {
      world.apply(...guardsOf(right));
      await until(async () => !(await isMade(forbidden)));
    };
    const whoIs = (token: string) =>
      world.api.kubectl('auth', 'whoami', '--token', token, '-o', 'jsonpath={.status.userInfo.username}');

    /** By RBAC alone, whatever becomes of the policies. */
    const held: readonly (readonly [string, Asked])[] = [
      ['an account that no role names', { name: 'batch', audiences: [audience], pod: 'batch-n1', ...asUser }],
      ['an account that no role names, for the API server', { name: 'batch', pod: 'batch-n1', ...asUser }],
      ['a namespace that has no role', { ...ofWeb, namespace: 'bank', audiences: [audience], ...asUser }],
      [
        'the agent’s own account',
        { namespace: 'kube-system', name: 'podid-nmi', audiences: [audience], pod: 'agent-n1', ...asUser },
      ],
      ['whoever it likes, as a person', { ...ofWeb, audiences: [audience], asUser: 'admin' }],
      [
        'another node, as that node',
        { name: 'web', audiences: [audience], pod: 'web-n2', asUser: 'system:node:n2' },
      ],
      ...(right === 'own'
        ? ([
            ['its node, which it may not be', { ...ofWeb, audiences: [audience], asUser: 'system:node:n1' }],
          ] as const)
        : ([
            // By NodeRestriction.
            ['a pod of another node', { name: 'web', audiences: [audience], pod: 'web-n2', ...asUser }],
            ['a pod of another node, for the API server', { name: 'web', pod: 'web-n2', ...asUser }],
            ['no pod', { name: 'web', audiences: [audience], ...asUser }],
            ['another audience', { ...ofWeb, audiences: ['api://other'], ...asUser }],
            // The pod's volume names none, by which it means that of the API server.
            ['the API server, by its own audience', { ...ofWeb, audiences: [forApiServer], ...asUser }],
            ['itself, without its node', { ...ofWeb, audiences: [audience] }],
          ] as const)),
    ];
    /** As docs/security.md says. */
    const lost: readonly (readonly [string, Asked])[] = [
      ['the API server, by no audience', forbidden],
      ...(right === 'own'
        ? ([
            ['a pod of another node', { name: 'web', audiences: [audience], pod: 'web-n2' }],
            ['no pod', { name: 'web', audiences: [audience] }],
            ['another audience', { ...ofWeb, audiences: ['api://other'] }],
            ['the API server, by its own audience', { ...ofWeb, audiences: [forApiServer] }],
            ['a day', { ...ofWeb, audiences: [audience], seconds: 86_400 }],
          ] as const)
        : []),
    ];

    describe.each(['ValidatingAdmissionPolicyBinding', 'ValidatingAdmissionPolicy'])(
      'after each %s was deleted',
      (kind) => {
        beforeAll(() => remove(kind));
        afterAll(() => putBack());

        it.each(held)('whoever holds the agent’s token still gets none for %s', async (_what, asked) => {
          const { token, status, message } = await world.ask(asked);
          expect(token, message).toBe('');
          expect([400, 403, 404, 409, 422], message).toContain(status);
        });

        it.each(lost)('they get one of an account that a role names, for %s', async (_what, asked) => {
          expect(await world.ask(asked)).toMatchObject({ status: 201, token: expect.stringMatching(/^ey/) });
        });

        it('what they get may do what that account may in Kubernetes, and makes no further tokens', async () => {
          const { token } = await world.ask(forbidden);
          expect(whoIs(token)).toBe('system:serviceaccount:shop:web');
          for (const name of ['web', 'batch']) {
            expect(await world.ask({ as: token, name, audiences: [audience] })).toMatchObject({
              status: 403,
              token: '',
            });
          }
        });

        it('the operator ends it without the policy, by taking the right away', async () => {
          const { exchange } = await connected(world.api);
          await exchange.setGrants(agent, new Map(), right, signal);
          await until(async () => !(await isMade(forbidden)));
          expect(await isMade({ ...ofWeb, audiences: [audience], ...asUser })).toBe(false);
          await exchange.setGrants(agent, new Map([['shop', ['web']]]), right, signal);
          await until(() => isMade(forbidden));
        });
      },
    );

    it('a token that was made meanwhile lives on with the policy back, until its account is made anew', async () => {
      await remove('ValidatingAdmissionPolicyBinding');
      const { token } = await world.ask(forbidden);
      await putBack();
      expect(whoIs(token)).toBe('system:serviceaccount:shop:web');
      world.api.kubectl('delete', 'serviceaccount', 'web', '-n', 'shop');
      world.api.kubectl('create', 'serviceaccount', 'web', '-n', 'shop');
      await until(() => {
        try {
          return whoIs(token) === '';
        } catch (error) {
          return String(error).includes('Unauthorized');
        }
      });
    });
  },
);
