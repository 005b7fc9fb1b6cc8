import { join } from 'node:path';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { type AgentWorld, identities, inAgentWorld } from './agent-world.ts';
import { programsIn } from './bundled-programs.ts';
import type { Host } from './network.ts';
import { imdsToken } from './one-request.ts';
import { pythonWithAzureIdentity } from './python-environment.ts';

interface Said {
  readonly clientId?: string;
  readonly audience?: string;
  readonly hours?: number;
  readonly error?: string;
  readonly ms?: number;
}

const programs = programsIn(inject('programsFolder'));
let python: string;
beforeAll(() => {
  python = pythonWithAzureIdentity();
});

const sdks = {
  '@azure/identity for JavaScript': () => [process.execPath, programs.path('js-sdk')],
  'azure-identity for Python': () => [python, join(import.meta.dirname, 'programs', 'python-sdk.py')],
} as const;

describe.each(Object.entries(sdks))('%s, unmodified, in a pod', (_name, command) => {
  it('gets the tokens of the identities that are bound, and the reason when there is none', async () => {
    await inAgentWorld(programs, { kind: 'routed' }, async (world) => {
      await world.startAgent();
      const ask = async (pod: Host, ...args: readonly string[]): Promise<Said> => {
        const [tool = '', ...rest] = command();
        return JSON.parse(await pod.start(tool, [...rest, ...args]).line(/^\{/)) as Said;
      };
      const audience = 'https://vault.azure.net';
      const { web, jobs, node } = identities;
      expect(await ask(world.bound, 'default')).toEqual({ clientId: web.clientId, audience, hours: 24 });
      expect(await ask(world.bound, 'client-id', jobs.clientId)).toEqual({
        clientId: jobs.clientId,
        audience,
        hours: 24,
      });
      expect(await ask(world.bound, 'resource-id', jobs.resourceId)).toEqual({
        clientId: jobs.clientId,
        audience,
        hours: 24,
      });
      expect(await ask(world.bound, 'client-id', node.clientId)).toMatchObject({
        error: expect.stringMatching(/not found/i),
      });
      const refused = await ask(world.unbound, 'default');
      expect(refused).toMatchObject({ error: expect.stringContaining('aadpodidbinding') });
      expect(refused.ms).toBeLessThan(10_000);
      expect(identitiesIssued(world)).toEqual([web.clientId, jobs.clientId]);
    });
  });
});

describe('curl', () => {
  it('gets IMDS’s own shape in a pod, and nothing without the header', async () => {
    await inAgentWorld(programs, {}, async (world) => {
      await world.startAgent();
      const answer = JSON.parse(world.bound.run('curl', '-sS', '-H', 'Metadata: true', imdsToken)) as object;
      expect(Object.keys(answer).toSorted()).toEqual([
        ...[
          'access_token',
          'client_id',
          'expires_in',
          'expires_on',
          'ext_expires_in',
          'not_before',
          'resource',
          'token_type',
        ],
      ]);
      const bare = world.bound.run('curl', '-sS', '-w', '%{http_code}', imdsToken);
      expect(bare).toMatch(/400$/);
      expect(bare).not.toContain('access_token');
    });
  });
});

describe('the Key Vault CSI driver', () => {
  it('gets a pod’s token on the node, and a pod that plays the driver does not', async () => {
    await inAgentWorld(programs, {}, async (world) => {
      await world.startAgent();
      const request = ['-sS', '-H', 'podname: web-0', '-H', 'podns: shop', '-w', '\n%{http_code}'];
      const path = '/host/token/?resource=https://vault.azure.net';
      const [body = '', status] = world.network.node
        .run('curl', ...request, `http://localhost:2579${path}`)
        .split('\n');
      expect(status).toBe('200');
      expect(JSON.parse(body)).toMatchObject({
        clientid: identities.web.clientId,
        token: {
          access_token: expect.stringMatching(/^ey/),
          client_id: identities.web.clientId,
          token_type: 'Bearer',
        },
      });
      const played = world.unbound.run('curl', ...request, `http://169.254.169.254${path}`);
      expect(played).not.toContain('access_token');
      const [missing, notFound] = world.network.node
        .run(
          'curl',
          '-sS',
          '-o',
          '/dev/null',
          '-H',
          'podname: plain-0',
          '-H',
          'podns: shop',
          '-w',
          'x\n%{http_code}',
          `http://localhost:2579${path}`,
        )
        .split('\n');
      expect([missing, notFound]).toEqual(['x', '404']);
    });
  });
});

function identitiesIssued(world: AgentWorld): readonly string[] {
  return [...new Set(world.issued().map(({ clientId }) => clientId))].toSorted();
}
